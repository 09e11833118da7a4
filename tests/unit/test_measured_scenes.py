"""Scenes in measured rooms: made of what was measured, in directions that the head is known in, against guesses."""

from dataclasses import replace

import numpy as np
import pytest
from earshot.data.sofa import HrirSet, write_hrirs
from earshot.data.synthetic_hrtf import Person, synthesise_hrirs
from earshot.directions import great_circle_deg
from earshot.errors import ConfigError
from earshot.rooms.heads import Head
from earshot.scenes.drawing import Cast, draw_scenes
from earshot.scenes.making import LEVEL, Maker
from earshot.scenes.measured import _guessed, read_heard
from earshot.scenes.places import Places
from test_scenes import DRAWING, MAKING, RATE_HZ, sounds  # noqa: F401 (a fixture)

AHEAD = np.arange(-90, 91, 10)
AROUND = np.arange(0, 360, 10)
T60_S = 0.3


@pytest.fixture(scope="module")
def room_and_head(tmp_path_factory):
    """A room measured all around a head, and the head by itself where sources are ahead or at the sides."""
    folder = tmp_path_factory.mktemp("measured")
    head = synthesise_hrirs(Person("dummy"), AHEAD % 360, 0.0, rate_hz=RATE_HZ)
    write_hrirs(folder / "head.sofa", head)
    direct = synthesise_hrirs(Person("dummy"), AROUND, 0.0, rate_hz=RATE_HZ).hrirs
    samples = 8000
    decay = 10 ** (-3 * np.arange(samples) / RATE_HZ / T60_S)
    late = 0.02 * np.random.default_rng(1).standard_normal((len(AROUND), 2, samples)) * decay
    late[..., : direct.shape[-1]] += direct
    azimuth = AROUND.astype(float)
    write_hrirs(
        folder / "room.sofa",
        HrirSet("room", late, RATE_HZ, azimuth, np.zeros(len(azimuth)), np.full(len(azimuth), 1.5)),
    )
    return folder / "room.sofa", folder / "head.sofa"


@pytest.fixture(scope="module")
def measured(room_and_head):
    return read_heard("office", *room_and_head, RATE_HZ, clockwise=False)


@pytest.fixture(scope="module")
def scenes(measured, sounds):  # noqa: F811
    place, head = measured
    return draw_scenes(range(400), Cast("test", sounds, Places({"office": place}), {"office": head}), DRAWING)


def test_a_room_is_read_with_its_reverberation(measured):
    place, head = measured
    assert place.t60_s == pytest.approx(T60_S, rel=0.05) and head.subject == place.name == "office"
    assert len(place.directions) == 36 and place.distances_m == pytest.approx(1.5) and len(head.hrirs) == 19


def test_sources_are_where_the_head_is_known(scenes, measured):
    """Behind it the room was measured too."""
    place, _ = measured
    for scene in scenes:
        assert scene.facing_deg == 0 and scene.room == scene.person == "office"
        for source in scene.sources:
            assert np.array_equal(source.direction, place.directions[source.receiver])
            assert source.direction[0] > -1e-9
        if len(scene.sources) == 2:
            assert great_circle_deg(scene.sources[0].direction, scene.sources[1].direction) >= DRAWING.apart_deg


def test_a_source_is_heard_through_what_was_measured_from_its_place(scenes, measured, sounds):  # noqa: F811
    """Of a response that is late and faint at the right ear, and of none from elsewhere."""
    place, head = measured
    scene = next(one for one in scenes if len(one.sources) == 1)
    responses = np.zeros((len(place.directions), 2, 64), np.float32)
    responses[scene.sources[0].receiver, [0, 1], [5, 9]] = 1, 0.5
    heard = Places({"office": replace(place, responses=responses)})
    (image,) = Maker(sounds, heard, {"office": Head.of(head)}, MAKING).make(scene).images
    assert np.square(image).mean() == pytest.approx(LEVEL**2, rel=1e-3)
    assert image[1, 4:] == pytest.approx(image[0, :-4] / 2, abs=1e-6)


def test_chance_is_what_two_places_drawn_evenly_are_apart(scenes, measured):
    """Of an even distribution over an arc of 180 degrees that is a third of it on average."""
    place, head = measured
    ahead = replace(place, directions=head.unit_vectors)
    rows = [row for scene in scenes if len(scene.sources) == 1 for row in _guessed(scene, ahead, 1)]
    errors = [row["error_deg"] for row in rows]
    assert len(errors) > 150 and np.mean(errors) == pytest.approx(60, abs=8)


def test_rooms_that_are_named_as_heads_are_refused(room_and_head):
    with pytest.raises(ConfigError, match=r"scenes.measured.office.anechoic: .*0.50 s.*Name the file of the head"):
        read_heard("office", room_and_head[1], room_and_head[0], RATE_HZ, clockwise=False)


def test_a_room_with_one_response_is_refused(room_and_head, tmp_path):
    write_hrirs(tmp_path / "one.sofa", synthesise_hrirs(Person("one"), [0.0], 0.0, rate_hz=RATE_HZ))
    with pytest.raises(ConfigError, match=r"scenes.measured.office.file: .* has one response, and scenes need 2"):
        read_heard("office", tmp_path / "one.sofa", room_and_head[1], RATE_HZ, clockwise=False)
