"""Both implementations of study A timed on the same listeners, from SOFA files to answers.

Each variant runs in a process of its own, which reads the files, makes the features and trains, so many times over. The
control gets the whole machine too: a worker on each core with one thread, listener after listener, so that no
core waits.
Starting Python and importing libraries is left out on both sides: as libraries load parts of themselves at their first
use, both have worked once on a few directions before the clock starts.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from earshot import device
from earshot.data.listeners import feature_index
from earshot.data.sofa import HrirSet, read_hrirs
from earshot.device import DeviceName, Precision
from earshot.learn import cohort, control
from earshot.learn.localiser import LocaliserSettings, train_and_answer
from earshot.learn.perceptron import TrainingSettings
from earshot.progress import PROGRESS
from earshot.score.speed import in_fresh_process, peak_memory_mb, timed
from earshot.signal import interaural_accelerated, interaural_control
from earshot.signal.interaural import InterauralSettings
from earshot.signal.noise import NoiseSettings

log = logging.getLogger(__name__)

FEW = 30  # directions to warm up on

Rows = list[dict[str, Any]]
Items = Sequence[tuple[str, str]]
Made = tuple[pd.DataFrame, NDArray[np.float32]]


@dataclass(frozen=True)
class Race:
    """What both implementations do: the same noise, features, splits and network for the same listeners."""

    paths: Mapping[str, str]  # SOFA file of each listener
    rate_hz: float | None
    noise: NoiseSettings
    interaural: InterauralSettings
    localiser: LocaliserSettings[TrainingSettings]
    device: DeviceName
    precision: Precision
    cores: int


def run(race: Race, control_subjects: int, repeats: int) -> pd.DataFrame:
    """Return the table of the benchmark: every repeat of every stage of both variants."""
    everyone = list(race.paths.items())
    some = everyone[: min(control_subjects, len(everyone))]
    rows = in_fresh_process(_control, race, some, repeats) + in_fresh_process(_accelerated, race, everyone, repeats)
    return pd.DataFrame(rows).assign(of_subjects=len(everyone), cores=race.cores)


def _accelerated(race: Race, items: Items, repeats: int) -> Rows:
    """Time the listeners as one cohort."""
    torch.set_num_threads(race.cores)
    where = device.choose(race.device)
    train = partial(cohort.train, device=where, precision=race.precision)

    def features(items: Items, directions: int | None = None) -> Made:
        listeners = [_read(race, item, directions) for item in items]
        parts = interaural_accelerated.interaural_features(listeners, race.noise, race.interaural, where)
        index = pd.concat([feature_index(one, race.noise.repetitions) for one in listeners], ignore_index=True)
        return index, np.concatenate([part.reshape(-1, part.shape[-1]) for part in parts])

    index, made = features(items[:1], FEW)
    train_and_answer(index, made, race.localiser, train)
    seconds = []
    for repeat in range(repeats):
        (index, made), features_s = timed(partial(features, items))
        _, training_s = timed(partial(train_and_answer, index, made, race.localiser, train))
        seconds.append(_said("accelerated", repeat, {"features": features_s, "training": training_s}))
    return _rows("accelerated", seconds, len(items), peak_memory_mb(), device.describe(where))


def _control(race: Race, items: Items, repeats: int) -> Rows:
    """Time the listeners one after another on each core."""
    workers = min(race.cores, len(items))
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=threadpool_limits, initargs=(1,)) as pool:
        list(pool.map(partial(_control_warm, race), [items[0]] * workers))
        seconds = []
        for repeat in range(repeats):
            made, features_s = timed(partial(_on_all, pool, partial(_control_features, race), items))
            _, training_s = timed(partial(_on_all, pool, partial(_control_training, race), made))
            seconds.append(_said("control", repeat, {"features": features_s, "training": training_s}))
        memory = workers * max(pool.map(_memory, range(workers)))
    return _rows("control", seconds, len(items), memory + peak_memory_mb(), "CPU")


def _read(race: Race, item: tuple[str, str], directions: int | None = None) -> HrirSet:
    """Read a listener, or so many of its measurements."""
    whole = read_hrirs(item[1], subject=item[0], rate_hz=race.rate_hz)
    return whole if directions is None else thinned(whole, directions)


def thinned(listener: HrirSet, directions: int) -> HrirSet:
    """Return a listener with about so many measurements, evenly out of all."""
    step = max(1, len(listener.hrirs) // directions)
    arrays = ("hrirs", "azimuth_deg", "elevation_deg", "distance_m")
    return replace(listener, **{name: getattr(listener, name)[::step] for name in arrays})


def _on_all(pool: ProcessPoolExecutor, function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    return list(pool.map(function, items))


def _control_warm(race: Race, item: tuple[str, str]) -> None:
    _control_training(race, _control_features(race, item, FEW))
    # Hold this worker, so that the others get their own share of the warming.
    time.sleep(1)


def _control_features(race: Race, item: tuple[str, str], directions: int | None = None) -> Made:
    listener = _read(race, item, directions)
    (part,) = interaural_control.interaural_features([listener], race.noise, race.interaural)
    return feature_index(listener, race.noise.repetitions), part.reshape(-1, part.shape[-1])


def _control_training(race: Race, made: Made) -> None:
    train_and_answer(*made, race.localiser, control.train)


def _memory(_: int) -> float:
    return peak_memory_mb()


def _said(variant: str, repeat: int, seconds: dict[str, float]) -> dict[str, float]:
    stages = ", ".join(f"{stage} {value:.1f} s" for stage, value in seconds.items())
    log.log(PROGRESS, "%s, repeat %d: %s", variant, repeat + 1, stages)
    return seconds


def _rows(variant: str, seconds: list[dict[str, float]], subjects: int, memory_mb: float, where: str) -> Rows:
    common = {"variant": variant, "subjects": subjects, "peak_memory_mb": memory_mb, "device": where}
    return [
        common | {"repeat": repeat, "stage": stage, "seconds": value}
        for repeat, stages in enumerate(seconds, 1)
        for stage, value in stages.items()
    ]
