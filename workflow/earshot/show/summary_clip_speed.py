"""The headline figures of how fast clips become spectrograms, and networks learn from them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from earshot.score.speed import Ratio, ratio
from earshot.show.summary import finite

_TIMED = ["task", "batch_size", "samples"]
_MEASURED = ["device", "way", *_TIMED]


def counted_epochs(times: pd.DataFrame) -> pd.DataFrame:
    """Return the mean time of an epoch in each iteration that counts, by what was timed: `train_s` and `test_s`."""
    counted = times[times["iteration"] > 1]
    return counted.groupby([*_MEASURED, "iteration"], sort=False)[["train_s", "test_s"]].mean().reset_index()


def epochs(times: pd.DataFrame, published: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row for each measurement: seconds of an epoch, mean and SD over iterations, beside the study's own."""
    rows = []
    for key, own in counted_epochs(times).groupby(_MEASURED, sort=False):
        place = _place(_MEASURED, key)
        first = times.loc[(times[_MEASURED] == list(key)).all(axis="columns")].iloc[0]
        rows.append(
            place
            | {name: str(first[name]) for name in ("machine", "precision")}
            | {"cores": int(first["cores"]), "different": int(first["different"]), "n": len(own)}
            | {
                phase: {"mean": float(own[column].mean()), "sd": finite(own[column].std(ddof=1)), "unit": "second"}
                for phase, column in (("train", "train_s"), ("test", "test_s"))
            }
            | {"published": _published(published, place)}
        )
    return rows


def from_shards(times: pd.DataFrame, instead_of: str) -> list[dict[str, Any]]:
    """Return how many times faster training epochs are from shards than in another way."""
    return list(_compared(times, "way", instead_of, "shards"))


def on_gpu(times: pd.DataFrame) -> list[dict[str, Any]]:
    """Return how many times faster training epochs are on a GPU than on the processor, both from shards."""
    return list(_compared(times[times["way"] == "shards"], "device", "cpu", "cuda"))


def spectra(times: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return by kind of spectrogram how many clips a second ours and librosa make, and how many times more."""
    found = {}
    for kind, own in times.groupby("kind", sort=False):
        seconds = {name: rows["seconds"].to_numpy() for name, rows in own.groupby("implementation")}
        clips = int(own["clips"].iloc[0])
        found[str(kind)] = {
            "clips": clips,
            "per_second": {name: clips / float(np.median(values)) for name, values in seconds.items()},
            "device": str(own.loc[own["implementation"] == "earshot", "device"].iloc[0]),
        } | _plain(ratio(seconds["librosa"], seconds["earshot"]))
    return found


def _compared(times: pd.DataFrame, column: str, slow: str, fast: str) -> Iterator[dict[str, Any]]:
    others = [name for name in _MEASURED if name != column]
    for key, own in counted_epochs(times).groupby(others, sort=False):
        seconds = {name: rows["train_s"].to_numpy() for name, rows in own.groupby(column)}
        if {slow, fast} <= set(seconds):
            yield _place(others, key) | {"n": len(seconds[fast])} | _plain(ratio(seconds[slow], seconds[fast]))


def _place(names: Sequence[str], key: Any) -> dict[str, Any]:
    """Return what a measurement is of, as JSON has it."""
    return {name: value if isinstance(value, str) else int(value) for name, value in zip(names, key, strict=True)}


def _plain(found: Ratio) -> dict[str, float]:
    return {name: float(value) for name, value in vars(found).items()}


def _published(published: pd.DataFrame, place: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return the study's seconds by its device and phase, none where it timed something else."""
    same = published[(published[_TIMED] == [place[name] for name in _TIMED]).all(axis="columns")]
    return {
        str(device): {str(phase): float(rows["seconds_per_epoch"].mean()) for phase, rows in own.groupby("phase")}
        for device, own in same.groupby("device")
    }
