"""What listeners hear to learn from and to be judged by, as features with their index."""

import typing
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from earshot.data.listeners import feature_index, indexed, left_out
from earshot.data.recordings import Pool
from earshot.data.sofa import HrirSet
from earshot.learn.split import Split
from earshot.signal import interaural_accelerated, interaural_waveforms
from earshot.signal.interaural import InterauralSettings
from earshot.signal.interaural_waveforms import Heard
from earshot.signal.noise import NoiseSettings
from earshot.signal.sources import Draw, Recordings, Signal, SourceSettings, source

Made = tuple[pd.DataFrame, NDArray[np.float32]]


def listen(
    listeners: Sequence[HrirSet],
    excluded: Mapping[str, str],
    sources: SourceSettings,
    recordings: Mapping[float, Recordings],
    interaural: InterauralSettings,
    split: Split,
    device: torch.device,
) -> Made:
    """Return an index and features `(rows, features)` of what each listener hears.

    White noise without noise at the ears is the study's. Of other sources there are some for training, heard from the
    directions that are learnt from, and some for testing, heard from those that are held out: the index says in `pool`
    which is which, and in `source` what it is. `recordings` are by sampling rate; who is `excluded` has a row with the
    reason.
    """
    if sources.plain or not listeners:
        noise = NoiseSettings(sources.seed, sources.duration_s, sources.repetitions)
        made = interaural_accelerated.interaural_features(listeners, noise, interaural, device)
        return indexed(listeners, made, excluded)
    of_pools = [hear(listeners, sources, recordings, interaural, split, pool, device) for pool in typing.get_args(Pool)]
    indices, features = zip(*of_pools, strict=True)
    return pd.concat([*indices, left_out(excluded)], ignore_index=True), np.concatenate(features)


def hear(
    listeners: Sequence[HrirSet],
    sources: SourceSettings,
    recordings: Mapping[float, Recordings],
    interaural: InterauralSettings,
    split: Split,
    pool: Pool,
    device: torch.device,
) -> Made:
    """Return index and features of the sources of one pool, from the directions that it is for."""
    draws = [draw for draw in sources.draws if draw.pool == pool]
    indices: list[pd.DataFrame] = []
    features: list[NDArray[np.float32]] = []
    for rate_hz in sorted({listener.rate_hz for listener in listeners}):
        alike = [listener for listener in listeners if listener.rate_hz == rate_hz]
        wanted = [_wanted(listener, split, pool) for listener in alike]
        features += interaural_waveforms.interaural_features(
            [Heard(listener, rows) for listener, rows in zip(alike, wanted, strict=True)],
            partial(_sounds, sources, recordings.get(rate_hz, {}), draws, rate_hz),
            rate_hz,
            sources.signal_to_noise_db,
            interaural,
            sources.seed,
            device,
        )
        for listener, rows in zip(alike, wanted, strict=True):
            index = feature_index(listener, len(draws))[np.repeat(rows, len(draws))]
            kinds = np.tile([draw.kind for draw in draws], rows.sum())
            indices.append(index.assign(pool=pool, source=kinds))
    return pd.concat(indices, ignore_index=True), np.concatenate(
        [part.reshape(-1, part.shape[-1]) for part in features]
    )


def _wanted(listener: HrirSet, split: Split, pool: Pool) -> NDArray[np.bool_]:
    """Return which measurements of a listener sources of this pool are heard from, `(measurements,)`."""
    if split.held == "noise":  # other sources from the directions that are learnt from
        return np.ones(len(listener.hrirs), bool)
    judged = split.judged(feature_index(listener, 1))
    return judged if pool == "test" else ~judged


def _sounds(
    sources: SourceSettings, recordings: Recordings, draws: Sequence[Draw], rate_hz: float, measurement: str
) -> Signal:
    return np.stack([source(sources, recordings, draw, measurement, rate_hz) for draw in draws])
