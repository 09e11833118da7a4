"""Simulation timed: ours, and a plain loop over pyroomacoustics with a process on each core."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from earshot.device import side_by_side
from earshot.rooms.acoustics import measures
from earshot.rooms.sampling import Room
from earshot.rooms.shoebox import Shoebox
from earshot.rooms.simulation import SimulationSettings, arrivals, simulate
from earshot.rooms.simulation_control import plain_walls, simulate_control, use_one_thread
from earshot.score.speed import timed


def time_rooms(
    rooms: Sequence[Room], settings: SimulationSettings, repeats: int, cores: int, where: torch.device
) -> pd.DataFrame:
    """Return a row for each repeat of each implementation: how long it took, and what the decays were.

    Both simulate the same rooms, with the walls that the plain loop takes for the time that is wanted. `t60_s` is the
    median over responses, `t60_apart` the median of how far the two are apart for each response, as a share. Both have
    worked once before the clock starts; the time to start a process is not counted.
    """
    torch.set_num_threads(cores)
    same = [_plain(room) for room in rooms]
    make = partial(simulate, settings=settings, device=where)
    side_by_side(make, same[:cores], where)
    seconds: dict[str, list[float]] = {"earshot": [], "plain": []}
    times: dict[str, NDArray[np.float64]] = {}
    for _ in range(repeats):
        made, took = timed(lambda: side_by_side(make, same, where))
        seconds["earshot"].append(took)
    times["earshot"] = np.concatenate(
        [measures(one.responses, settings.rate_hz, one.arrivals)["t60_s"] for one in made]
    )
    plain, seconds["plain"] = time_plain_loop(same, settings.rate_hz, repeats, cores)
    times["plain"] = np.concatenate([_times(*pair, settings.rate_hz) for pair in zip(same, plain, strict=True)])
    rows = [
        {"implementation": name, "repeat": repeat, "seconds": took, "t60_s": np.nanmedian(times[name])}
        for name, several in seconds.items()
        for repeat, took in enumerate(several, 1)
    ]
    responses = sum(len(room.receivers_m) for room in rooms)
    apart = np.nanmedian(abs(times["earshot"] / times["plain"] - 1))
    return pd.DataFrame(rows).assign(
        device=where.type, rooms=len(rooms), responses=responses, cores=cores, t60_apart=apart
    )


def time_plain_loop(
    rooms: Sequence[Room], rate_hz: float, repeats: int, cores: int
) -> tuple[list[list[NDArray[np.float64]]], list[float]]:
    """Return the responses of rooms by a plain loop with a process on each core, and the seconds of each repeat.

    Each process has worked before the clock starts.
    """
    loop = partial(simulate_control, rate_hz=rate_hz)
    context = get_context("spawn")
    together = context.Barrier(cores)  # else the first process could warm up for all
    seconds: list[float] = []
    # The dearest room first, so that no process is left with it at the end.
    order = np.argsort([-((room.t60_s or 0) ** 3) / room.walls.volume_m3 for room in rooms], kind="stable")
    with ProcessPoolExecutor(cores, context, initializer=_begin, initargs=(together,)) as pool:
        smallest = min(rooms, key=lambda room: (room.t60_s or 0) ** 3 / room.walls.volume_m3)
        list(pool.map(loop, [smallest] * (2 * cores)))
        for _ in range(repeats):
            made, took = timed(lambda: list(pool.map(loop, [rooms[place] for place in order])))
            seconds.append(took)
    return [made[place] for place in np.argsort(order)], seconds


def _begin(together: Barrier) -> None:
    """Let a process of the plain loop compute in one thread, once all of them are there."""
    use_one_thread()
    together.wait()


def _plain(room: Room) -> Room:
    """Return a room with the walls of the plain loop."""
    absorption, _ = plain_walls(room)
    return replace(room, walls=Shoebox(room.walls.dimensions_m, np.full((3, 2, 1), absorption)))


def _times(room: Room, responses: Sequence[NDArray[np.float64]], rate_hz: float) -> NDArray[np.float64]:
    """Return the reverberation time of each of a room's responses, `(receivers,)`."""
    longest = max(map(len, responses))
    padded = np.stack([np.pad(response, (0, longest - len(response))) for response in responses])
    return measures(padded, rate_hz, arrivals(room, rate_hz))["t60_s"]
