"""Rooms of shards as places for scenes: a head where the source of a room was, sources where its receivers were.

A response is the same in both directions, so of a room with one source and eight receivers eight responses to one head
are known. They stay in their files, mapped into memory, and are read one by one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.errors import ConfigError, DataError
from earshot.rooms.room_shards import read_rooms
from earshot.rooms.sampling import TEST_FOLD, Room, SamplingSettings, draw_room, number_of

VALIDATES = 1  # the fold of rooms that validate; those that test are `TEST_FOLD`
FEWEST = 2  # receivers that a room needs, for two sources


@dataclass(frozen=True, eq=False)
class Place:
    """A room and the responses from each of its receivers to the head, or back."""

    name: str
    sampling: SamplingSettings  # that it is drawn by, when it is asked for
    fold: int
    responses: torch.Tensor  # (receivers, samples)
    shard: int  # in which it lies
    t60_s: float  # measured, the mean over its receivers
    looks_deg: ClassVar[tuple[float, float]] = (0.0, 360.0)  # where a head may look, from the room's x towards its y

    @cached_property
    def room(self) -> Room:
        """The room."""
        return draw_room(number_of(self.name), self.sampling)

    @property
    def pool(self) -> str:
        """The pool of scenes that it is for."""
        return {TEST_FOLD: "test", VALIDATES: "validation"}.get(self.fold, "training")

    @property
    def distances_m(self) -> NDArray[np.float64]:
        """How far each receiver is from the head, `(receivers,)`."""
        return self.room.distances_m

    def seen(self, facing_deg: float) -> NDArray[np.float64]:
        """Return the directions of receivers `(receivers, 3)` in the axes of a head that looks there."""
        x, y, z = (self.room.receivers_m - self.room.source_m).T
        cosine, sine = np.cos(np.radians(facing_deg)), np.sin(np.radians(facing_deg))
        seen = np.stack([x * cosine + y * sine, y * cosine - x * sine, z], axis=1)
        return seen / np.linalg.norm(seen, axis=1, keepdims=True)

    def response(self, receiver: int) -> NDArray[np.float32]:
        """Return a response `(samples,)`. Raises DataError where it is damaged."""
        response = self.responses[receiver].float().numpy()
        if not np.isfinite(response).all():
            raise DataError(f"{self.name}: its response {receiver} is not finite. Delete its shard and run again.")
        return response


@dataclass(frozen=True, eq=False)
class HeardPlace:
    """A room in which the responses of a head were measured, that looked one way: to all loudspeakers around it."""

    name: str
    responses: NDArray[np.float32]  # (receivers, ears, samples): where a loudspeaker was is a receiver
    directions: NDArray[np.float64]  # (receivers, 3), as the head saw them
    distances_m: NDArray[np.float64]  # (receivers,)
    t60_s: float  # measured, the mean over its receivers
    shard: ClassVar[int] = 0
    pool: ClassVar[str] = "test"
    looks_deg: ClassVar[tuple[float, float]] = (0.0, 0.0)

    def seen(self, facing_deg: float) -> NDArray[np.float64]:
        """Return the directions of receivers `(receivers, 3)`: it looks nowhere else."""
        return self.directions


@dataclass(frozen=True, eq=False)
class Places:
    """Rooms by name."""

    by_name: Mapping[str, Place | HeardPlace]

    def of_pool(self, pool: str) -> list[str]:
        """Return the names of the rooms of a pool. Raises ConfigError where there are none."""
        found = [name for name, place in self.by_name.items() if place.pool == pool]
        if not found:
            raise ConfigError(f"config key rooms.count: none of these rooms is in the {pool} pool. Raise it")
        return found


def read_places(pairs: Iterable[tuple[Path | str, Path | str]]) -> Places:
    """Return the rooms of shards, tensors and index each. Raises DataError where files are damaged."""
    found: dict[str, Place] = {}
    for shard, pair in enumerate(pairs):
        index, tensors, settings = read_rooms(*pair)
        sampling = SamplingSettings(**settings["sampling"])
        by_room = index.groupby("room", sort=False)
        firsts = by_room.agg(fold=("fold", "first"), t60_s=("t60_s", "mean"))
        rows = by_room.indices
        for name, fold, t60_s in firsts.itertuples():
            first, last = rows[name][0], rows[name][-1] + 1
            if last - first >= FEWEST:
                found[name] = Place(name, sampling, int(fold), tensors["responses"][first:last], shard, float(t60_s))
    if not found:
        raise ConfigError(f"config key rooms.receivers: scenes need rooms with {FEWEST} receivers at least. Raise it")
    return Places(found)
