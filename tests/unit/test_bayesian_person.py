"""The published model of people points near where sounds are, with templates of what is not held out."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from earshot.data.listeners import feature_index
from earshot.data.schemas.training import HISTORY, PREDICTIONS
from earshot.data.synthetic_hrtf import draw_person, grid, synthesise_hrirs
from earshot.data.tables import read_table, write_table
from earshot.errors import ConfigError
from earshot.learn.bayesian_person import point
from earshot.learn.split import Split

SPLIT = Split(1, 0.2)


@pytest.fixture(scope="module")
def listener():
    return synthesise_hrirs(draw_person(1, "person01"), *grid())


@pytest.fixture(scope="module")
def outcome(listener):
    return point([listener], {"person02": "cut off"}, SPLIT, 2, 1)


def lateral(table, prefix=""):
    """Sines of the angles from the median plane, which noise in people's senses hardly touches."""
    azimuth, elevation = (np.radians(table[f"{prefix}{angle}_deg"].astype(float)) for angle in ("azimuth", "elevation"))
    return (np.sin(azimuth) * np.cos(elevation)).to_numpy()


def test_a_person_points_near_to_where_the_sound_is(outcome):
    heard = outcome.predictions.dropna(subset="error_deg")
    off = np.abs(lateral(heard, "predicted_") - lateral(heard))
    assert 0.02 < np.median(off) < 0.2, "as people do: better than chance, and not as well as machines"


def test_what_is_held_out_is_pointed_at_and_nothing_else(listener, outcome):
    heard = outcome.predictions.dropna(subset="error_deg")
    held = set(listener.directions[SPLIT.judged(feature_index(listener, 1))])
    assert set(heard["direction"]) == held
    assert heard.groupby("direction").size().eq(2).all()


def test_tables_hold_who_was_left_out(outcome, tmp_path):
    for name, written, schema in (("p", outcome.predictions, PREDICTIONS), ("h", outcome.history, HISTORY)):
        write_table(tmp_path / name, written, schema)
        table = read_table(tmp_path / name, schema)
        assert table.loc[table["excluded"].notna(), "subject"].tolist() == ["person02"]


def test_the_same_seed_points_at_the_same_places_and_another_does_not(listener, outcome):
    again, other = (point([listener], {}, SPLIT, 2, seed).predictions["error_deg"].to_numpy() for seed in (1, 2))
    first = outcome.predictions["error_deg"].dropna().to_numpy()
    assert np.array_equal(again, first) and not np.array_equal(other, first)


def test_what_is_held_out_teaches_nothing(listener, outcome):
    """Responses of held-out directions that change places are pointed at where they came from."""
    judged = np.flatnonzero(SPLIT.judged(feature_index(listener, 1)))
    hrirs = listener.hrirs.copy()
    hrirs[judged] = listener.hrirs[judged[::-1]]
    moved = point([replace(listener, hrirs=hrirs)], {}, SPLIT, 2, 1).predictions
    said = lateral(moved, "predicted_")
    came_from = lateral(outcome.predictions.dropna(subset="error_deg")).reshape(-1, 2)[::-1].ravel()
    assert np.median(np.abs(said - came_from)) < 0.2 < np.median(np.abs(said - lateral(moved)))


def test_where_the_package_is_missing_it_says_so(listener, monkeypatch):
    monkeypatch.setitem(sys.modules, "bayesian_listener", None)
    with pytest.raises(ConfigError, match=r"others\.bayesian_listener: bayesian_listener is not installed"):
        point([listener], {}, SPLIT, 1, 1)
