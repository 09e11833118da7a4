"""Trials of the search by the control, one after another: what they take without cohorts on the same cores."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits

from earshot.data.sofa import read_hrirs
from earshot.learn import control
from earshot.learn.candidate import Candidate
from earshot.learn.race import FEW, thinned
from earshot.learn.search import task_of
from earshot.score.speed import timed
from earshot.signal import interaural_control
from earshot.signal.noise import NoiseSettings


@dataclass(frozen=True)
class Trials:
    """What trials have in common, and the settings that each puts to the test, by its number."""

    paths: Mapping[str, Path | str]  # SOFA file of each listener
    rate_hz: float | None
    noise: NoiseSettings
    held_out: float
    seed: int
    candidates: Mapping[int, Candidate]


def by_control(trials: Trials, cores: int) -> pd.DataFrame:
    """Run trials, a listener at a time on each core, and return the table of the search's benchmark.

    No core waits for the last listener of a trial: the first of the next one begins at once. To start processes and to
    import libraries is not timed.
    """
    work = [(number, subject) for number in trials.candidates for subject in trials.paths]
    with ProcessPoolExecutor(cores, get_context("spawn"), initializer=threadpool_limits, initargs=(1,)) as pool:
        list(pool.map(partial(_warm, trials), range(cores)))
        rows, wall_s = timed(partial(_all, pool, trials, work))
    return pd.DataFrame(rows).assign(wall_s=wall_s, cores=cores)


def _warm(trials: Trials, worker: int) -> None:
    """Import what the work needs, and let libraries load what they load at their first use."""
    (candidate, *_) = trials.candidates.values()
    short = replace(candidate, network=replace(candidate.network, max_epochs=2))
    one_listener(trials, next(iter(trials.paths)), short, FEW)
    time.sleep(1)  # so that each worker has one of these


def _all(
    pool: ProcessPoolExecutor, trials: Trials, work: Sequence[tuple[int, str]]
) -> list[dict[str, float | int | str]]:
    return list(pool.map(partial(_one, trials), work))


def _one(trials: Trials, which: tuple[int, str]) -> dict[str, float | int | str]:
    """Make one listener's features and network by one trial's settings."""
    number, subject = which
    candidate = trials.candidates[number]
    began = time.perf_counter()
    error = one_listener(trials, subject, candidate)
    return {"trial": number, "subject": subject, "seconds": time.perf_counter() - began, "p95_deg": error}


def one_listener(trials: Trials, subject: str, candidate: Candidate, directions: int | None = None) -> float:
    """Return the error of a listener's network, of all of their directions or of so many."""
    listener = read_hrirs(trials.paths[subject], subject=subject, rate_hz=trials.rate_hz)
    if directions is not None:
        listener = thinned(listener, directions)
    task = task_of(listener, trials.held_out, trials.seed)
    (features,) = interaural_control.interaural_features([listener], trials.noise, candidate.interaural)
    (network,) = control.train([task.training_set(features)], candidate.network, trials.seed)
    return task.p95_deg(network, features)
