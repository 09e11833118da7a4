"""Rooms timed: ours and the plain loop make the same ones."""

import numpy as np
from earshot.data.schemas.room_times import ROOM_TIMES
from earshot.rooms.race_of_rooms import time_rooms
from earshot.rooms.simulation_control import plain_walls, simulate_control
from test_rooms import CPU, SIMULATION, rooms


def test_each_repeat_has_a_row_and_decays_are_alike():
    few = rooms(2, volume_m3=(20, 40), t60_s=(0.2, 0.25), receivers=3)
    table = time_rooms(few, SIMULATION, 3, 1, CPU)
    ROOM_TIMES.validate(table.assign(machine="{}"))
    assert table.groupby("implementation").size().to_dict() == {"earshot": 3, "plain": 3}
    assert table["t60_apart"].iloc[0] < 0.01 and np.ptp(table["t60_s"]) < 0.01 * table["t60_s"].iloc[0]


def test_rooms_that_sabine_cannot_make_are_timed_too():
    """Of materials, and of a time for which more than everything would have to be absorbed."""
    of_materials = rooms(1, t60_s=None, materials={name: ["audience_2_m2"] for name in ("floor", "ceiling", "walls")})
    too_short = rooms(1, t60_s=(0.12, 0.12), volume_m3=(300, 300))
    for (room,) in (of_materials, too_short):
        absorption, order = plain_walls(room)
        assert 0.3 < absorption < 0.95 and 2 < order < 40
        assert len(simulate_control(room, 16000)) == 8
