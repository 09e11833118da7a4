"""Measures of localisation: against other formulas for the same thing, and on answers whose score is known by eye."""

import numpy as np
import pytest
from earshot.data.schemas.scores import SCORES
from earshot.directions import great_circle_deg, unit_vectors
from earshot.score import angles
from earshot.score.angles import lateral_deg, polar_deg
from earshot.score.listeners import KINDS

FRONT, LEFT, UP = np.eye(3)
MIRROR = np.array([1, -1, 1])  # swaps left and right


def directions(count, seed):
    vectors = np.random.default_rng(seed).normal(size=(count, 3))
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def at(polar, lateral=0.0):
    """The direction at an angle around the interaural axis and one from the median plane."""
    polar, lateral = np.radians(polar), np.radians(lateral)
    return np.stack(
        np.broadcast_arrays(np.cos(lateral) * np.cos(polar), np.sin(lateral), np.cos(lateral) * np.sin(polar)), -1
    )


def test_the_great_circle_is_the_arc_cosine_of_the_dot_product():
    first, second = directions(500, 1), directions(500, 2)
    np.testing.assert_allclose(great_circle_deg(first, second), np.degrees(np.arccos((first * second).sum(-1))))


@pytest.mark.parametrize(
    ("first", "second", "angle"),
    [(FRONT, FRONT, 0), (FRONT, -FRONT, 180), (LEFT, -LEFT, 180), (FRONT, UP, 90), (LEFT, UP, 90)],
)
def test_the_great_circle_between_axes_is_exact(first, second, angle):
    assert great_circle_deg(first, second) == angle


def test_the_great_circle_is_accurate_where_the_arc_cosine_is_not():
    """A microdegree from the truth, and a microdegree from its antipode."""
    tiny = 1e-6
    near = at(tiny)
    assert great_circle_deg(near, FRONT) == pytest.approx(tiny, rel=1e-6)
    assert 180 - great_circle_deg(near, -FRONT) == pytest.approx(tiny, rel=1e-6)


def test_the_great_circle_does_not_depend_on_the_length_of_an_answer():
    first, second = directions(50, 1), directions(50, 2)
    np.testing.assert_allclose(great_circle_deg(first * 3, second), great_circle_deg(first, second))


@pytest.mark.parametrize(
    ("azimuth", "elevation", "vector"),
    [(0, 0, FRONT), (90, 0, LEFT), (180, 0, -FRONT), (270, 0, -LEFT), (123, 90, UP), (7, -90, -UP)],
)
def test_azimuth_goes_to_the_left_and_elevation_up(azimuth, elevation, vector):
    np.testing.assert_allclose(unit_vectors(np.array(azimuth), np.array(elevation)), vector, atol=1e-15)


@pytest.mark.parametrize(
    ("direction", "lateral", "polar"),
    [
        (FRONT, 0, 0),
        (UP, 0, 90),
        (-FRONT, 0, 180),
        (-UP, 0, -90),
        ((FRONT + LEFT) / np.sqrt(2), 45, 0),
        ((-FRONT - LEFT) / np.sqrt(2), -45, 180),
        ((UP - FRONT) / np.sqrt(2), 0, 135),
        ((-UP - FRONT) / np.sqrt(2), 0, 225),
    ],
)
def test_lateral_and_polar_angles_of_directions_that_everyone_knows(direction, lateral, polar):
    assert lateral_deg(direction) == pytest.approx(lateral)
    assert polar_deg(direction) == pytest.approx(polar)


def test_at_the_ear_the_lateral_angle_is_90_degrees():
    assert lateral_deg(LEFT) == 90 and lateral_deg(-LEFT) == -90
    assert lateral_deg(LEFT * 1.0000001) == 90, "what rounding makes longer than one is no error"


def test_a_mirrored_listener_has_the_same_scores():
    true = directions(400, 1)
    said = true + 0.3 * directions(400, 2)
    said /= np.linalg.norm(said, axis=-1, keepdims=True)
    np.testing.assert_allclose(lateral_deg(true * MIRROR), -lateral_deg(true))
    np.testing.assert_allclose(polar_deg(true * MIRROR), polar_deg(true))
    assert angles.scores(said * MIRROR, true * MIRROR) == pytest.approx(angles.scores(said, true))


def test_quadrant_errors_are_polar_errors_of_more_than_90_degrees():
    """Of four targets near the median plane one is confused front to back; the one at the side does not count."""
    true = np.concatenate([at([0.0, 0, 40, 180]), at([0.0], lateral=45)])
    said = np.concatenate([at([0.0, 89, 311, 89]), at([180.0], lateral=45)])
    assert angles.quadrant_error(said, true) == 0.25


def test_polar_errors_are_taken_the_short_way_round():
    """From -80 to 260 degrees, both almost below, is 20 degrees."""
    assert angles.quadrant_error(at([260.0]), at([-80.0])) == 0
    assert angles.local_polar_rms_deg(at([260.0]), at([-80.0])) == pytest.approx(20)


def test_the_local_polar_error_leaves_quadrant_errors_out():
    """Errors of 30 and 40 degrees count, one of 150 does not: the root of (900 + 1600) / 2."""
    assert angles.local_polar_rms_deg(at([30.0, 50, 150]), at([0.0, 90, 0])) == pytest.approx(np.sqrt(1250))


def test_targets_up_to_30_degrees_from_the_median_plane_have_a_polar_error():
    inside, outside = at([0.0], lateral=29.9), at([0.0], lateral=30.1)
    assert angles.quadrant_error(-inside, inside) == 1
    assert np.isnan(angles.quadrant_error(-outside, outside))


def test_the_lateral_error_is_a_root_mean_square():
    true, said = at([0.0, 0, 120], lateral=np.array([0.0, 10, -20])), at([0.0, 90, 10], lateral=np.array([3.0, 6, -20]))
    assert angles.lateral_rms_deg(said, true) == pytest.approx(np.sqrt((9 + 16 + 0) / 3))


def test_front_back_errors_are_answers_on_the_wrong_side_of_the_frontal_plane():
    """Of four clear targets one is heard on the wrong side; the two within 15 degrees of the plane do not count."""
    true = at([0.0, 10, 170, 200, 80, 100])
    said = at([170.0, 80, 100, 200, 100, 80])
    assert angles.front_back_error(said, true) == 0.25


def test_front_and_back_are_told_apart_from_15_degrees_on():
    assert angles.front_back_error(at([100.0]), at([74.9])) == 1
    assert np.isnan(angles.front_back_error(at([100.0]), at([75.1])))


def test_where_nothing_counts_there_is_no_figure():
    """At the ear there are neither polar angles nor a front; lateral and great-circle errors stay."""
    ear = np.array([LEFT, -LEFT])
    found = angles.scores(ear, ear)
    nothing = {name for name, value in found.items() if np.isnan(value)}
    assert nothing == {"polar_rms_deg", "front_back_error", "quadrant_error"}
    assert found["p95_deg"] == found["lateral_rms_deg"] == 0


def test_percentile_median_and_mean_are_of_great_circle_errors():
    error = np.linspace(0, 100, 101)
    found = angles.scores(at(error), at(np.zeros(101)))
    assert (found["p95_deg"], found["median_deg"], found["mean_deg"]) == pytest.approx((95, 50, 50))


def test_scores_are_the_measures_of_their_table():
    known = {"subject", "excluded", "variant", "tuning", "items", "epochs", "doubts"}
    known |= {f"p95_{kind}_deg" for kind in KINDS}  # the first measure again, by what was heard
    assert set(angles.scores(np.eye(3), np.eye(3))) == set(SCORES.columns) - known
