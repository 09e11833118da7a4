"""What a listener is judged by: drawn by name, whole, and never learnt from."""

import pytest
from earshot.learn.split import split_directions

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
