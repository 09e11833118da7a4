"""Whether two groups of listeners differ."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats


@dataclass(frozen=True)
class Difference:
    """The difference of the means of two groups, with its 95 % interval and the p value of none; in their unit."""

    difference: float
    low: float
    high: float
    p: float
    n: int  # of the first
    n_other: int


def difference(first: NDArray[np.floating], other: NDArray[np.floating]) -> Difference:
    """Compare the means of two independent groups by Welch's t test (1947), which needs no equal variances.

    Fewer than two in a group give an interval without bounds and no p value.
    """
    mean = float(first.mean() - other.mean()) if len(first) and len(other) else float("nan")
    if min(len(first), len(other)) < 2:
        return Difference(mean, -np.inf, np.inf, float("nan"), len(first), len(other))
    test = stats.ttest_ind(first, other, equal_var=False)
    bounds = test.confidence_interval(0.95)
    return Difference(mean, float(bounds.low), float(bounds.high), float(test.pvalue), len(first), len(other))


def same_distribution_p(first: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return the p value of the two-sample Kolmogorov-Smirnov test.

    It is how likely so large a difference is between equal distributions; NaN where a group is empty.
    """
    return float(stats.ks_2samp(first, other).pvalue) if len(first) and len(other) else float("nan")
