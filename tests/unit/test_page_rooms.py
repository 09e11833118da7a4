"""Figures and page of rooms: what they say is what the tables hold."""

import json

import numpy as np
import pandas as pd
import pytest
from earshot.config_rooms import Rooms
from earshot.data.schemas.room_times import ROOM_TIMES
from earshot.data.schemas.rooms import ROOM_INDEX
from earshot.rooms.room_shards import simulate_rooms
from earshot.rooms.wavefield import wavefield
from earshot.show import figures, figures_rooms, summary_rooms
from earshot.show.page import FigureOnPage
from earshot.show.page_rooms import render_rooms
from test_page import Reader
from test_page_classes import words
from test_rooms import CPU, SIMULATION, rooms

MACHINE = json.dumps({"host": "node1", "cpu": "AMD EPYC", "cores": 2, "memory_gb": 23.4, "device": "CPU"})


@pytest.fixture(scope="module")
def made():
    """The index and the responses of three small rooms."""
    return simulate_rooms(rooms(3, volume_m3=(20, 40), t60_s=(0.2, 0.25), receivers=3), SIMULATION, CPU)


def times():
    seconds = {"earshot": [1.0, 1.1, 0.9], "plain": [10.0, 12.0, 11.0]}
    rows = [
        {"implementation": name, "repeat": repeat, "seconds": one}
        for name, several in seconds.items()
        for repeat, one in enumerate(several, 1)
    ]
    common = {"rooms": 5, "responses": 40, "t60_s": 0.4, "t60_apart": 0.002, "device": "cpu", "cores": 2}
    return ROOM_TIMES.validate(pd.DataFrame(rows).assign(machine=MACHINE, **common))


def test_an_index_has_a_row_for_each_response(made):
    index, responses = made
    ROOM_INDEX.validate(index)
    assert responses.shape == (9, 16000) and responses.dtype == np.float16
    assert list(index["receiver"]) == [0, 1, 2] * 3


def test_figures_of_speed_are_those_of_medians():
    (found,) = summary_rooms.speed(times())
    assert (found["rirs_per_s"], found["plain_rirs_per_s"]) == (40, pytest.approx(40 / 11))
    assert (found["ratio"], found["low"], found["high"]) == (
        pytest.approx(11),
        pytest.approx(10 / 1.1),
        pytest.approx(12 / 0.9),
    )


def test_how_far_times_are_from_those_expected_is_by_room():
    rows = {"room": ["a", "a", "b"], "t60_s": [0.4, 0.6, 0.5], "wanted_t60_s": [0.5, 0.5, 0.4]}
    index = pd.DataFrame(rows).assign(sabine_s=0.5, eyring_s=np.nan, volume_m3=50, fold=0, draws=1, exact_s=1, ends_s=1)
    measured = {name: 1.0 for name in ROOM_INDEX.columns if name not in index}
    found = summary_rooms.rooms(index.assign(**measured))
    assert found["apart"] == {
        "wanted": {"median": pytest.approx(0.125), "absolute": pytest.approx(0.125), "unit": "share"},
        "sabine": {"median": 0.0, "absolute": 0.0, "unit": "share"},
    }
    assert found["test_rooms"] == 2 and found["measures"]["t60_s"]["median"] == 0.5


def test_the_page_is_whole(made, tmp_path):
    index, responses = made
    speed = summary_rooms.speed(times())
    first = index[index["room"] == index["room"].iloc[0]]
    room, moments = rooms(1, volume_m3=(20, 40), t60_s=(0.2, 0.25))[0], (0.002, 0.004, 0.006, 0.008, 0.01, 0.02)
    drawn = {
        "expected_times": figures_rooms.expected_times(summary_rooms.of_rooms(index)),
        "times_by_octave": figures_rooms.times_by_octave(index),
        "room_wireframe": figures_rooms.room_wireframe(first),
        "wavefield": figures_rooms.wavefield(
            wavefield(room, 0.3, moments, SIMULATION, CPU), moments, room.source_m, room.name
        ),
        "responses_by_distance": figures_rooms.responses_by_distance(first, responses[:3], 16000),
        "room_rates": figures_rooms.room_rates(speed),
    }
    assert "n = 3 rooms" in words(drawn["expected_times"]) and "n = 9 responses" in words(drawn["times_by_octave"])
    assert "3 receivers" in words(drawn["room_wireframe"]) and "11.0 times" in words(drawn["room_rates"])
    said = words(drawn["responses_by_distance"])
    assert all(f"{distance:.1f}" in said for distance in first["distance_m"])
    on_page = []
    for name, figure in drawn.items():
        figures.save(figure, tmp_path / f"{name}.svg")
        on_page.append(FigureOnPage(name, (tmp_path / f"{name}.svg").read_text()))
    heads = pd.concat([index.assign(ear=ear, set="heads") for ear in ("left", "right")])
    how = Rooms(volume_m3=(20, 40), t60_s=(0.2, 0.25), receivers=3).model_dump(mode="json")
    summary = {
        "name": "local",
        "config_hash": "3f2a91c07b5d4e68",
        "git_commit": None,
        "seed": 1,
        "settings": {"name": "local", "rooms": how},
        "versions": {"earshot": "0.1"},
        "hardware": json.loads(MACHINE),
        "stages": [],
        "data": [],
        "earlier": [],
        "rooms": summary_rooms.rooms(index),
        "binaural": summary_rooms.binaural([heads], {"heads": "somebody.sofa"}),
        "speed": speed,
    }
    assert summary_rooms.binaural([], {}) == []
    json.dumps(summary, allow_nan=False)
    page = Reader(render_rooms(summary, on_page, ["a.parquet"]))
    assert "3 rooms of 20 to 40 m³" in page.text
    assert "In 3 rooms of the set heads 9 receivers are heads, whose ears are those of somebody.sofa" in page.text
    assert "11.0 times a plain loop over pyroomacoustics" in page.text
    assert [tag for tag, _ in page.tags].count("figure") == 6
