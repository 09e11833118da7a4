"""The headline figures of how fast clips become spectrograms, and networks learn from them."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from earshot.hardware import computing
from earshot.score.speed import Ratio, ratio
from earshot.show.summary import finite

_TIMED = ["task", "batch_size", "samples"]
_MEASURED = ["device", "way", *_TIMED]


def counted_epochs(times: pd.DataFrame) -> pd.DataFrame:
    """Return the mean time of an epoch in each iteration that counts, by what was timed: `train_s` and `test_s`."""
    counted = times[times["iteration"] > 1]
    keys = [*_MEASURED, "machine", "cores", "iteration"]
    return counted.groupby(keys, sort=False)[["train_s", "test_s"]].mean().reset_index()


def machines(*tables: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the machines that tables were measured on, those with a GPU first, as `earshot.hardware` has them."""
    found = [json.loads(text) for text in dict.fromkeys(text for table in tables for text in table["machine"])]
    return sorted(found, key=lambda machine: machine["device"] == "CPU")


def epochs(times: pd.DataFrame, published: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row for each measurement: seconds of an epoch, mean and SD over iterations, beside the study's own."""
    rows = []
    for key, own in counted_epochs(times).groupby(_MEASURED, sort=False):
        place = _place(_MEASURED, key)
        first = times.loc[(times[_MEASURED] == list(key)).all(axis="columns")].iloc[0]
        rows.append(
            place
            | {"precision": str(first["precision"]), "different": int(first["different"]), "n": len(own)}
            | {"on": _computing(own)}
            | {
                phase: {"mean": float(own[column].mean()), "sd": finite(own[column].std(ddof=1)), "unit": "second"}
                for phase, column in (("train", "train_s"), ("test", "test_s"))
            }
            | {"published": _published(published, place)}
        )
    return rows


def from_shards(times: pd.DataFrame, instead_of: str) -> list[dict[str, Any]]:
    """Return how many times faster training epochs are from shards than in another way, where machines are alike."""
    return list(_compared(times, "way", instead_of, "shards"))


def on_gpu(times: pd.DataFrame) -> list[dict[str, Any]]:
    """Return how many times faster training epochs are on a GPU than on the processor, both from shards."""
    return list(_compared(times[times["way"] == "shards"], "device", "cpu", "cuda"))


def spectra(times: pd.DataFrame) -> list[dict[str, Any]]:
    """Return by device and kind of spectrogram how many clips a second ours and librosa make, and how many times more.

    Librosa's are made on the cores of the same machine.
    """
    found = []
    for (device, kind), own in times.groupby(["device", "kind"], sort=False):
        seconds = {name: rows["seconds"].to_numpy() for name, rows in own.groupby("implementation")}
        clips = int(own["clips"].iloc[0])
        found.append(
            {
                "device": str(device),
                "kind": str(kind),
                "clips": clips,
                "on": _computing(own),
                "per_second": {name: clips / float(np.median(values)) for name, values in seconds.items()},
            }
            | _plain(ratio(seconds["librosa"], seconds["earshot"]))
        )
    return found


def _compared(times: pd.DataFrame, column: str, slow: str, fast: str) -> Iterator[dict[str, Any]]:
    """Give for all that was measured both ways how many times faster one is."""
    others = [name for name in _MEASURED if name != column]
    for key, own in counted_epochs(times).groupby(others, sort=False):
        parts = {str(name): rows for name, rows in own.groupby(column)}
        if {slow, fast} <= set(parts):
            on = {"slow_on": _computing(parts[slow]), "fast_on": _computing(parts[fast])}
            if column == "device" or on["slow_on"] == on["fast_on"]:
                seconds = [parts[name]["train_s"].to_numpy() for name in (slow, fast)]
                yield _place(others, key) | on | {"n": len(seconds[1])} | _plain(ratio(*seconds))


def _computing(measured: pd.DataFrame) -> str:
    """Say what computed in a measurement."""
    first = measured.iloc[0]
    return computing(json.loads(first["machine"]), first["device"], first["cores"])


def _place(names: Sequence[str], key: Any) -> dict[str, Any]:
    """Return what a measurement is of, as JSON has it."""
    return {name: value if isinstance(value, str) else int(value) for name, value in zip(names, key, strict=True)}


def _plain(found: Ratio) -> dict[str, float]:
    return {name: float(value) for name, value in vars(found).items()}


def _published(published: pd.DataFrame, place: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return the study's seconds by its device and phase, none where it timed something else."""
    same = published[(published[_TIMED] == [place[name] for name in _TIMED]).all(axis="columns")]
    same = same[same["experiment"] == same["experiment"].min()]  # what both experiments have is told by the first
    return {
        str(device): {str(phase): float(rows["seconds_per_epoch"].mean()) for phase, rows in own.groupby("phase")}
        for device, own in same.groupby("device")
    }
