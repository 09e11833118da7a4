"""Whether two implementations give the same accuracy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats


@dataclass(frozen=True)
class Equivalence:
    """A paired comparison over n listeners, in degrees."""

    difference: float
    low: float
    high: float
    margin: float
    n: int

    @property
    def holds(self) -> bool:
        """Whether the interval lies inside the margin."""
        return -self.margin < self.low and self.high < self.margin


def paired_equivalence(first: NDArray[np.floating], second: NDArray[np.floating], margin: float = 1.0) -> Equivalence:
    """Test whether the mean difference `first - second` over pairs lies within the margin.

    Two one-sided t tests at 5 %, which is to say that the 90 % interval of the mean difference lies inside the margin
    (Schuirmann 1987). "No significant difference" would prove nothing: few listeners never show one. Fewer than two
    pairs give an interval without bounds.
    """
    difference = np.asarray(first, np.float64) - second
    n = len(difference)
    mean = float(difference.mean()) if n else float("nan")
    if n < 2:
        return Equivalence(mean, -np.inf, np.inf, margin, n)
    half = float(stats.t.ppf(0.95, n - 1) * difference.std(ddof=1) / np.sqrt(n))
    return Equivalence(mean, mean - half, mean + half, margin, n)
