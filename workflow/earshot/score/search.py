"""What a cohort bought the search."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earshot.seeds import generator

_DRAWS = 10000


@dataclass(frozen=True)
class SearchSpeed:
    """Seconds of a trial by the control and in the cohort, on the same cores, and how many times faster that is."""

    control_s: float
    cohort_s: float
    ratio: float
    low: float
    high: float
    control_trials: int  # a sample
    trials: int


def search_speed(trials: pd.DataFrame, benchmark: pd.DataFrame) -> SearchSpeed:
    """Compare the seconds that all trials of a search took with those of a sample that the control ran again.

    `trials` and `benchmark` are the tables of those names. Trials cost very different times, so which ones are in the
    sample matters most: the bounds are the 5th and the 95th percentile over samples drawn from the sample (Efron 1979).
    """
    ours = trials.drop_duplicates("trial")["seconds"]
    busy: NDArray[np.float64] = benchmark.groupby("trial")["seconds"].sum().to_numpy(np.float64)
    # What the cores did not work, since the last one ends later than the others, is shared out.
    control = busy * benchmark["wall_s"].iloc[0] / busy.sum()
    drawn = generator(0, "search_speed").choice(control, (_DRAWS, len(control))).mean(1) / ours.mean()
    low, high = np.percentile(drawn, [5, 95])
    return SearchSpeed(
        control_s=float(control.mean()),
        cohort_s=float(ours.mean()),
        ratio=float(control.mean() / ours.mean()),
        low=float(low),
        high=float(high),
        control_trials=len(control),
        trials=len(ours),
    )
