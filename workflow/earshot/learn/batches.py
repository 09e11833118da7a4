"""What a training is fed with: values of items in an order of the seed and the epoch alone, a batch at a time."""

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.seeds import generator

_AHEAD = 4  # batches of each worker that are ready at most


class Values(Protocol):
    """Values of items, wherever they come from: a file, or made when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one item's values."""

    def rows(self, places: NDArray[np.int_]) -> torch.Tensor:
        """Return the values at these places, `(places, ...)`."""

    def near(self, device: torch.device) -> "Values":
        """Return the same in a GPU's memory, where they leave it enough room."""

    def workers_for(self, device: torch.device) -> int:
        """Return how many processes get batches ready beside the one that trains on this device; 0 is none."""


class Order(Protocol):
    """Which items an epoch has, and in which order. All epochs have as many."""

    def __len__(self) -> int:
        """How many items there are in an epoch."""

    def __call__(self, epoch: int) -> NDArray[np.int_]:
        """Return the places of an epoch's items."""


@dataclass(frozen=True)
class Shuffled:
    """All of these places in each epoch."""

    places: NDArray[np.int_]
    seed: int

    def __len__(self) -> int:
        return len(self.places)

    def __call__(self, epoch: int) -> NDArray[np.int_]:
        """Return the places, shuffled."""
        order = np.arange(len(self.places))
        generator(self.seed, "order", epoch).shuffle(order)
        return self.places[order]


@dataclass(frozen=True)
class AsTheyAre:
    """These places, in their own order."""

    places: NDArray[np.int_]

    def __len__(self) -> int:
        return len(self.places)

    def __call__(self, epoch: int) -> NDArray[np.int_]:
        """Return the places."""
        return self.places


class Batches(torch.utils.data.IterableDataset[tuple[torch.Tensor, torch.Tensor]]):
    """The batches of an epoch: items, and what is wanted of each, which `wanted` says by place.

    Several workers take turns, so that the order of batches does not depend on their number.
    """

    def __init__(
        self,
        values: Values,
        wanted: NDArray[Any],
        order: Order,
        size: int,
        epoch: Callable[[], int] = lambda: 0,
    ) -> None:
        self._values, self._wanted, self._order, self._size, self._epoch = values, wanted, order, size, epoch

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._size)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        places = self._order(self._epoch())
        worker = torch.utils.data.get_worker_info()
        own = slice(worker.id, None, worker.num_workers) if worker else slice(None)
        for start in range(0, len(places), self._size)[own]:
            few = places[start : start + self._size]
            yield self._values.rows(few), torch.from_numpy(self._wanted[few])


def loader(batches: Batches, workers: int) -> Any:
    """Return what hands on batches, which so many processes get ready, a few of each at most.

    They are forks whatever Python's way: they have the values and the count of epochs as they are here.
    """
    return torch.utils.data.DataLoader(
        batches,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=_AHEAD if workers else None,
        pin_memory=workers > 0 and torch.cuda.is_available(),
        multiprocessing_context="fork" if workers else None,
    )


class Dealt:
    """Batches in each of which items of several are, so that an item is beside others than it came with.

    Of these several, the last that came, each gives as many items to a batch. A network that learns faster than items
    are made would wait for them. Instead of that it learns from each several times, each time beside others (Choi et
    al. 2019, "Faster neural network training with data echoing", arXiv:1907.05550). Items of the first and last few of
    an epoch are in fewer batches.
    """

    def __init__(self, batches: Any, over: int, times: int) -> None:
        self._batches, self._over, self._times = batches, min(over, len(batches)), times

    def __len__(self) -> int:
        return (len(self._batches) - self._over + 1) * self._times

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        over, times = self._over, self._times
        kept: deque[tuple[torch.Tensor, torch.Tensor]] = deque(maxlen=over)
        for batch in self._batches:
            kept.appendleft(batch)
            if len(kept) < over:
                continue
            for turn in range(times):
                # In its time here a batch gives each part of it so many times, one part after the other.
                parts = [_part(few, (age * times + turn) % over, over) for age, few in enumerate(kept)]
                values, wanted = zip(*parts, strict=True)
                yield torch.cat(values), torch.cat(wanted)


def _part(batch: tuple[torch.Tensor, torch.Tensor], number: int, parts: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return one of so many parts of a batch."""
    return batch[0][number::parts], batch[1][number::parts]
