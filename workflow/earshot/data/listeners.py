"""Listeners of a shard, and their features as a shard."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earshot.data.schemas.features import FEATURE_INDEX
from earshot.data.shards import read_tensors, write_tensors
from earshot.data.sofa import HrirSet, read_hrirs
from earshot.data.tables import read_table, write_table
from earshot.errors import DataError

FEWEST_DIRECTIONS = 10  # fewer leave nothing to learn from, or nothing to test on

log = logging.getLogger(__name__)


def read_listeners(
    paths: Mapping[str, Path | str], rate_hz: float | None, bad: Literal["stop", "exclude"]
) -> tuple[list[HrirSet], dict[str, str]]:
    """Read each subject's SOFA file and return the listeners, and the reason for each that was left out.

    Raises DataError for the first file at fault, unless `bad` says to exclude it.
    """
    listeners: list[HrirSet] = []
    excluded: dict[str, str] = {}
    for subject, path in paths.items():
        try:
            listener = read_hrirs(path, subject=subject, rate_hz=rate_hz)
            if (directions := len(set(listener.directions.tolist()))) < FEWEST_DIRECTIONS:
                raise DataError(
                    f"{path}: {directions} directions, at least {FEWEST_DIRECTIONS} are needed. Leave it out."
                )
            listeners.append(listener)
        except DataError as fault:
            if bad == "stop":
                raise DataError(
                    f"{fault} To go on without {subject}, set the config key localisation.bad_subject to exclude."
                ) from fault
            log.warning("left out: %s", fault)
            excluded[subject] = str(fault)
    return listeners, excluded


def write_features(
    tensors_path: Path | str,
    index_path: Path | str,
    listeners: Sequence[HrirSet],
    features: Sequence[NDArray[np.float32]],
    excluded: Mapping[str, str],
    settings: Mapping[str, Any],
) -> None:
    """Write features, `(measurements, repetitions, features)` of each listener, as a shard with its index."""
    index, flat = indexed(listeners, features, excluded)
    write_tensors(tensors_path, {"features": flat} if listeners else {}, settings)
    write_table(index_path, index, FEATURE_INDEX)


def indexed(
    listeners: Sequence[HrirSet], features: Sequence[NDArray[np.float32]], excluded: Mapping[str, str]
) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """Return the index of these listeners and of those left out, and the features as its rows `(rows, features)`."""
    rows = [feature_index(listener, part.shape[1]) for listener, part in zip(listeners, features, strict=True)]
    flat = [part.reshape(-1, part.shape[-1]) for part in features]
    return pd.concat([*rows, left_out(excluded)]), np.concatenate(flat) if flat else np.empty((0, 0), np.float32)


def left_out(excluded: Mapping[str, str]) -> pd.DataFrame:
    """Return rows of an index for listeners who were left out, with the reasons."""
    rows = pd.DataFrame({"subject": list(excluded), "excluded": list(excluded.values())})
    return rows.reindex(columns=list(FEATURE_INDEX.columns))


def feature_index(listener: HrirSet, repetitions: int) -> pd.DataFrame:
    """Return a row for each measurement and repetition of a listener, in the order of its features."""
    count = len(listener.hrirs)
    return pd.DataFrame(
        {
            "subject": listener.subject,
            "direction": np.repeat(listener.directions, repetitions),
            "azimuth_deg": np.repeat(listener.azimuth_deg, repetitions),
            "elevation_deg": np.repeat(listener.elevation_deg, repetitions),
            "repetition": np.tile(np.arange(repetitions), count),
            "excluded": None,
            "doubts": "; ".join(listener.doubts) or None,
        }
    )


def read_features(
    tensors_path: Path | str, index_path: Path | str
) -> tuple[pd.DataFrame, NDArray[np.float32], dict[str, Any]]:
    """Return a shard's index, its features `(rows without the excluded listeners', features)` and its settings."""
    index = read_table(index_path, FEATURE_INDEX)
    tensors, settings = read_tensors(tensors_path)
    features = tensors.get("features", np.empty((0, 0), np.float32))
    if len(features) != index["excluded"].isna().sum():
        raise DataError(f"{tensors_path} and {index_path} do not belong together. Delete both and run again.")
    return index, features, settings
