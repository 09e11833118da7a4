"""What networks of reverberation are given of each response: the room, its places, and what is known of the decay.

All of a response is one row, so that rows can lie in shards and be trained on as clips are: its room's dimensions, the
nepers that each wall takes, source and receiver; in octaves and frames the energy of the early part that is known from
images and the energy that is expected; and which share of each frame's energy the early part leaves to be told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from earshot.rooms.echograms import BANDS, echograms, expected_echogram, frames_of
from earshot.rooms.image_source import HALF_FILTER
from earshot.rooms.sampling import Room
from earshot.rooms.simulation import SimulationSettings, early_part, exact_for, fading

_GEOMETRY = 3 + 6 + 3 + 3  # dimensions, nepers of walls `(axes, 2)`, source, receiver


@dataclass(frozen=True)
class ReverbSettings:
    """What is known of a response before a network is asked."""

    images: int  # that are heard of each response, the first ones
    frame_s: float  # of echograms


@dataclass(frozen=True)
class Early:
    """The early parts of a room's responses `(receivers, samples)`, faded out, and what is known of the rest.

    `left` `(samples,)` is the share of the amplitude that the early part leaves.
    """

    responses: NDArray[np.float32]
    left: NDArray[np.float64]
    rows: Tensor  # (receivers, values)


@dataclass(frozen=True)
class Given:
    """The parts of rows `(rows, ...)`."""

    dimensions_m: Tensor  # (rows, axes)
    nepers: Tensor  # (rows, axes, 2)
    source_m: Tensor  # (rows, axes)
    receiver_m: Tensor
    early: Tensor  # (rows, bands, frames)
    expected: Tensor
    left: Tensor  # (rows, frames)

    @classmethod
    def of(cls, rows: Tensor) -> "Given":
        """Return the parts of rows `(rows, values)`."""
        dimensions, nepers, source, receiver, rest = torch.split(rows, [3, 6, 3, 3, rows.shape[1] - _GEOMETRY], 1)
        early, expected, left = torch.split(rest.reshape(len(rows), 2 * BANDS + 1, -1), [BANDS, BANDS, 1], 1)
        return cls(dimensions, nepers.reshape(-1, 3, 2), source, receiver, early, expected, left[:, 0])

    def seen_otherwise(self, draw: torch.Generator) -> "Given":
        """Return the same rooms turned and mirrored at random, or with source and receiver changed over.

        Each response stays what it is: so few rooms are as many.
        """
        rows, where = len(self.left), self.left.device
        order = torch.rand(rows, 3, generator=draw, device=where).argsort(1)
        flips = torch.rand(rows, 3, generator=draw, device=where) < 0.5
        changed = torch.rand(rows, 1, generator=draw, device=where) < 0.5
        source = torch.where(flips, self.dimensions_m - self.source_m, self.source_m)
        receiver = torch.where(flips, self.dimensions_m - self.receiver_m, self.receiver_m)
        source, receiver = torch.where(changed, receiver, source), torch.where(changed, source, receiver)
        nepers = torch.where(flips[..., None], self.nepers.flip(2), self.nepers)
        return Given(
            self.dimensions_m.gather(1, order),
            nepers.gather(1, order[..., None].expand(-1, -1, 2)),
            source.gather(1, order),
            receiver.gather(1, order),
            self.early,
            self.expected,
            self.left,
        )


def frames_of_rows(width: int) -> int:
    """Return how many frames rows of so many values have."""
    return (width - _GEOMETRY) // (2 * BANDS + 1)


def early_of(room: Room, settings: ReverbSettings, simulation: SimulationSettings, device: torch.device) -> Early:
    """Return the early parts of a room's responses, and the rows that networks are given."""
    rate_hz = simulation.rate_hz
    until_s = exact_for(room.walls, settings.images)
    responses = early_part(room, until_s, simulation, device)
    frames = frames_of(simulation.samples, rate_hz, settings.frame_s)
    known = echograms(torch.from_numpy(responses).to(device), rate_hz, settings.frame_s).cpu()
    early = torch.zeros(len(responses), BANDS, frames)
    early[..., : known.shape[-1]] = known[..., :frames]
    left = np.cos(fading(until_s, simulation.samples, simulation.rate_hz))
    hop = round(settings.frame_s * rate_hz)
    of_frames = (
        np.square(np.pad(left[HALF_FILTER:], (0, hop), mode="edge")[: frames * hop]).reshape(frames, hop).mean(1)
    )
    expected = expected_echogram(room.walls, frames, settings.frame_s, rate_hz)
    nepers = -np.log1p(-room.walls.absorption).mean(-1)
    count = len(room.receivers_m)
    parts = [
        np.tile(np.concatenate([room.walls.dimensions_m, nepers.ravel(), room.source_m]), (count, 1)),
        room.receivers_m,
        early.flatten(1).numpy(),
        np.tile(np.concatenate([expected.ravel(), of_frames]), (count, 1)),
    ]
    return Early(responses, left, torch.from_numpy(np.concatenate(parts, 1).astype(np.float32)))


def rows_of(
    rooms: Sequence[Room],
    responses: Tensor,
    settings: ReverbSettings,
    simulation: SimulationSettings,
    device: torch.device,
) -> dict[str, NDArray[np.float32]]:
    """Return what networks are given of rooms and what they are to say: `given` and the `energy` of all responses."""
    given = torch.cat([early_of(room, settings, simulation, device).rows for room in rooms])
    energy = echograms(responses.to(device), simulation.rate_hz, settings.frame_s).cpu()
    return {"given": given.numpy(), "energy": energy.numpy()}
