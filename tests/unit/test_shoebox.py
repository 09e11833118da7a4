"""How sound is expected to decay in a room, against the images themselves and against statistics."""

import numpy as np
import pytest
from earshot.rooms.acoustics import SPEED_OF_SOUND, decay_levels, decay_time
from earshot.rooms.shoebox import Shoebox, absorption_for

LECTURE_ROOM = np.array([9.0, 6.5, 3.2])


def even(dimensions, absorption):
    return Shoebox(np.array(dimensions), np.full((3, 2, 1), absorption))


def image_energy(room, source, receiver, from_s, to_s):
    """Add up the squared amplitudes of images that arrive between two times, one by one."""
    reached = [int(SPEED_OF_SOUND * to_s / length) + 2 for length in room.dimensions_m]
    total = 0.0
    for x in range(-reached[0], reached[0] + 1):
        for y in range(-reached[1], reached[1] + 1):
            for z in range(-reached[2], reached[2] + 1):
                number = np.array([x, y, z])
                mirrored = np.where(number % 2 == 1, room.dimensions_m - source, source)
                distance = np.linalg.norm(number * room.dimensions_m + mirrored - receiver)
                if from_s <= distance / SPEED_OF_SOUND < to_s:
                    walls = np.array([(abs(number) + (number < 0)) // 2, (abs(number) + (number > 0)) // 2]).T
                    total += np.prod((1 - room.absorption[..., 0]) ** walls) / distance**2
    return total


def test_it_is_what_images_add_up_to():
    """Walls that differ, between 50 and 120 ms."""
    absorption = np.array([[0.1, 0.4], [0.2, 0.2], [0.05, 0.6]])[..., None]
    room = Shoebox(np.array([5.0, 4.0, 3.0]), absorption)
    times = np.linspace(0.05, 0.12, 200)
    expected = np.trapezoid(room.expected_energy(times)[0], times)
    rng = np.random.default_rng(1)
    places = rng.uniform(0.1, 0.9, (6, 2, 3)) * room.dimensions_m
    found = np.mean([image_energy(room, *pair, 0.05, 0.12) for pair in places])
    assert found == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("t60_s", [0.2, 0.5, 1.0])
def test_walls_are_found_for_a_time(t60_s):
    room = even(LECTURE_ROOM, absorption_for(LECTURE_ROOM, t60_s))
    energy = room.expected_energy(np.arange(int(2000 * t60_s)) / 1000)[0]
    levels = decay_levels(np.sqrt(energy))
    assert decay_time(levels, 1000, -5, -35) == pytest.approx(t60_s, rel=0.01)


def test_a_flat_room_decays_more_slowly_than_statistics_say_and_a_cube_less_so():
    """Between two far walls sound lives long: no field is diffuse in a flat room."""

    def beyond_eyring(dimensions):
        absorption = absorption_for(np.array(dimensions), 0.5)
        return 0.5 / even(dimensions, absorption).statistical_times()[1][0]

    cube, flat = beyond_eyring([4.0, 4, 4]), beyond_eyring([12.0, 10, 2.5])
    assert 1.0 < cube < 1.15 and flat > 1.4


def test_hard_walls_make_both_statistics_one():
    sabine, eyring = even(LECTURE_ROOM, 0.01).statistical_times()
    assert sabine == pytest.approx(eyring, rel=0.01) and sabine > eyring


def test_each_band_decays_by_its_own_walls():
    absorption = np.array([0.1, 0.3])
    both = Shoebox(LECTURE_ROOM, np.broadcast_to(absorption, (3, 2, 2)))
    times = np.arange(5) / 10
    alone = np.concatenate([even(LECTURE_ROOM, one).expected_energy(times) for one in absorption])
    assert np.allclose(both.expected_energy(times), alone)
