"""Scenes as values to learn from: made when a training asks for them, by processes beside it, and never stored."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.scenes.drawing import Scene
from earshot.scenes.making import Maker
from earshot.seeds import generator


@dataclass(frozen=True)
class SceneValues:
    """What the ears hear in scenes, `(scenes, ears, samples)`, as `earshot.learn.batches.Values` are."""

    maker: Maker
    scenes: Sequence[Scene]
    workers: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one scene."""
        return 2, round(self.maker.settings.duration_s * self.maker.sounds.rate_hz)

    def rows(self, places: NDArray[np.int_]) -> torch.Tensor:
        """Return what the ears hear in these scenes."""
        return torch.from_numpy(np.stack([self.maker.make(self.scenes[place]).mixture for place in places.tolist()]))

    def near(self, device: torch.device) -> "SceneValues":
        """Return the same: nothing is kept."""
        return self

    def workers_for(self, device: torch.device) -> int:
        """Return how many processes make scenes."""
        return self.workers


@dataclass(frozen=True)
class OverShards:
    """An order of scenes in which few shards of rooms are read at a time, as `earshot.learn.batches.Order` is.

    A pass goes through all places, in pieces of so many scenes: to a training a piece is an epoch, after each of which
    it can be stopped. Places whose rooms are in a few shards, another few in each pass, are shuffled together; the
    scenes of a place stay together, since they have responses in common.
    """

    shard_of_place: NDArray[np.int_]  # (places,)
    scenes_per_place: int
    per_piece: int
    at_once: int  # shards
    seed: int

    def __len__(self) -> int:
        return self.per_piece

    def __call__(self, epoch: int) -> NDArray[np.int_]:
        """Return the scenes of a piece."""
        first, last = epoch * self.per_piece, (epoch + 1) * self.per_piece
        whole = len(self.shard_of_place) * self.scenes_per_place
        passes = [self._pass(number) for number in range(first // whole, (last - 1) // whole + 1)]
        begins = first // whole * whole
        return np.concatenate(passes)[first - begins : last - begins]

    def _pass(self, number: int) -> NDArray[np.int_]:
        random = generator(self.seed, "pass", number)
        shards = random.permutation(np.unique(self.shard_of_place))
        order = []
        for some in np.array_split(shards, -(-len(shards) // self.at_once)):
            places = np.flatnonzero(np.isin(self.shard_of_place, some))
            random.shuffle(places)
            order.append(places)
        scenes = np.arange(self.scenes_per_place)
        return (np.concatenate(order)[:, None] * self.scenes_per_place + scenes).ravel()


def directions_of(scenes: Sequence[Scene], most: int = 2) -> NDArray[np.float32]:
    """Return the directions of sources, `(scenes, most, 3)`; of fewer sources the others are no numbers."""
    found = np.full((len(scenes), most, 3), np.nan, np.float32)
    for row, scene in zip(found, scenes, strict=True):
        for place, source in enumerate(scene.sources):
            row[place] = source.direction
    return found
