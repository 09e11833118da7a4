"""Values of clips that lie in shards, what a network is given of them, and what it answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

_AT_ONCE = 128  # clips that a network answers for together
_SHARE_OF_GPU = 0.3  # of its free memory: the rest is for what a network computes


class Inputs(Protocol):
    """What a network is given of clips, and which of its outputs are right."""

    @property
    def outputs(self) -> int:
        """How many outputs there are."""

    def learnt(
        self, values: torch.Tensor, classes: torch.Tensor, draw: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return inputs drawn from values `(clips, ...)` to learn from, and the probability wanted of each output."""

    def judged(self, values: torch.Tensor) -> torch.Tensor:
        """Return the inputs that values are judged by: nothing is drawn."""

    def right(self, classes: torch.Tensor) -> torch.Tensor:
        """Return which output is right for clips of these classes."""


@dataclass(frozen=True)
class PlainInputs:
    """Clips as they are, as images of one channel, each output a class."""

    outputs: int

    def learnt(
        self, values: torch.Tensor, classes: torch.Tensor, draw: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return clips as they are, and certainty of their classes."""
        return self.judged(values), nn.functional.one_hot(classes, self.outputs).float()

    def judged(self, values: torch.Tensor) -> torch.Tensor:
        """Return clips as they are."""
        return values[:, None].float()

    def right(self, classes: torch.Tensor) -> torch.Tensor:
        """Return the classes."""
        return classes


class ClipValues:
    """Values of clips that lie in several shards, which are read when they are asked for."""

    def __init__(self, shards: Sequence[torch.Tensor]) -> None:
        self.shards = list(shards)
        self._starts = np.cumsum([0, *map(len, shards)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def near(self, device: torch.device) -> "ClipValues":
        """Return the same in a GPU's memory, where they leave it enough room: then no batch has to be sent there."""
        size = sum(shard.nbytes for shard in self.shards)
        if device.type != "cuda" or size > _SHARE_OF_GPU * torch.cuda.mem_get_info(device)[0]:
            return self
        return ClipValues([shard.to(device) for shard in self.shards])

    def workers_for(self, device: torch.device) -> int:
        """Return 1 where each batch has to be sent to this device: a process gets the next ready."""
        return int(self.shards[0].device.type != device.type)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one clip's values."""
        return tuple(self.shards[0].shape[1:])

    def rows(self, places: NDArray[np.int_]) -> torch.Tensor:
        """Return the values at these places in all shards together, `(places, ...)`."""
        where = self.shards[0].device
        found = torch.empty((len(places), *self.shape), dtype=self.shards[0].dtype, device=where)
        shard = np.searchsorted(self._starts, places, side="right") - 1
        for number in np.unique(shard):
            here = np.flatnonzero(shard == number)
            rows = torch.from_numpy(places[here] - self._starts[number]).to(where)
            found[torch.from_numpy(here).to(where)] = self.shards[number][rows]
        return found


@torch.no_grad()
def probabilities(
    network: nn.Module, values: ClipValues, places: NDArray[np.int_], inputs: Inputs, device: torch.device
) -> NDArray[np.float32]:
    """Return the probabilities of each output, `(places, outputs)`, for the clips at these places."""
    network = network.to(device).eval()
    said = [
        network(inputs.judged(values.rows(few).to(device))).softmax(1).cpu().numpy()
        for few in np.array_split(places, math.ceil(len(places) / _AT_ONCE))
    ]
    return np.concatenate(said)
