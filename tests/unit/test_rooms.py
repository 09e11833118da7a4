"""Rooms drawn at random and their responses."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from earshot.errors import ConfigError
from earshot.materials import materials
from earshot.rooms.acoustics import measures
from earshot.rooms.image_source import HALF_FILTER
from earshot.rooms.sampling import TEST_FOLD, SamplingSettings, draw_room
from earshot.rooms.shoebox import Shoebox
from earshot.rooms.simulation import SimulationSettings, exact_for, simulate
from earshot.signal.octaves import CENTRES_HZ

SAMPLING = SamplingSettings(
    seed=1,
    volume_m3=(20, 300),
    height_m=(2.4, 4),
    proportion=(1, 2),
    t60_s=(0.2, 0.8),
    materials=None,
    receivers=8,
    grid_m=None,
    ears_m=1.5,
    length_s=1,
    from_walls_m=0.5,
    from_source_m=1,
    test_share=0.2,
    folds=5,
)
SIMULATION = SimulationSettings(seed=1, rate_hz=16000, length_s=1, most_images=10**7)
BRICK = {"floor": ["brickwork"], "ceiling": ["brickwork"], "walls": ["brickwork"]}
CPU = torch.device("cpu")


def rooms(count, **changes):
    return [draw_room(number, replace(SAMPLING, **changes)) for number in range(count)]


def measured(room, **changes):
    settings = replace(SIMULATION, **changes)
    made = simulate(room, settings, CPU)
    return made, measures(made.responses, settings.rate_hz, made.arrivals)


def test_rooms_are_what_was_asked_for():
    for room in rooms(60):
        length, width, height = room.walls.dimensions_m
        assert 20 <= room.walls.volume_m3 <= 300 and 2.4 <= height <= 4 and 1 <= length / width <= 2
        for place in [room.source_m, *room.receivers_m]:
            assert np.all(place >= 0.5) and np.all(place <= room.walls.dimensions_m - 0.5)
        assert room.distances_m.shape == (8,) and room.distances_m.min() >= 1


def test_a_room_is_the_same_whatever_else_is_drawn():
    one, other = draw_room(7, SAMPLING), rooms(9)[7]
    assert np.array_equal(one.receivers_m, other.receivers_m) and one.t60_s == other.t60_s
    assert not np.array_equal(one.source_m, draw_room(7, replace(SAMPLING, seed=2)).source_m)


def test_a_fifth_tests_and_folds_are_alike():
    folds = np.bincount([room.fold for room in rooms(600)], minlength=6)
    assert abs(folds[TEST_FOLD] / 600 - 0.2) < 0.05 and folds[1:].min() > 60
    same = [room.fold for room in rooms(50, volume_m3=(100, 110))]
    assert same == [room.fold for room in rooms(50)], "a room's part is its name's, not its settings'"


def test_a_grid_is_even_and_at_ear_height():
    (room,) = rooms(1, grid_m=0.5, volume_m3=(80, 90))
    assert np.all(room.receivers_m[:, 2] == 1.5)
    apart = np.unique(np.round(np.diff(np.unique(room.receivers_m[:, 0].round(6))), 6))
    assert apart == [0.5] and len(room.receivers_m) > 50


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"volume_m3": (300, 300), "t60_s": (0.05, 0.05)}, "t60_s"),
        ({"from_walls_m": 2.1}, "from_walls_m"),
        ({"from_source_m": 50}, "from_source_m"),
        ({"t60_s": None, "materials": BRICK}, "length_s"),
        ({"grid_m": 1, "ears_m": 3.9}, "ears_m"),
    ],
)
def test_what_no_room_can_be_is_refused_by_its_key(changes, key):
    with pytest.raises(ConfigError, match=f"(?s)config key rooms.*{key}"):
        draw_room(0, replace(SAMPLING, **changes))


def test_what_only_some_rooms_can_be_is_drawn_again():
    """A short time in large rooms is impossible, and in small ones not."""
    drawn = rooms(20, t60_s=(0.04, 0.1))
    assert max(room.draws for room in drawn) > 1
    assert all(room.walls.absorption.max() <= 0.95 for room in drawn)


def test_measured_times_are_those_that_were_asked_for():
    """Within the little that they ring longer at low frequencies."""
    ratios = [measured(room)[1]["t60_s"].mean() / room.t60_s for room in rooms(10, t60_s=(0.2, 0.5))]
    assert abs(np.median(ratios) - 1) < 0.05 and max(abs(np.array(ratios) - 1)) < 0.1


def test_noise_in_place_of_late_images_decays_as_they_do():
    """In measures of the whole response, on average over receivers."""
    (room,) = rooms(1, volume_m3=(60, 60), t60_s=(0.5, 0.5), receivers=24)
    exact, few = measured(room), measured(room, most_images=10**4)
    assert few[0].exact_s < 0.2
    assert exact[0].exact_s == exact[0].ends_s == few[0].ends_s > 0.5
    early = round((few[0].exact_s - 0.02) * 16000)  # where images begin to give way to noise
    assert np.allclose(few[0].responses[:, :early], exact[0].responses[:, :early], atol=2e-3)
    for name, within in (("t60_s", 0.02), ("edt_s", 0.02)):
        assert few[1][name].mean() == pytest.approx(exact[1][name].mean(), rel=within)
    assert few[1]["c50_db"] == pytest.approx(exact[1]["c50_db"], abs=0.5)


def test_there_are_no_more_images_than_allowed():
    room = Shoebox(np.array([5.0, 4.0, 3.0]), np.full((3, 2, 1), 0.1))
    farthest_m = exact_for(room, 10**5) * 343 + np.linalg.norm(room.dimensions_m) / 2
    assert 0.5 < 4 / 3 * np.pi * farthest_m**3 / room.volume_m3 / 10**5 < 1


def test_responses_end_where_nothing_is_heard_and_are_finite():
    for room in rooms(3, t60_s=(0.2, 0.3)):
        made = simulate(room, SIMULATION, CPU)
        assert made.responses.shape == (8, 16000) and np.isfinite(made.responses).all()
        ends = round(made.ends_s * 16000) + HALF_FILTER
        assert not made.responses[:, ends:].any() and 0.8 < made.ends_s / room.t60_s < 1.6


def test_walls_of_materials_decay_by_their_bands():
    names = {"floor": ["carpet_hairy"], "ceiling": ["ceiling_fissured_tile"], "walls": ["curtains_velvet"]}
    (room,) = rooms(1, t60_s=None, materials=names, volume_m3=(150, 150), length_s=3)
    assert room.t60_s is None and room.walls.absorption.shape == (3, 2, 6)
    made = simulate(room, replace(SIMULATION, length_s=3, most_images=10**6), CPU)
    found = measures(made.responses, 16000, made.arrivals, bands=True)["t60_s"].mean(0)
    assert found[0] > 1.3 * found[3], "carpets and tiles take high frequencies"


def test_materials_are_drawn_for_each_surface():
    names = {"floor": ["carpet_cotton"], "ceiling": ["rockwool_50mm_80kgm3"], "walls": ["curtains_velvet", "brickwork"]}
    for room in rooms(4, t60_s=None, materials=names, length_s=2):
        floor, ceiling = room.walls.absorption[2]
        assert list(floor) == list(materials()["carpet_cotton"].values())[:6]
        assert list(ceiling) == list(materials()["rockwool_50mm_80kgm3"].values())[:6]
    assert len({tuple(wall) for wall in room.walls.absorption[:2].reshape(4, 6)}) in (1, 2)


def test_every_material_has_the_octaves_of_room_acoustics():
    assert len(materials()) > 80
    assert all(set(CENTRES_HZ) <= set(absorption) for absorption in materials().values())


@pytest.mark.parametrize("name", sorted(materials()))
def test_every_material_has_a_decay(name):
    """Those too that absorb all of an octave."""
    (room,) = rooms(1, t60_s=None, materials=dict.fromkeys(("floor", "ceiling", "walls"), (name,)), length_s=20)
    energy = room.walls.expected_energy(np.array([0.0, 0.1]))
    assert np.isfinite(energy).all() and (energy > 0).all()


def test_where_images_end_no_click_is_heard():
    """Low octaves of these rooms live longer than high ones, which have died away where images end."""
    names = {"floor": ["carpet_cotton"], "ceiling": ["ceiling_fissured_tile"], "walls": ["curtains_velvet"]}
    (room,) = rooms(1, t60_s=None, materials=names, volume_m3=(60, 60), length_s=1.5, receivers=4)
    exact, few = (
        measured_in_octaves(room, replace(SIMULATION, length_s=1.5, most_images=most)) for most in (10**8, 10**5)
    )
    assert few["t60_s"][:, 3:].mean(0) == pytest.approx(exact["t60_s"][:, 3:].mean(0), rel=0.1)


def measured_in_octaves(room, settings):
    made = simulate(room, settings, CPU)
    return measures(made.responses, settings.rate_hz, made.arrivals, bands=True)
