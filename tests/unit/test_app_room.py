"""Rooms that a person draws on the page, and what is heard in them."""

from dataclasses import replace

import numpy as np
import pytest
from earshot.app.limits import Recording
from earshot.app.room import Learnt, Rooms, Wish, room_of
from earshot.data.synthetic_hrtf import Person, grid, synthesise_hrirs
from earshot.errors import ConfigError
from earshot.learn.reverb_models import model_of
from earshot.rooms.heads import Head
from earshot.rooms.room_shards import simulate_rooms
from test_rooms import CPU, SIMULATION, rooms

SHORT = replace(SIMULATION, length_s=0.6, most_images=50_000)
WISH = Wish(length_m=6, width_m=4, height_m=3, t60_s=0.4, distance_m=2, azimuth_deg=90)
LEARNT = Learnt((3, 8), (2, 5), (2.5, 4), (20, 100), (0.2, 0.6), (1, 4))


def wished(**changes):
    return replace(WISH, **changes)


@pytest.fixture(scope="module")
def head():
    return Head.of(synthesise_hrirs(Person("somebody", pinna_size=0), *grid(), rate_hz=SHORT.rate_hz))


@pytest.fixture
def click():
    return Recording("click.wav", np.eye(1, 4800, 100, dtype=np.float32), 16000.0)


def heard(click, wish, head=None):
    model = model_of({"kind": "eyring"}, SHORT, CPU)
    return Rooms("eyring", model, SHORT, LEARNT, head, CPU).sound(click, wish)


@pytest.mark.parametrize(("azimuth_deg", "way"), [(0, (1, 0)), (90, (0, 1)), (-90, (0, -1)), (180, (-1, 0))])
def test_the_source_is_where_it_was_asked_for(azimuth_deg, way):
    room = room_of(wished(azimuth_deg=azimuth_deg))
    assert room.source_m - room.receivers_m[0] == pytest.approx([*(2 * np.array(way)), 0], abs=1e-9)
    for place in (room.source_m, room.receivers_m[0]):
        assert np.all(place > 0.29) and np.all(place < room.walls.dimensions_m - 0.29)


def test_a_source_in_a_wall_is_refused_with_how_far_it_may_be():
    with pytest.raises(ConfigError, match=r"at most (\d\.\d) m away") as fault:
        room_of(wished(distance_m=5))
    farthest_m = float(str(fault.value).partition("at most ")[2].partition(" m")[0])
    assert room_of(wished(distance_m=farthest_m - 0.1)) and farthest_m < 4
    with pytest.raises(ConfigError):
        room_of(wished(distance_m=farthest_m + 0.1))


def test_a_room_that_no_walls_make_is_refused():
    with pytest.raises(ConfigError, match="have to absorb"):
        room_of(wished(t60_s=0.02))


def test_a_room_reverberates_as_long_as_was_asked_for(click):
    times = heard(click, WISH).times
    assert list(times) == ["simulated", "eyring"]
    assert times["simulated"]["t60_s"] == pytest.approx(0.4, rel=0.15)
    assert heard(click, wished(t60_s=0.25)).times["simulated"]["t60_s"] == pytest.approx(0.25, rel=0.15)


def test_farther_sources_are_less_clear(click):
    near, far = (heard(click, wished(azimuth_deg=0, distance_m=away)).times["simulated"]["c50_db"] for away in (1, 4))
    assert near > far + 1


@pytest.mark.parametrize(("azimuth_deg", "loud"), [(90, 0), (-90, 1)])
def test_ears_hear_the_source_on_its_side(azimuth_deg, loud, click, head):
    answer = heard(click, wished(azimuth_deg=azimuth_deg, distance_m=1.5), head)
    assert answer.heard["dry"].ndim == 1 and list(answer.heard) == ["dry", "simulated", "eyring"]
    for name in ("simulated", "eyring"):
        energy = np.square(answer.heard[name][:, :800]).sum(1)
        assert energy[loud] > 2 * energy[1 - loud]


def test_without_ears_a_microphone_hears(click):
    assert {one.ndim for one in heard(click, WISH).heard.values()} == {1}


def test_what_the_model_did_not_learn_is_said(click):
    assert heard(click, WISH).doubts == ()
    (volume,) = heard(click, wished(length_m=8, width_m=5, height_m=4)).doubts
    assert "160 m³" in volume and "20 to 100 m³" in volume
    (distance,) = heard(click, wished(distance_m=0.5)).doubts
    assert "1.0 to 4.0 m away" in distance


def test_ranges_are_those_of_rooms_that_do_not_test():
    drawn = rooms(12, volume_m3=(20, 40), t60_s=(0.2, 0.25), receivers=2)
    index, _ = simulate_rooms(drawn, replace(SHORT, length_s=0.4, most_images=5000), CPU)
    learnt = Learnt.of(index)
    kept = [room for room in drawn if room.fold]
    assert 0 < len(kept) < 12
    assert learnt.volume_m3 == pytest.approx(
        (min(r.walls.volume_m3 for r in kept), max(r.walls.volume_m3 for r in kept))
    )
    usual = learnt.usual
    assert learnt.length_m[0] < usual.length_m < learnt.length_m[1] and room_of(usual)
