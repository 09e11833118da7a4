"""What a training is fed with: values of items in an order of the seed and the epoch alone, a batch at a time."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

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
    """Batches dealt out anew: in each are items of several, so that an item is beside others than it came with.

    An item is in so many batches (`times`), each time beside others: a network that learns faster than items are made
    would wait for them, and learns from each several times instead (Choi et al. 2019, "Faster neural network training
    with data echoing", arXiv:1907.05550). Those `over` which items are dealt are the last ones that came, and at the
    end of an epoch its first ones. They are no more than a batch has items.
    """

    def __init__(self, batches: Any, over: int, times: int) -> None:
        self._batches, self._over, self._times = batches, min(over, len(batches)), times

    def __len__(self) -> int:
        return len(self._batches) * self._times

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        over, times = self._over, self._times
        first: list[_Shuffled] = []
        kept: deque[_Shuffled] = deque()
        for place, (values, wanted) in enumerate(self._batches):
            if not place:
                over = min(over, len(wanted))
            batch = _Shuffled.of(values, wanted, times, place)
            kept.appendleft(batch)
            if len(kept) < over:
                first.append(batch)
                continue
            yield from _dealt(kept, over, times)
            kept.pop()
        for batch in first:
            kept.appendleft(batch)
            yield from _dealt(kept, over, times)
            kept.pop()


@dataclass(frozen=True)
class _Shuffled:
    """A batch, and an order of its items for each time that they are dealt."""

    values: torch.Tensor
    wanted: torch.Tensor
    orders: Sequence[torch.Tensor]

    @classmethod
    def of(cls, values: torch.Tensor, wanted: torch.Tensor, times: int, seed: int) -> Self:
        draw = torch.Generator().manual_seed(seed)
        return cls(values, wanted, [torch.randperm(len(wanted), generator=draw) for _ in range(times)])

    def part(self, step: int, parts: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return one of so many parts. In as many steps each comes once, and then again in another order."""
        time, number = divmod(step, parts)
        rows = self.orders[time][(number + time) % parts :: parts]  # not the largest part of all batches together
        return self.values[rows], self.wanted[rows]


def _dealt(kept: Sequence[_Shuffled], over: int, times: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Deal out a share of batches, the last one first."""
    for turn in range(times):
        parts = [batch.part(age * times + turn, over) for age, batch in enumerate(kept)]
        values, wanted = zip(*parts, strict=True)
        yield torch.cat(values), torch.cat(wanted)
