"""Directions as the page says and draws them."""

from xml.etree import ElementTree

import numpy as np
import pytest
from earshot.app.pictures import picture
from earshot.app.sphere import half, projected
from earshot.app.where import Said, direction_in_words, in_words
from earshot.directions import great_circle_deg, unit_vectors
from earshot.learn.direction_map import directions

COUNT = 642
KNOWN = directions(COUNT).double().numpy()


def at(azimuth_deg, elevation_deg=0.0):
    return unit_vectors(np.array(azimuth_deg, float), np.array(elevation_deg, float))


@pytest.mark.parametrize(
    ("azimuth_deg", "elevation_deg", "words"),
    [
        (37, 12, "37° to the left, 12° up"),
        (-37, -12, "37° to the right, 12° down"),
        (0.2, 0.2, "straight ahead, at the height of the ears"),
        (143, 5, "143° to the left, which is behind you, 5° up"),
        (180, 0, "straight behind you, at the height of the ears"),
        (-179.8, 30, "straight behind you, 30° up"),
        (10, 89.9, "straight above you"),
        (10, -90, "straight below you"),
    ],
)
def test_directions_are_said_as_people_say_them(azimuth_deg, elevation_deg, words):
    assert direction_in_words(at(azimuth_deg, elevation_deg)) == words


def test_a_sure_map_has_all_its_probability_nearby():
    likely = np.zeros(COUNT)
    likely[100] = 1
    ((share, within_deg),) = Said(likely, KNOWN[100:101]).parts
    assert share == 1 and within_deg == pytest.approx(0, abs=1e-4)


def test_a_map_that_knows_nothing_says_so():
    """A cap that has nine tenths of the sphere reaches as far as its height says."""
    said = Said(np.full(COUNT, 1 / COUNT), at(37, 12)[None])
    ((share, within_deg),) = said.parts
    assert share == pytest.approx(1) and within_deg == pytest.approx(np.degrees(np.arccos(1 - 2 * 0.9)), abs=2)
    assert in_words(said) == [f"37° to the left, 12° up; nine tenths of the probability within {within_deg:.0f}°."]


def test_of_two_sounds_each_has_what_is_nearest_to_it():
    peaks = np.stack([at(90), at(-90)])
    left, right = (np.exp(30 * (KNOWN @ peak - 1)) for peak in peaks)
    said = Said(0.7 * left / left.sum() + 0.3 * right / right.sum(), peaks)
    (first, wide), (second, _) = said.parts
    assert first == pytest.approx(0.7, abs=0.01) and second == pytest.approx(0.3, abs=0.01)
    near = great_circle_deg(KNOWN, peaks[0]) <= wide
    assert said.likely[near].sum() == pytest.approx(0.9 * first, abs=0.02)
    assert in_words(said)[0].startswith("Sound 1: 90° to the left, at the height of the ears; 70 % of the probability")


@pytest.mark.parametrize(
    ("direction", "behind", "place"),
    [
        (at(0), False, (0, 0)),
        (at(180), True, (0, 0)),
        (at(90), False, (-1, 0)),  # left is on the left of both halves
        (at(90), True, (-1, 0)),
        (at(0, 90), False, (0, 1)),
        (at(180, -45), True, (0, -np.sqrt(2) * np.sin(np.radians(22.5)))),
    ],
)
def test_halves_are_seen_from_the_listeners_place(direction, behind, place):
    assert projected(direction[None], behind)[0] == pytest.approx(place, abs=1e-12)


def test_halves_are_of_equal_area():
    """As many evenly spread directions are in the inner half of the area of a disc as are in the outer one."""
    inside = np.hypot(*projected(KNOWN[KNOWN[:, 0] > 0], False).T)
    assert (inside <= 1).all() and (inside < np.sqrt(0.5)).mean() == pytest.approx(0.5, abs=0.02)


def test_a_picture_shows_what_is_heard_in_its_half_alone():
    said = Said(np.full(COUNT, 1 / COUNT), np.stack([at(37, 12), at(170)]))
    front, back = (half(said, at(40)[None], behind) for behind in (False, True))
    numbers = [
        [text.get_text() for text in figure.axes[0].texts if text.get_text().isdigit()] for figure in (front, back)
    ]
    assert numbers == [["1"], ["2"]]
    # The ring of the true direction is in front.
    assert len(front.axes[0].lines) == len(back.axes[0].lines) + 1


def test_strongest_is_what_holds_half_of_the_probability():
    likely = np.zeros(COUNT)
    near = np.argsort(great_circle_deg(KNOWN, at(20)))[:20]
    likely[near] = np.repeat([0.06, 0.04], 10)
    (image,) = half(Said(likely, at(20)[None]), np.empty((0, 3)), False).axes[0].images
    alphas = np.unique(np.round(np.asarray(image.get_array())[..., 3], 2))
    assert alphas.tolist() == [0, 0.22, 0.55, 0.95]


def test_pictures_are_parts_of_a_page():
    said = Said(np.full(COUNT, 1 / COUNT), at(37, 12)[None])
    one, other = (picture(lambda: half(said, np.empty((0, 3)), False), 'said "here" & <there>') for _ in range(2))
    for drawing in (one, other):
        root = ElementTree.fromstring(drawing.replace("xlink:href", "href"))
        assert root.get("role") == "img" and root.get("aria-label") == 'said "here" & <there>'
    ids = [{part.get("id") for part in ElementTree.fromstring(one.replace("xlink:href", "href")).iter()} - {None}]
    ids += [{part.get("id") for part in ElementTree.fromstring(other.replace("xlink:href", "href")).iter()} - {None}]
    assert ids[0] and not ids[0] & ids[1]
    assert "http" not in one.replace("http://www.w3.org", "")
