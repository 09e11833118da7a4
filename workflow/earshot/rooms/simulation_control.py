"""Impulse responses as a plain loop over pyroomacoustics gives them, which ours are compared with."""

import numpy as np
import pyroomacoustics
from numpy.typing import NDArray
from pyroomacoustics import inverse_sabine

from earshot.rooms.acoustics import SPEED_OF_SOUND, sabine_time
from earshot.rooms.sampling import Room
from earshot.threads import use_threads


def plain_walls(room: Room) -> tuple[float, int]:
    """Return the absorption and the order of reflections that pyroomacoustics takes for a room's time, by Sabine.

    A room of materials has the time that Sabine's formula gives it. Where no absorption gives a time by this formula, a
    room keeps the walls that were found for it, and the order is that of the formula.
    """
    walls = room.walls.mean()
    t60_s = room.t60_s or float(walls.statistical_times()[0][0])
    possible_s = max(t60_s, sabine_time(walls.volume_m3, float(walls.areas_m2.sum())) * 1.001)
    absorption, order = inverse_sabine(possible_s, walls.dimensions_m, c=SPEED_OF_SOUND)
    if possible_s > t60_s:
        absorption, order = walls.absorption[0, 0, 0], np.ceil(order * t60_s / possible_s)
    return float(absorption), int(order)


def use_one_thread() -> None:
    """Let pyroomacoustics, and every other library of this process, compute in one thread.

    It has read the environment when it was imported.
    """
    use_threads(1)
    pyroomacoustics.constants.set("num_threads", 1)


def simulate_control(room: Room, rate_hz: float) -> list[NDArray[np.float64]]:
    """Return the response `(samples,)` at each receiver, as long as it comes."""
    absorption, order = plain_walls(room)
    material = pyroomacoustics.Material(absorption)
    # Its kernel takes whole rates alone.
    simulated = pyroomacoustics.ShoeBox(room.walls.dimensions_m, fs=round(rate_hz), materials=material, max_order=order)
    simulated.add_source(room.source_m)
    simulated.add_microphone_array(room.receivers_m.T)
    simulated.compute_rir()
    return [receiver[0] for receiver in simulated.rir]
