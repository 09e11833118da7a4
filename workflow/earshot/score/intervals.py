"""Medians and means of values that come in groups, with intervals by drawing groups again (Efron 1979)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Statistic = Literal["median", "mean"]

_AT_ONCE = 4_000_000  # weights in memory


@dataclass(frozen=True)
class Interval:
    """A median or mean with its 95 % interval, in the values' unit; NaN where there is none."""

    value: float
    low: float
    high: float
    n: int  # values
    groups: int


def interval(
    values: NDArray[np.floating],
    groups: NDArray[np.object_],
    random: np.random.Generator,
    statistic: Statistic = "median",
    draws: int = 1000,
) -> Interval:
    """Return the median or mean of values `(n,)` with its 95 % interval over groups, whose names are `(n,)`.

    Groups are drawn again with all their values, so that values of one group need not be independent. What is not a
    number is left out. An infinite value is one like any: it counts in medians, and makes a mean infinite, of which
    there is no interval. Nor is there any of one group.
    """
    there = ~np.isnan(values)
    kept = np.asarray(values[there], np.float64)
    if not kept.size:
        return Interval(np.nan, np.nan, np.nan, 0, 0)
    order = np.argsort(kept, kind="stable")
    kept = kept[order]
    _, of_group = np.unique(groups[there][order].astype(str), return_inverse=True)
    count = int(of_group.max()) + 1
    value = float(np.median(kept) if statistic == "median" else kept.mean())
    if count == 1:
        return Interval(value, np.nan, np.nan, len(kept), 1)
    found: list[NDArray[np.float64]] = []
    size = max(1, _AT_ONCE // len(kept))
    for first in range(0, draws, size):
        rows = min(size, draws - first)
        drawn = random.integers(count, size=(rows, count)) + count * np.arange(rows)[:, None]
        times = np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count)
        found.append((_medians if statistic == "median" else _means)(kept, times[:, of_group]))
    low, high = quantiles(np.concatenate(found), [0.025, 0.975])
    return Interval(value, low, high, len(kept), count)


def quantiles(values: NDArray[np.floating], shares: Sequence[float]) -> list[float]:
    """Return quantiles of values `(n,)`. Where some are infinite, each is one of the values: nothing lies between."""
    found: list[float] = np.quantile(
        values, shares, method="inverted_cdf" if np.isinf(values).any() else "linear"
    ).tolist()
    return found


def _medians(values: NDArray[np.float64], times: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the medians `(rows,)` of sorted values `(n,)`, each so many times as `(rows, n)` say."""
    up_to = times.cumsum(axis=1)
    all_of_row = up_to[:, -1:]
    lower = (up_to >= (all_of_row + 1) // 2).argmax(axis=1)
    upper = (up_to >= all_of_row // 2 + 1).argmax(axis=1)
    with np.errstate(invalid="ignore"):  # between both infinities
        return np.asarray((values[lower] + values[upper]) / 2, np.float64)


def _means(values: NDArray[np.float64], times: NDArray[np.int64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # of what is infinite
        return np.asarray(times @ values / times.sum(axis=1), np.float64)
