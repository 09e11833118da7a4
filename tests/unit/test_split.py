"""What a listener is judged by: drawn by name, whole, and never learnt from."""

import numpy as np
import pandas as pd
import pytest
from earshot.directions import unit_vectors
from earshot.learn.split import REGION_RADIUS_DEG, Split, split_directions

DIRECTIONS = [f"az{azimuth:03d}.00_el+00.00" for azimuth in range(0, 360, 5)]  # 72


def chosen(directions, held_out=0.2, seed=1):
    held = split_directions(directions, held_out, seed)
    return {name for name, out in zip(directions, held, strict=True) if out}


def test_a_direction_is_on_one_side_with_all_its_measurements_and_repetitions():
    """The zenith, measured 20 times, and four repetitions of everything."""
    measured = [name for name in [*DIRECTIONS, *["zenith"] * 20] for _ in range(4)]
    for seed in range(20):
        held = split_directions(measured, 0.2, seed)
        sides = {name: set() for name in measured}
        for name, out in zip(measured, held, strict=True):
            sides[name].add(bool(out))
        assert all(len(side) == 1 for side in sides.values())


def test_the_split_depends_on_ids_and_not_on_their_order_or_number_of_measurements():
    assert chosen(DIRECTIONS[::-1]) == chosen(DIRECTIONS) == chosen(DIRECTIONS * 3)


def test_the_split_depends_on_the_seed():
    assert chosen(DIRECTIONS, seed=1) != chosen(DIRECTIONS, seed=2)


def test_one_direction_less_hardly_moves_the_others():
    """Drawn by its own id, a direction stays on its side, but for the one that fills a gap."""
    assert len(chosen(DIRECTIONS) ^ chosen(DIRECTIONS[1:])) <= 2


@pytest.mark.parametrize(("held_out", "count"), [(0.2, 14), (0.5, 36), (0.001, 1), (0.999, 71)])
def test_the_share_is_of_directions_and_leaves_at_least_one_on_each_side(held_out, count):
    assert len(chosen([*DIRECTIONS, DIRECTIONS[0]], held_out)) == count


def test_over_seeds_every_direction_is_held_out_about_as_often():
    """400 draws with probability 0.194: within five standard deviations, 40, of 78."""
    times = sum(split_directions(DIRECTIONS, 0.2, seed).astype(int) for seed in range(400))
    assert abs(times - 400 * 14 / 72).max() < 40


def test_one_direction_cannot_be_split():
    with pytest.raises(ValueError, match="two directions"):
        split_directions(["zenith"] * 5, 0.2, 1)


def grid():
    """Directions every 5 degrees around and every 10 up, two repetitions each."""
    rows = [
        (azimuth, elevation, draw)
        for azimuth in range(0, 360, 5)
        for elevation in range(-30, 90, 10)
        for draw in (0, 1)
    ]
    index = pd.DataFrame(rows, columns=["azimuth_deg", "elevation_deg", "repetition"])
    index["direction"] = [f"az{row.azimuth_deg:06.2f}_el{row.elevation_deg:+06.2f}" for row in index.itertuples()]
    return index


@pytest.mark.parametrize("held", ["directions", "noise", "regions"])
def test_nothing_is_both_learnt_and_judged_by(held):
    learnt, judged = Split(1, 0.2, held).items(grid())
    assert (learnt ^ judged).all() and learnt.any() and judged.any()


def test_regions_are_gaps_and_directions_are_not():
    """In the middle of a region the nearest direction that was learnt is farther than elsewhere."""
    index = grid()
    vectors = unit_vectors(index["azimuth_deg"].to_numpy(), index["elevation_deg"].to_numpy())
    farthest = {}
    for held in ("directions", "regions"):
        learnt, judged = Split(1, 0.2, held).items(index)
        cosines = vectors[judged] @ vectors[learnt].T
        farthest[held] = np.degrees(np.arccos(cosines.max(1).clip(-1, 1))).max()
        assert 0.15 < judged.mean() < 0.3
    assert farthest["regions"] > 1.1 * REGION_RADIUS_DEG
    assert farthest["directions"] <= 1.01 * REGION_RADIUS_DEG


def test_regions_do_not_depend_on_the_order_of_measurements():
    index = grid()
    shuffled = index.sample(frac=1, random_state=1)
    chosen_ones = [set(one.loc[Split(1, 0.2, "regions").judged(one), "direction"]) for one in (index, shuffled)]
    assert chosen_ones[0] == chosen_ones[1]


def test_noise_is_held_out_at_every_direction():
    index = grid()
    _, judged = Split(1, 0.2, "noise").items(index)
    assert set(index.loc[judged, "repetition"]) == {1}
    assert set(index.loc[judged, "direction"]) == set(index["direction"])
    with pytest.raises(ValueError, match="two repetitions"):
        Split(1, 0.2, "noise").judged(index[index["repetition"] == 0])


def test_sources_for_testing_are_what_it_is_judged_by():
    index = grid().assign(pool=["training", "test"] * 864)
    learnt, judged = Split(1, 0.2).items(index)
    assert (index["pool"][learnt] == "training").all() and (index["pool"][judged] == "test").all()
    assert (learnt ^ judged).all()
