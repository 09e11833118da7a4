"""How the time of a search falls with the number of its workers: measured, and beyond that a model."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

import pandas as pd


@dataclass(frozen=True)
class Scaled:
    """The seconds of a whole search with so many workers."""

    implementation: str
    workers: int
    seconds: float
    low: float | None  # were all repeats as the fastest; None where there were none, but other listeners
    high: float | None
    modelled: bool  # so many were not measured at once: each is taken to be as fast as one alone


def scaling(
    workers: pd.DataFrame,
    trials: int,
    trials_at_once: int,
    listeners: int,
    control_s: float,
    counts: Iterable[int],
) -> list[Scaled]:
    """Return the times of a search of so many trials on so many listeners, by implementation and number of workers.

    `workers` is the table of that name. Cohorts are shared by rounds of `trials_at_once`, each as long as the first;
    what a worker does once comes on top. By the control, listeners are shared one by one, and `control_s` are the
    seconds of one where all cores are at work, on average over trials: the table tells how much faster it is beside
    fewer. Beyond the largest count in the table, workers do not hinder each other. What later trials do not know, since
    the earlier ones are still at work, is no part of it.
    """
    measured = sorted(map(int, workers["workers"].unique()))
    found = []
    for implementation, own in workers.groupby("implementation", sort=False):
        by_count = own.groupby("workers")["seconds"]
        unit = by_count.mean()
        parts, scale = ceil(trials / trials_at_once), 1.0
        if implementation == "control":
            parts, scale = trials * listeners, control_s / unit[measured[-1]]
        for count in sorted({*measured, *counts}):
            like = count if count in measured else 1
            rounds = ceil(parts / count)
            once = own.loc[own["workers"] == like, "setup_s"].mean()
            mean, least, most = (
                float(once + rounds * scale * of[like]) for of in (unit, by_count.min(), by_count.max())
            )
            repeated = implementation == "accelerated"
            low, high = (least, most) if repeated else (None, None)
            found.append(Scaled(str(implementation), count, mean, low, high, count not in measured))
    return found
