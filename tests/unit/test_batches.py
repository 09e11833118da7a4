"""Batches as they are, and items that are in several."""

from collections import Counter

import numpy as np
import pytest
import torch
from earshot.learn.batches import Echoed


def numbered(batches: int, size: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return batches of items that are numbers, and what is wanted of them ten times as much."""
    items = torch.arange(batches * size).view(batches, size)
    return [(few, 10 * few) for few in items]


def test_an_item_is_in_so_many_batches_each_time_beside_others() -> None:
    """All of the middle are; those of the ends are in fewer, and batches are as large as they were."""
    echoed = Echoed(numbered(10, 8), 4)
    found = list(echoed)
    assert len(found) == len(echoed) == (10 - 3) * 4
    assert all(len(values) == 8 and len(set(values.tolist())) == 8 for values, _ in found)
    times = Counter(np.concatenate([values for values, _ in found]).tolist())
    assert {times[item] for item in range(3 * 8, 7 * 8)} == {4}
    assert all(0 < times[item] < 4 for item in [*range(3 * 8), *range(7 * 8, 80)])
    beside = [set(values.tolist()) - {30} for values, _ in found if 30 in values]
    assert not set.intersection(*beside)


def test_what_is_wanted_stays_with_its_item() -> None:
    """In each batch."""
    assert all(torch.equal(wanted, 10 * values) for values, wanted in Echoed(numbered(5, 6), 3))


@pytest.mark.parametrize(("batches", "times"), [(3, 1), (1, 4), (2, 4)])
def test_few_batches_are_echoed_as_often_as_there_are(batches: int, times: int) -> None:
    """A batch alone is a batch alone, and once is as it was."""
    given = numbered(batches, 4)
    found = [values for values, _ in Echoed(given, times)]
    assert len(found) == len(Echoed(given, times)) == (batches if times == 1 else min(batches, times))
    if 1 in (batches, times):
        assert all(torch.equal(one, few) for one, (few, _) in zip(found, given, strict=True))


def test_the_last_batch_may_be_smaller() -> None:
    """All of its items come."""
    given = numbered(3, 4)
    given[-1] = given[-1][0][:2], given[-1][1][:2]
    assert sorted(set(torch.cat([values for values, _ in Echoed(given, 2)]).tolist())) == list(range(10))
