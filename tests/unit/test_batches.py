"""Batches as they are, and items that are in several."""

from collections import Counter

import numpy as np
import pytest
import torch
from earshot.learn.batches import Dealt


def numbered(batches: int, size: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return batches of items that are numbers, and what is wanted of them ten times as much."""
    items = torch.arange(batches * size).view(batches, size)
    return [(few, 10 * few) for few in items]


def test_an_item_is_in_so_many_batches_each_time_beside_others() -> None:
    """All of the middle are; those of the ends are in fewer, and batches are as large as they were."""
    dealt = Dealt(numbered(10, 4), 4, 3)
    found = list(dealt)
    assert len(found) == len(dealt) == (10 - 3) * 3
    assert all(len({item // 4 for item in values.tolist()}) == 4 for values, _ in found), "of four batches, one of each"
    times = Counter(np.concatenate([values for values, _ in found]).tolist())
    assert {times[item] for item in range(3 * 4, 7 * 4)} == {3}
    assert all(times[item] <= 3 for item in range(40))
    beside = [set(values.tolist()) - {18} for values, _ in found if 18 in values]
    assert not set.intersection(*beside)


def test_what_is_wanted_stays_with_its_item() -> None:
    """In each batch."""
    assert all(torch.equal(wanted, 10 * values) for values, wanted in Dealt(numbered(5, 6), 3, 2))


@pytest.mark.parametrize(("batches", "over"), [(3, 1), (1, 4), (2, 4)])
def test_few_batches_are_dealt_over_as_many_as_there_are(batches: int, over: int) -> None:
    """A batch alone is a batch alone, and over one is as it was."""
    given = numbered(batches, 4)
    found = [values for values, _ in Dealt(given, over, 1)]
    assert len(found) == len(Dealt(given, over, 1)) == (batches if over == 1 else 1)
    if 1 in (batches, over):
        assert all(torch.equal(one, few) for one, (few, _) in zip(found, given, strict=True))


def test_the_last_batch_may_be_smaller() -> None:
    """All of its items come."""
    given = numbered(3, 4)
    given[-1] = given[-1][0][:2], given[-1][1][:2]
    assert sorted(set(torch.cat([values for values, _ in Dealt(given, 2, 2)]).tolist())) == list(range(10))
