"""Scenes answered by more and more ranks by the clock: managed and static, in even pieces and in uneven ones."""

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import NormalDist
from typing import Literal

import numpy as np
import pandas as pd

from earshot import pieces
from earshot.pieces import Job, Split
from earshot.progress import PROGRESS
from earshot.scenes.handing_out import handing_s
from earshot.score.speed import in_fresh_process, timed
from earshot.seeds import generator

log = logging.getLogger(__name__)

Costs = Literal["even", "uneven"]

SPREAD = 1.0  # standard deviation of the logarithm of how many scenes an uneven piece has


@dataclass(frozen=True)
class Race:
    """What is timed. Ranks are those that make pieces."""

    job: Job  # of even pieces, by as many as one likes
    uneven: list[str]  # names of the same scenes in other pieces
    counts: tuple[int, ...]
    repeats: int
    launcher: str  # of MPI; with none there are processes of one job, which are always given what is next


@dataclass(frozen=True)
class _Way:
    costs: Costs
    ranks: int
    split: Split


def uneven_pieces(scenes: int, count: int, seed: int) -> list[str]:
    """Return names of so many pieces of very unequal numbers of scenes, one at least, in an order that is drawn.

    Numbers are quantiles of a log-normal distribution: of 400 scenes in 20 pieces, the largest has a fifth and 29 times
    as many as the smallest. Raises ValueError where there are fewer scenes than pieces.
    """
    if scenes < count:
        raise ValueError(f"{scenes} scenes are too few for {count} pieces")
    weights = np.exp([SPREAD * NormalDist().inv_cdf((place + 0.5) / count) for place in range(count)])
    # Each sum is rounded, and so no scene is lost.
    ends = np.concatenate([[0], np.round((scenes - count) * weights.cumsum() / weights.sum())]).astype(int)
    sizes = generator(seed, "uneven pieces", scenes, count).permutation(1 + np.diff(ends))
    last = sizes.cumsum() - 1
    return [f"{end - size + 1:06d}-{end:06d}" for size, end in zip(sizes, last, strict=True)]


def time_ranks(race: Race) -> pd.DataFrame:
    """Return a row for each piece of each start, with its record, and how long the start took, its launch included.

    Ways take turns, so that whatever else the machine does meets all alike. `handing_s` is what the head spends on a
    piece (`handing_out.handing_s`), measured in each repeat.
    """
    rows = []
    for repeat in range(1, race.repeats + 1):
        each_s = handing_s(max(race.counts), race.job.program, race.launcher, Path(race.job.state))
        rows += [_start(race, way).assign(**vars(way), repeat=repeat, handing_s=each_s) for way in _ways(race)]
    return pd.concat(rows, ignore_index=True)


def _ways(race: Race) -> Iterator[_Way]:
    for ranks in race.counts:
        for costs in ("even", "uneven"):
            for split in ("managed", "static") if race.launcher else ("managed",):
                yield _Way(costs, ranks, split)


def _start(race: Race, way: _Way) -> pd.DataFrame:
    """Start ranks in new processes, where no piece is there yet, and return their records."""
    state = Path(race.job.state)
    shutil.rmtree(state, ignore_errors=True)
    task = f"{race.job.task}, {way.ranks} at work, {way.split}, {way.costs}"
    names = race.uneven if way.costs == "uneven" else race.job.names
    job = replace(race.job, names=names, task=task, split=way.split)
    if race.launcher:
        job = replace(job, ranks=way.ranks + (way.split == "managed"))
        records, whole_s = timed(partial(pieces.launch, job, race.launcher))
    else:
        job = replace(job, processes=way.ranks)
        records, whole_s = timed(partial(in_fresh_process, pieces.start, job, ""))
    shutil.rmtree(state)
    log.log(PROGRESS, "%s: %s: %.1f s", job.rule, job.task, whole_s)
    return pd.DataFrame(map(vars, records)).assign(of_ranks=max(job.ranks, job.processes), whole_s=whole_s)
