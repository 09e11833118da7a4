"""People whom a model was not made for: it is given other ears, or knows others' templates alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from earshot.data.listeners import feature_index
from earshot.data.sofa import HrirSet
from earshot.directions import unit_vectors
from earshot.learn.listening import hear
from earshot.learn.localiser import Localiser
from earshot.learn.population import population, spread_out
from earshot.learn.split import Split
from earshot.learn.templates import Templates, on_the_circle
from earshot.progress import progress
from earshot.score.angles import scores
from earshot.signal.interaural import InterauralSettings
from earshot.signal.sources import Recordings, SourceSettings

MEASURES = ("p95_deg", "median_deg", "front_back_error", "quadrant_error")

Features = NDArray[np.float32]  # (measurements, repetitions, features)


def by_other_ears(
    listeners: Sequence[HrirSet], models: Mapping[str, Templates], features: Sequence[Features], split: Split
) -> pd.DataFrame:
    """Let each listener's templates answer for what each listener's ears hear from held-out directions.

    `features` are the listeners' own. One draw of each direction is heard.
    """
    heard = []
    for listener, own in zip(listeners, features, strict=True):
        judged = split.judged(feature_index(listener, 1))
        true = unit_vectors(listener.azimuth_deg[judged], listener.elevation_deg[judged])
        heard.append((own[judged, 0], true))
    together = np.concatenate([own for own, _ in heard])
    bounds = np.cumsum([len(own) for own, _ in heard])[:-1]
    rows = []
    for subject, model in progress(list(models.items()), "other ears"):
        said = np.split(_unit(model(together)), bounds)
        for listener, answers, (_, true) in zip(listeners, said, heard, strict=True):
            rows.append({"subject": subject, "ears": listener.subject} | _measures(answers, true))
    return pd.DataFrame(rows)


def unseen_people(
    listeners: Sequence[HrirSet],
    models: Mapping[str, Templates],
    features: Sequence[Features],
    folds: int,
    measured: Sequence[int],
    candidates: int,
    mirror: NDArray[np.float64] | None = None,
) -> pd.DataFrame:
    """Judge people by a population that does not hold them, with so many of their directions measured.

    People are dealt into folds in turn; each fold is judged by the templates of all others. What is measured of a
    direction is the mean over its draws of noise; directions that are not measured are judged by their first draw.
    With a `mirror` of the features, the others are there as in a mirror too.
    """
    rows = []
    for fold in progress(range(folds), "unseen people, folds"):
        of_fold = range(fold, len(listeners), folds)
        others = [models[one.subject] for place, one in enumerate(listeners) if place not in of_fold]
        known = population(others, candidates, mirror)
        for place in of_fold:
            listener, own = listeners[place], features[place]
            directions = unit_vectors(listener.azimuth_deg, listener.elevation_deg)
            periods = models[listener.subject].periods
            for count in measured:
                some = spread_out(directions, count)
                person = known.person(directions[some], on_the_circle(own[some], periods).mean(1))
                rest = np.setdiff1d(np.arange(len(directions)), some)
                said = _unit(person(own[rest, 0], periods))
                row: dict[str, Any] = {"subject": listener.subject, "fold": fold + 1, "measured": count}
                rows.append(row | {"items": len(rest)} | _measures(said, directions[rest]))
    return pd.DataFrame(rows)


def in_conditions(
    listeners: Sequence[HrirSet],
    models: Mapping[str, Localiser],
    sources: SourceSettings,
    recordings: Mapping[float, Recordings],
    interaural: InterauralSettings,
    split: Split,
    conditions: Mapping[str, Sequence[float]],
    device: torch.device,
) -> pd.DataFrame:
    """Try models under each condition, on sources for testing and held-out directions, all else as they were trained.

    `conditions` are values of fields of `sources` that replace its own, one at a time.
    """
    rows = []
    for condition, value in progress([(name, one) for name, some in conditions.items() for one in some], "conditions"):
        changed: dict[str, Any] = {"repetitions": 1, condition: value}
        there = replace(sources, **changed)
        index, features = hear(listeners, there, recordings, interaural, split, "test", device)
        for subject, own in index.groupby("subject", sort=False):
            said = _unit(models[str(subject)](features[own.index]).astype(np.float64))
            true = unit_vectors(own["azimuth_deg"].to_numpy(), own["elevation_deg"].to_numpy())
            rows.append({"subject": subject, "condition": condition, "value": value} | _measures(said, true))
    return pd.DataFrame(rows)


def _unit(said: NDArray[np.float64]) -> NDArray[np.float64]:
    return said / np.linalg.norm(said, axis=-1, keepdims=True)


def _measures(said: NDArray[np.float64], true: NDArray[np.float64]) -> dict[str, float]:
    found = scores(said, true)
    return {name: found[name] for name in MEASURES}
