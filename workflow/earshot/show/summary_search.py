"""The headline figures of the search and of its winner."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from earshot.score.equivalence import paired_equivalence
from earshot.score.samples import difference, same_distribution_p
from earshot.score.scaling import scaling
from earshot.score.search import search_speed
from earshot.show.summary import agreement, equivalence_figures, finite


def search(trials: pd.DataFrame, winner: Mapping[str, Any], table: str) -> dict[str, Any]:
    """Return how many trials there were, what became of them, and who won. `trials` is the table of that name."""
    each = trials.drop_duplicates("trial")
    return {
        "trials": len(each),
        "rounds": int(each["round"].max()),
        "stopped_early": int(each["stopped_early"].sum()),
        "diverged": int(each["diverged"].sum()),
        "on_front": int(each["on_front"].sum()),
        "subjects": list(trials["subject"].unique()),
        "seconds": float(each["seconds"].sum()),
        "winner": dict(winner),
        "table": table,
    }


def search_speedup(trials: pd.DataFrame, benchmark: pd.DataFrame, table: str) -> dict[str, Any]:
    """Return how many times faster trials are than by the control, and whether they are as accurate.

    `benchmark` is the table of the search's. Accuracy is that of trials that ran to their end in the search too.
    """
    found = search_speed(trials, benchmark)
    ended = trials[~(trials["stopped_early"] | trials["diverged"])]
    both = ended.merge(benchmark, on=["trial", "subject"], suffixes=("", "_control"))
    test = paired_equivalence(both["p95_deg"].to_numpy(), both["p95_deg_control"].to_numpy())
    return {
        "control_s": found.control_s,
        "accelerated_s": found.cohort_s,
        "ratio": found.ratio,
        "ratio_low": found.low,
        "ratio_high": found.high,
        "control_trials": found.control_trials,
        "trials": found.trials,
        "cores": int(benchmark["cores"].iloc[0]),
        "accuracy": equivalence_figures(test),
        "table": table,
    }


def study_speedup(
    search: Mapping[str, Any],
    localisation: Mapping[str, Any],
    stages: Sequence[Mapping[str, Any]],
    listeners: int,
    threads: int,
    of_trials: int,
) -> dict[str, Any]:
    """Return what both implementations cost, in time, cores and GPUs: stage by stage, and a study of so many trials.

    `search` is what `search_speedup` returns, `localisation` and `stages` what `speedup` and `stage_times` of
    `earshot.show.summary` return. Accelerated jobs had so many threads; those of the control one each, side by side on
    the same cores. What was not run whole is scaled, and says so.
    """
    cores = search["cores"]
    busy = {stage["rule"].removeprefix("localise_winner, "): stage["seconds"] for stage in stages}
    rows = []
    for implementation, used in (("control", 1), ("accelerated", threads)):
        sample = implementation == "control"
        gpus = 0 if sample or localisation["device"] == "CPU" else 1
        cost = partial(_cost, implementation=implementation, cores=cores, gpus=gpus)
        for stage, seconds in localisation["stages"].items():
            taken, scaled = seconds[f"{implementation}_s"], sample and localisation["scaled"]
            rows.append(cost(stage, count=localisation["subjects"], seconds=taken, scaled=scaled))
        trial_s = search[f"{implementation}_s"]
        rows.append(cost("search", count=search["trials"], seconds=trial_s * search["trials"], scaled=sample))
        if implementation in busy:
            spent = busy[implementation] * used / cores
            rows.append(cost("listeners", count=listeners, seconds=spent, scaled=False))
            rows.append(cost("one listener", count=1, seconds=spent / listeners, scaled=True))
            rows.append(cost("whole study", count=of_trials, seconds=trial_s * of_trials + spent, scaled=True))
    return {"stages": rows, "of_trials": of_trials, "cores": cores}


def _cost(
    stage: str, *, implementation: str, count: int, seconds: float, cores: int, gpus: int, scaled: bool
) -> dict[str, Any]:
    hours = seconds / 3600
    return {
        "stage": stage,
        "implementation": implementation,
        "count": count,
        "seconds": seconds,
        "core_hours": hours * cores,
        "gpu_hours": hours * gpus,
        "scaled": scaled,
    }


def scaling_figures(
    workers: pd.DataFrame,
    benchmark: pd.DataFrame,
    of_trials: int,
    trials_at_once: int,
    of_workers: Sequence[int],
    table: str,
) -> dict[str, Any]:
    """Return the time of a search of so many trials by its number of workers, measured and modelled.

    `workers` is the table of that name, `benchmark` that of the search's.
    """
    listeners = benchmark["subject"].nunique()
    counts = [*of_workers, ceil(of_trials / trials_at_once)]
    found = scaling(workers, of_trials, trials_at_once, listeners, benchmark["seconds"].mean(), counts)
    rows: dict[int, dict[str, Any]] = {}
    for one in found:
        row = rows.setdefault(one.workers, {"workers": one.workers, "modelled": one.modelled})
        row[f"{one.implementation}_s"] = one.seconds
        row[f"{one.implementation}_low_s"], row[f"{one.implementation}_high_s"] = one.low, one.high
    return {
        "of_trials": of_trials,
        "rounds": ceil(of_trials / trials_at_once),
        "device": str(workers["device"].iloc[0]),
        "repeats": int(workers.loc[workers["implementation"] == "accelerated", "repeat"].max()),
        "rows": [rows[count] for count in sorted(rows)],
        "table": table,
    }


def winner_figures(scores: pd.DataFrame) -> dict[str, Any]:
    """Return whether both implementations of the winner agree, and whether the search was fitted to its people.

    `scores` is a table of scores that holds the variants `winner_control` and `winner_accelerated`, or one of them.
    """
    figures: dict[str, Any] = {}
    heard = scores[scores["excluded"].isna() & scores["variant"].str.startswith("winner_")]
    if test := agreement(heard, "winner_"):
        p95 = [
            heard.loc[(heard["variant"] == f"winner_{name}") & ~heard["tuning"], "p95_deg"].to_numpy(np.float64)
            for name in ("accelerated", "control")
        ]
        figures["equivalence"] = equivalence_figures(test) | {"same_distribution_p": finite(same_distribution_p(*p95))}
    for variant, own in heard.groupby("variant"):
        searched, others = (own.loc[own["tuning"] == on, "p95_deg"].to_numpy(np.float64) for on in (True, False))
        found = difference(others, searched)
        figures[f"overfitting_{str(variant).removeprefix('winner_')}"] = {
            "searched_deg": finite(searched.mean()) if len(searched) else None,
            "others_deg": finite(others.mean()) if len(others) else None,
            "difference_deg": finite(found.difference),
            "low_deg": finite(found.low),
            "high_deg": finite(found.high),
            "p": finite(found.p),
            "n_searched": found.n_other,
            "n_others": found.n,
        }
    return figures
