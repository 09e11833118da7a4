"""What a model of rooms is measured by: formulas of reverberation, the nearest room that is known, and all images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from earshot.rooms.acoustics import SPEED_OF_SOUND
from earshot.rooms.image_source import HALF_FILTER
from earshot.rooms.sampling import Room
from earshot.rooms.simulation import SimulationSettings, arrivals, simulate
from earshot.seeds import generator


@dataclass(frozen=True)
class StatisticalRoom:
    """The direct sound, and noise that decays exponentially as a formula of a diffuse field says, white and even."""

    formula: Literal["sabine", "eyring"]
    simulation: SimulationSettings

    def responses(self, rooms: Sequence[Room]) -> list[NDArray[np.float32]]:
        """Return the responses of rooms, of each `(receivers, samples)`."""
        return [self._of(room) for room in rooms]

    def _of(self, room: Room) -> NDArray[np.float32]:
        samples, rate_hz = self.simulation.samples, self.simulation.rate_hz
        (sabine,), (eyring,) = room.walls.mean().statistical_times()
        t60_s = sabine if self.formula == "sabine" else eyring
        times = (np.arange(samples) - HALF_FILTER) / rate_hz
        # What a diffuse field begins with is the same by both formulas: a source's power in the room's volume.
        energy = 4 * np.pi * SPEED_OF_SOUND / room.walls.volume_m3 / rate_hz * 10 ** (-6 * times / t60_s)
        made = np.zeros((len(room.receivers_m), samples), np.float32)
        for receiver, (arrival, distance) in enumerate(zip(arrivals(room, rate_hz), room.distances_m, strict=True)):
            noise = generator(self.simulation.seed, "diffuse", room.name, receiver).standard_normal(samples)
            made[receiver] = np.where(np.arange(samples) > arrival, np.sqrt(energy) * noise, 0)
            made[receiver, arrival] = 1 / distance
        return made


@dataclass(frozen=True)
class NearestRoom:
    """The response that is known of the place which is most like it: its room, and how far the source is.

    Alike are the logarithms of dimensions, of what walls absorb and of the distance, each in its own spread.
    """

    index: pd.DataFrame  # a row for each response that is known
    known: torch.Tensor  # (rows, samples)
    simulation: SimulationSettings

    def responses(self, rooms: Sequence[Room]) -> list[NDArray[np.float32]]:
        """Return the responses of rooms, of each `(receivers, samples)`, moved to when the direct sound arrives."""
        columns = ["length_m", "width_m", "height_m", "absorption", "distance_m"]
        there = np.log(self.index[columns].to_numpy(float))
        spread = there.std(0).clip(min=1e-6)  # of what is the same in all rooms there is none
        found = []
        for room in rooms:
            absorbed = float(room.walls.mean().absorption[0, 0, 0])
            here = np.log([[*room.walls.dimensions_m, absorbed, distance] for distance in room.distances_m])
            nearest = (((here[:, None] - there) / spread) ** 2).sum(-1).argmin(1)
            later = arrivals(room, self.simulation.rate_hz) - self.index["arrival"].to_numpy()[nearest]
            found.append(
                np.stack(
                    [_moved(self.known[place].float().numpy(), by) for place, by in zip(nearest, later, strict=True)]
                )
            )
        return found


@dataclass(frozen=True)
class EveryImage:
    """What models learn from: the simulation itself."""

    simulation: SimulationSettings
    device: torch.device

    def responses(self, rooms: Sequence[Room]) -> list[NDArray[np.float32]]:
        """Return the responses of rooms, of each `(receivers, samples)`."""
        return [simulate(room, self.simulation, self.device).responses for room in rooms]


def _moved(response: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    """Return a response that comes so many samples later, as long as it was."""
    moved = np.roll(response, samples)
    moved[: max(samples, 0)] = 0
    moved[len(moved) + min(samples, 0) :] = 0
    return moved
