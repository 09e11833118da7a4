"""The headline figures of rooms: whether they are what was asked for, and how fast they are simulated."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from earshot.data.schemas.rooms import BANDS_HZ, MEASURES
from earshot.hardware import computing
from earshot.score.speed import ratio
from earshot.show.summary import finite

UNITS = {"t60_s": "second", "edt_s": "second", "c50_db": "dB", "d50": "share", "drr_db": "dB"}


def of_rooms(index: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each room: its time as measured, on average over receivers, as asked for and by formulas."""
    return index.groupby("room")[["t60_s", "wanted_t60_s", "sabine_s", "eyring_s", "volume_m3"]].mean()


def exact(index: pd.DataFrame) -> pd.DataFrame:
    """Return the responses that consist of images to their end; all where there are none.

    Noise in place of late images has the energy that they have on average, whatever modes there are.
    """
    kept = index[index["exact_s"] >= index["ends_s"]]
    return kept if len(kept) else index


def rooms(index: pd.DataFrame) -> dict[str, Any]:
    """Return how many rooms there are in each part, their measures, and how far times are from those expected.

    Medians and quartiles are over responses, of octaves over the `exact` ones. `apart` has, by what a time was expected
    (asked for, or by a formula), how far the measured one of a room is from it: the median share, and the median of the
    absolute share.
    """
    times, whole = of_rooms(index), exact(index)
    expected = {"wanted": "wanted_t60_s", "sabine": "sabine_s", "eyring": "eyring_s"}
    apart = {name: times["t60_s"] / times[column] - 1 for name, column in expected.items()}
    return {
        "rooms": len(times),
        "responses": len(index),
        "test_rooms": int(index.loc[index["fold"] == 0, "room"].nunique()),
        "drawn_again": int((index.groupby("room")["draws"].first() > 1).sum()),
        "exact": float((index["exact_s"] >= index["ends_s"]).mean()),
        "measures": {name: _quartiles(index[name], UNITS[name]) for name in MEASURES},
        "bands": {
            str(band): {name: _quartiles(whole[f"{name}_{band}"], UNITS[name]) for name in MEASURES}
            for band in BANDS_HZ
        },
        "apart": {
            name: {"median": float(share.median()), "absolute": float(share.abs().median()), "unit": "share"}
            for name, share in apart.items()
            if share.notna().any()
        },
    }


def binaural(indices: Sequence[pd.DataFrame], heads: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return of each set of rooms whose receivers are heads how many rooms and receivers it has, and whose head.

    Indices are of shards, with their `set`; `heads` are names of files by set.
    """
    if not indices:
        return []
    return [
        {
            "set": str(name),
            "rooms": int(own["room"].nunique()),
            "receivers": len(own.drop_duplicates(["room", "receiver"])),
            "head": heads[str(name)],
        }
        for name, own in pd.concat(indices).groupby("set", sort=False)
    ]


def speed(times: pd.DataFrame) -> list[dict[str, Any]]:
    """Return by device how many responses a second ours and the plain loop make, and how many times more ours are.

    The plain loop's are made on the cores of the same machine.
    """
    found = []
    for device, own in times.groupby("device", sort=False):
        seconds = {name: rows["seconds"].to_numpy() for name, rows in own.groupby("implementation")}
        first = own.iloc[0]
        responses = int(first["responses"])
        found.append(
            {
                "device": str(device),
                "on": computing(json.loads(first["machine"]), first["device"], first["cores"]),
                "rooms": int(first["rooms"]),
                "responses": responses,
                "rirs_per_s": responses / float(np.median(seconds["earshot"])),
                "plain_rirs_per_s": responses / float(np.median(seconds["plain"])),
                "t60_apart": float(first["t60_apart"]),
                "n": len(seconds["plain"]),
            }
            | {name: float(value) for name, value in vars(ratio(seconds["plain"], seconds["earshot"])).items()}
        )
    return found


def _quartiles(values: pd.Series, unit: str) -> dict[str, Any]:
    low, middle, high = values.quantile([0.25, 0.5, 0.75])
    return {
        "median": finite(middle),
        "low": finite(low),
        "high": finite(high),
        "n": int(values.notna().sum()),
        "unit": unit,
    }


def headline(speeds: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the speed that heads the report: that on the processor."""
    return next((own for own in speeds if own["device"] == "cpu"), speeds[0])
