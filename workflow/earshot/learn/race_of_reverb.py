"""Models of reverberation timed: responses a second by batch, ours by all images, and a plain loop."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import torch

from earshot.device import side_by_side
from earshot.learn.reverb_models import RoomModel
from earshot.rooms.race_of_rooms import time_plain_loop
from earshot.rooms.sampling import Room
from earshot.rooms.simulation import SimulationSettings, simulate
from earshot.score.speed import timed

_AT_LEAST = 64  # responses that a repeat makes, in batches


def time_reverb(
    model: RoomModel,
    rooms: Sequence[Room],
    batches: Sequence[int],
    simulation: SimulationSettings,
    repeats: int,
    cores: int,
    where: torch.device,
    plain_rooms: int,
) -> pd.DataFrame:
    """Return a row for each repeat: `implementation`, `batch`, `repeat`, `seconds`, and how many `responses` it made.

    A batch is of as many rooms as hold it, with all their receivers, or of one with fewer. Image sources and the plain
    loop make those of the first rooms, whatever the batch. All have worked once before the clock starts.
    """
    torch.set_num_threads(cores)
    rows: list[dict[str, Any]] = []

    def add(implementation: str, batch: int, seconds: Sequence[float], responses: int) -> None:
        about = {"implementation": implementation, "batch": batch, "responses": responses}
        rows.extend(about | {"repeat": repeat, "seconds": took} for repeat, took in enumerate(seconds, 1))

    def predict(some: Sequence[Room], times: int) -> None:
        for _ in range(times):
            model.responses(some)

    def images(some: Sequence[Room]) -> None:
        side_by_side(partial(simulate, settings=simulation, device=where), some, where)

    for batch in batches:
        some, times = _of_size(rooms, batch), max(1, _AT_LEAST // batch)
        work = partial(predict, some, times)
        work()
        add("model", batch, [timed(work)[1] for _ in range(repeats)], times * _receivers(some))
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
