"""Rooms timed: ours and the plain loop make the same ones."""

import numpy as np
import pytest
from earshot.data.schemas.room_times import ROOM_TIMES
from earshot.errors import DataError
from earshot.rooms.race_of_rooms import time_rooms
from earshot.rooms.simulation_control import simulate_control
from test_rooms import CPU, SIMULATION, rooms


def test_each_repeat_has_a_row_and_decays_are_alike():
    few = rooms(2, volume_m3=(20, 40), t60_s=(0.2, 0.25), receivers=3)
    table = time_rooms(few, SIMULATION, 3, 1, CPU)
    ROOM_TIMES.validate(table.assign(machine="{}"))
    assert table.groupby("implementation").size().to_dict() == {"earshot": 3, "plain": 3}
    assert table["t60_apart"].iloc[0] < 0.01 and np.ptp(table["t60_s"]) < 0.01 * table["t60_s"].iloc[0]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"t60_s": (0.12, 0.12), "volume_m3": (300, 300)}, "Sabine"),
        (
            {"t60_s": None, "materials": {name: ["audience_2_m2"] for name in ("floor", "ceiling", "walls")}},
            "materials",
        ),
    ],
)
def test_what_the_plain_loop_cannot_make_is_named(changes, why):
    (room,) = rooms(1, **changes)
    with pytest.raises(DataError, match=f"room000000.*{why}"):
        simulate_control(room, 16000)
