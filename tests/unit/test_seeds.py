"""Random numbers belong to the names that they are drawn for."""

import numpy as np
import pytest
from earshot.seeds import generator


def draw(*names):
    return generator(*names).integers(2**63)


def test_the_numbers_of_an_item_stay_the_same_over_versions_processes_and_machines():
    """Whoever changes this derivation changes every result of every study."""
    assert draw(1, "noise", "az000.00_el+00.00", 0) == 4363515718043490107


def test_other_draws_before_and_between_change_nothing():
    first = draw(1, "noise", "b")
    generator(1, "noise", "a").normal(size=100)
    assert draw(1, "noise", "b") == first


@pytest.mark.parametrize(
    "other", [(2, "noise", "a", 0), (1, "split", "a", 0), (1, "noise", "b", 0), (1, "noise", "a", 1), (1, "noise", "a")]
)
def test_every_name_counts(other):
    assert draw(*other) != draw(1, "noise", "a", 0)


def test_names_do_not_run_into_each_other():
    assert len({draw(1, "ab", "c"), draw(1, "a", "bc"), draw(1, "abc"), draw(11, "a"), draw(1, "1a")}) == 5


def test_generators_of_many_items_are_unrelated():
    draws = np.stack([generator(1, "noise", item).normal(size=2000) for item in range(30)])
    assert abs(np.corrcoef(draws) - np.eye(30)).max() < 0.1
