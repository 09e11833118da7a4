"""Batches as they are, and items that are in several."""

from collections import Counter
from itertools import chain

import pytest
import torch
from earshot.learn.batches import Dealt


def numbered(batches: int, size: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return batches of items that are numbers, and what is wanted of them ten times as much."""
    items = torch.arange(batches * size).view(batches, size)
    return [(few, 10 * few) for few in items]


@pytest.mark.parametrize(
    ("size", "over", "times"), [(4, 4, 3), (8, 4, 3), (8, 4, 4), (16, 16, 4), (6, 4, 1), (7, 3, 2)]
)
def test_an_item_is_in_so_many_batches(size: int, over: int, times: int) -> None:
    """Those of the first and the last batches, too; and batches stay about as large as they were."""
    dealt = Dealt(numbered(20, size), over, times)
    found = [values.tolist() for values, _ in dealt]
    assert len(found) == len(dealt) == 20 * times
    counted = Counter(chain.from_iterable(found))
    assert counted == dict.fromkeys(range(20 * size), times)
    assert {abs(len(values) - size) <= 1 for values in found} == {True}
    assert all(len({item // size for item in values}) == over for values in found), "of so many batches"


def test_an_item_is_beside_others_each_time() -> None:
    """Of the batch that it came with, and of the others."""
    found = [values.tolist() for values, _ in Dealt(numbered(40, 16), 16, 4)]
    for item in range(16 * 20, 16 * 21):
        beside = [set(values) - {item} for values in found if item in values]
        assert len(beside) == 4
        assert max(len(one & other) for one in beside for other in beside if one is not other) < 8


def test_the_same_batches_are_dealt_out_alike() -> None:
    """Whatever was drawn before."""
    first, second = ([values.tolist() for values, _ in Dealt(numbered(5, 4), 3, 2)] for _ in range(2))
    assert first == second


def test_what_is_wanted_stays_with_its_item() -> None:
    """In each batch."""
    assert all(torch.equal(wanted, 10 * values) for values, wanted in Dealt(numbered(5, 6), 3, 2))


@pytest.mark.parametrize(("batches", "size"), [(1, 4), (2, 4), (3, 2), (9, 2), (9, 1)])
def test_of_few_batches_and_few_items_none_is_empty(batches: int, size: int) -> None:
    """Though they should be dealt out over more."""
    found = [values.tolist() for values, _ in Dealt(numbered(batches, size), 16, 2)]
    assert all(found) and Counter(chain.from_iterable(found)) == dict.fromkeys(range(batches * size), 2)


def test_the_last_batch_may_be_smaller() -> None:
    """All of its items come as often."""
    given = numbered(5, 4)
    given[-1] = given[-1][0][:1], given[-1][1][:1]
    found = [values.tolist() for values, _ in Dealt(given, 3, 2)]
    assert all(found) and Counter(chain.from_iterable(found)) == dict.fromkeys(range(17), 2)
