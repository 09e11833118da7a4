"""Models of reverberation timed: responses a second by batch, ours by all images, and a plain loop."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from earshot.device import side_by_side
from earshot.learn.reverb_models import RoomModel
from earshot.rooms.race_of_rooms import time_plain_loop
from earshot.rooms.sampling import Room
from earshot.rooms.simulation import SimulationSettings, simulate
from earshot.score.speed import timed
from earshot.threads import use_threads

_AT_LEAST = 256  # responses that a repeat makes, in batches


class _Workers:
    """A model in a process on each core, or in this one where a GPU computes: of many small steps none divides well."""

    def __init__(self, make: Callable[[], RoomModel], cores: int, where: torch.device) -> None:
        self._count = cores if where.type == "cpu" else 1
        self._model = None if self._count > 1 else make()
        self._pool = (
            ProcessPoolExecutor(cores, get_context("spawn"), initializer=_begin, initargs=(make,))
            if self._count > 1
            else None
        )

    def responses(self, batches: Sequence[Sequence[Room]]) -> None:
        """Have the responses of batches of rooms made, each by one process, and brought here."""
        if self._model:
            for batch in batches:
                self._model.responses(batch)
        elif self._pool:
            for _ in self._pool.map(_responses, batches):
                pass

    def close(self) -> None:
        """End the processes."""
        if self._pool:
            self._pool.shutdown()


_OWN: list[RoomModel] = []  # of a process: its model


def _begin(make: Callable[[], RoomModel]) -> None:
    use_threads(1)
    torch.set_num_threads(1)
    _OWN.append(make())


def _responses(rooms: Sequence[Room]) -> list[NDArray[np.float32]]:
    return _OWN[0].responses(rooms)


def time_reverb(
    make: Callable[[], RoomModel],
    rooms: Sequence[Room],
    batches: Sequence[int],
    simulation: SimulationSettings,
    repeats: int,
    cores: int,
    where: torch.device,
    plain_rooms: int,
) -> pd.DataFrame:
    """Return a row for each repeat: `implementation`, `batch`, `repeat`, `seconds`, and how many `responses` it made.

    `make` gives the model, in a process on each core, each of which makes whole batches. A batch is of as many rooms as
    hold it, with all their receivers, or of one with fewer; its responses are brought to the process that asked. Image
    sources and the plain loop make those of the first rooms, whatever the batch. All have worked before the clock
    starts.
    """
    torch.set_num_threads(cores)
    rows: list[dict[str, Any]] = []

    def add(implementation: str, batch: int, seconds: Sequence[float], responses: int) -> None:
        about = {"implementation": implementation, "batch": batch, "responses": responses}
        rows.extend(about | {"repeat": repeat, "seconds": took} for repeat, took in enumerate(seconds, 1))

    def images(some: Sequence[Room]) -> None:
        side_by_side(partial(simulate, settings=simulation, device=where), some, where)

    workers = _Workers(make, cores, where)
    for batch in batches:
        some, times = _of_size(rooms, batch), max(2 * cores, _AT_LEAST // batch)
        work = partial(workers.responses, [some] * times)
        work()
        work()
        add("model", batch, [timed(work)[1] for _ in range(repeats)], times * _receivers(some))
    workers.close()
    few = rooms[:plain_rooms]
    work = partial(images, few)
    work()
    add("images", _receivers(few), [timed(work)[1] for _ in range(repeats)], _receivers(few))
    _, seconds = time_plain_loop(few, simulation.rate_hz, repeats, cores)
    add("plain", _receivers(few), seconds, _receivers(few))
    return pd.DataFrame(rows).assign(device=where.type, cores=cores)


def _receivers(rooms: Sequence[Room]) -> int:
    return sum(len(room.receivers_m) for room in rooms)


def _of_size(rooms: Sequence[Room], batch: int) -> list[Room]:
    """Return rooms with so many receivers together."""
    found: list[Room] = []
    for room in rooms:
        left = batch - _receivers(found)
        if left <= 0:
            break
        found.append(replace(room, receivers_m=room.receivers_m[:left]))
    return found
