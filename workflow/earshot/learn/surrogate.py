"""Responses of rooms by networks: images and then noise that decays as a network says, or all by a network."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.device import side_by_side
from earshot.learn.reverb_networks import EchogramNetwork
from earshot.learn.reverb_values import Given, ReverbSettings, early_of
from earshot.learn.waveform_networks import WaveformNetwork
from earshot.rooms.echograms import ShapedNoise
from earshot.rooms.image_source import HALF_FILTER
from earshot.rooms.sampling import Room
from earshot.rooms.simulation import SimulationSettings

_INAUDIBLE = 10**-6.5  # of a decay's energy: what comes after it is left away, as it is of simulated responses
_AT_ONCE = 32  # responses that a network of waveforms says together


@dataclass(frozen=True)
class Surrogate:
    """A network that has learnt how rooms decay, on the device that computes."""

    network: EchogramNetwork
    known: ReverbSettings
    simulation: SimulationSettings
    noise: ShapedNoise
    device: torch.device

    @torch.no_grad()
    def responses(self, rooms: Sequence[Room]) -> list[NDArray[np.float32]]:
        """Return the responses of rooms, of each `(receivers, samples)`.

        No room's depend on its companions.
        """
        samples, hop = self.simulation.samples, round(self.known.frame_s * self.simulation.rate_hz)
        early = side_by_side(lambda room: early_of(room, self.known, self.simulation, self.device), rooms, self.device)
        late = self.network.late(Given.of(torch.cat([one.rows for one in early]).to(self.device)))
        counts = [len(one.rows) for one in early]

        def made(number: int) -> NDArray[np.float32]:
            room, one = rooms[number], early[number]
            places = self.noise.places(len(one.rows), samples, self.simulation.seed, room.name)
            first = sum(counts[:number])
            energy = late[first : first + counts[number]]
            audible = min(samples, HALF_FILTER + hop * _audible(energy))
            found = np.zeros((len(one.rows), samples), np.float32)
            noise = self.noise.shaped(energy, hop, places, audible).cpu().numpy()
            found[:, :audible] = noise * one.left[:audible].astype(np.float32)
            found[:, : one.responses.shape[1]] += one.responses
            return found

        return side_by_side(made, range(len(rooms)), self.device)


def _audible(energy: torch.Tensor) -> int:
    """Return in how many frames responses whose energy is this, `(rows, bands, frames)`, are audible."""
    left = energy.sum(1).flip(-1).cumsum(-1).flip(-1)
    return max(1, int((left > _INAUDIBLE * left[:, :1]).any(0).sum()))


@dataclass(frozen=True)
class WaveformSurrogate:
    """A network that has learnt whole waveforms."""

    network: WaveformNetwork
    known: ReverbSettings
    simulation: SimulationSettings
    device: torch.device

    @torch.no_grad()
    def responses(self, rooms: Sequence[Room]) -> list[NDArray[np.float32]]:
        """Return the responses of rooms, of each `(receivers, samples)`."""
        rows = [early_of(room, self.known, self.simulation, self.device).rows for room in rooms]
        return [
            np.concatenate(
                [
                    self.network.responses(Given.of(few.to(self.device))).cpu().numpy()
                    for few in torch.split(some, _AT_ONCE)
                ]
            )
            for some in rows
        ]
