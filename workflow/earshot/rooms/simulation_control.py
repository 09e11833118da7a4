"""Impulse responses as a plain loop over pyroomacoustics gives them, which ours are compared with."""

import numpy as np
import pyroomacoustics
from numpy.typing import NDArray

from earshot.errors import DataError
from earshot.rooms.acoustics import SPEED_OF_SOUND
from earshot.rooms.sampling import Room
from earshot.threads import use_threads


def plain_walls(room: Room) -> tuple[float, int]:
    """Return the absorption and the order of reflections that pyroomacoustics takes for a room's time, by Sabine.

    Raises DataError where no absorption gives it by Sabine's formula, or the room has no time that is wanted.
    """
    if room.t60_s is None:
        raise DataError(
            f"{room.name} has walls of materials: pyroomacoustics is timed on rooms of a reverberation time."
        )
    try:
        absorption, order = pyroomacoustics.inverse_sabine(room.t60_s, room.walls.dimensions_m, c=SPEED_OF_SOUND)
    except ValueError as error:
        raise DataError(f"{room.name} of {room.t60_s:.2f} s cannot be made by Sabine's formula ({error}).") from error
    return float(absorption), int(order)


def use_one_thread() -> None:
    """Let pyroomacoustics, and every other library of this process, compute in one thread.

    It has read the environment when it was imported.
    """
    use_threads(1)
    pyroomacoustics.constants.set("num_threads", 1)


def simulate_control(room: Room, rate_hz: float) -> list[NDArray[np.float64]]:
    """Return the response `(samples,)` at each receiver, as long as it comes. Raises DataError as `plain_walls`."""
    absorption, order = plain_walls(room)
    material = pyroomacoustics.Material(absorption)
    # Its kernel takes whole rates alone.
    simulated = pyroomacoustics.ShoeBox(room.walls.dimensions_m, fs=round(rate_hz), materials=material, max_order=order)
    simulated.add_source(room.source_m)
    simulated.add_microphone_array(room.receivers_m.T)
    simulated.compute_rir()
    return [receiver[0] for receiver in simulated.rir]
