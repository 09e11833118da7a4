"""Workers of the search side by side on one machine: how much slower each becomes for the others.

A worker has one core (or the GPU), and does the same as every other: in the cohort way the first round of the search,
by the control the first of its trials, a listener at a time.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import pandas as pd

from earshot import device
from earshot.data.sofa import HrirSet
from earshot.device import DeviceName
from earshot.learn.candidate import Candidate
from earshot.learn.race import FEW, thinned
from earshot.learn.race_of_trials import Trials, one_listener
from earshot.learn.search import Halving, Search
from earshot.learn.search_setup import read_listeners, search_of
from earshot.learn.space import search_space
from earshot.learn.study import ask
from earshot.score.speed import timed
from earshot.signal.noise import noise_settings
from earshot.threads import use_threads

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Race:
    """The search whose workers are timed."""

    files: Mapping[str, str]  # SOFA file of each listener
    settings: Mapping[str, Any]  # of the search, as plain values
    device: DeviceName
    repeats: int  # of a round


def run(race: Race, counts: Sequence[int]) -> pd.DataFrame:
    """Time so many workers at once, for each count, and return the table of workers.

    To start processes and to import libraries is not timed.
    """
    rows: Rows = []
    for workers in counts:
        with ProcessPoolExecutor(workers, get_context("spawn"), initializer=use_threads, initargs=(1,)) as pool:
            for implementation, work in (("accelerated", _cohort), ("control", _control)):
                _on_each(pool, partial(work, race, few=True), workers)
                done = _on_each(pool, partial(work, race), workers)
                rows += [{"implementation": implementation, "workers": workers} | row for own in done for row in own]
    return pd.DataFrame(rows)


def _on_each(pool: ProcessPoolExecutor, work: Callable[[int], Rows], workers: int) -> list[Rows]:
    return list(pool.map(partial(_held, work), range(1, workers + 1)))


def _held(work: Callable[[int], Rows], worker: int) -> Rows:
    """Hold a process for a moment before its work, so that each of them gets its own."""
    time.sleep(1)
    return work(worker)


def _cohort(race: Race, worker: int, few: bool = False) -> Rows:
    """Run a round so many times; what a worker does once, before all rounds, is timed by itself."""
    candidates = _first_round(race)
    if few:  # to let libraries load what they load at their first use
        short = [replace(one, network=replace(one.network, max_epochs=2)) for one in candidates]
        _search(race, [thinned(listener, FEW) for listener in _listeners(race)], short)(short)
        return []
    search, setup_s = timed(lambda: _search(race, _listeners(race), candidates))
    rows = []
    for repeat in range(1, race.repeats + 1):
        _, round_s = timed(partial(search, candidates))
        rows.append({"worker": worker, "repeat": repeat, "setup_s": setup_s, "seconds": round_s})
    return rows


def _search(race: Race, listeners: Sequence[HrirSet], candidates: Sequence[Candidate]) -> Search:
    space = search_space(race.settings)
    halving = Halving(tuple(race.settings["halving"]["epochs"]), race.settings["halving"]["kept"])
    search = search_of(race.settings, space, listeners, device.choose(race.device), halving, space.frames)
    search.make_bins(candidates)
    return search


def _control(race: Race, worker: int, few: bool = False) -> Rows:
    """Run one trial, a listener at a time."""
    settings = race.settings
    candidate, *_ = _first_round(race)
    if few:
        candidate = replace(candidate, network=replace(candidate.network, max_epochs=2))
    trial = Trials(
        race.files,
        settings["rate_hz"],
        noise_settings(settings),
        settings["held_out"],
        settings["seed"],
        {1: candidate},
    )
    if few:
        one_listener(trial, next(iter(race.files)), candidate, FEW)
        return []
    rows = []
    for repeat, subject in enumerate(race.files, 1):
        _, seconds = timed(partial(one_listener, trial, subject, candidate))
        rows.append({"worker": worker, "repeat": repeat, "setup_s": 0.0, "seconds": seconds})
    return rows


def _listeners(race: Race) -> list[HrirSet]:
    return read_listeners(race.files, race.settings["rate_hz"])


def _first_round(race: Race) -> list[Candidate]:
    """Return the trials with which the search begins."""
    settings, space = race.settings, search_space(race.settings)
    return [space.candidate(drawn) for drawn in ask(space, [], settings["trials_at_once"], settings["seed"], 0)]
