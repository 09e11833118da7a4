"""The headline figures of models of reverberation: how far from the truth they are, and how fast."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from earshot.data.schemas.rooms import BANDS_HZ
from earshot.hardware import computing
from earshot.rooms.comparison import medians
from earshot.show.summary import finite

UNITS = {
    "t60_error_pct": "percent",
    "edt_error_pct": "percent",
    "c50_error_db": "dB",
    "drr_error_db": "dB",
    "within_jnd": "share",
    "early_nmse": "share",
}


def models(errors: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return by model and by set of rooms each measure: mean and deviation over trainings.

    Each training's is the median over responses, `within_jnd` the share of them.
    """
    found: dict[str, dict[str, Any]] = {}
    for (model, judges), own in errors.groupby(["model", "judges"], sort=False):
        each = pd.DataFrame([medians(rows) for _, rows in own.groupby("number")])
        found.setdefault(str(model), {})[str(judges)] = {
            name: {
                "mean": finite(each[name].mean()),
                "sd": finite(each[name].std()) if len(each) > 1 else None,
                "n": len(each),
                "unit": unit,
            }
            for name, unit in UNITS.items()
        } | {"rooms": int(own["room"].nunique()), "responses": len(own) // len(each)}
    return found


def measured(errors: pd.DataFrame) -> dict[str, Any]:
    """Return of a measured room what was measured, medians over responses, and each model's medians of errors."""
    of_one = errors[errors["model"] == errors["model"].iloc[0]]
    found: dict[str, Any] = {name: finite(of_one[f"true_{name}"].median()) for name in ("t60_s", "edt_s", "c50_db")}
    found |= {"name": str(errors["measured"].iloc[0]), "volume_m3": float(of_one["volume_m3"].iloc[0])}
    found |= {"responses": len(of_one)}
    found["models"] = {
        str(model): {name: finite(value) for name, value in medians(own).items()}
        | {name: finite(own[f"said_{name}"].median()) for name in ("t60_s", "edt_s", "c50_db")}
        for model, own in errors.groupby("model", sort=False)
    }
    return found


def by_octave(errors: pd.DataFrame) -> dict[str, dict[str, list[float | None]]]:
    """Return by model the median error of each octave, of T60, EDT (shares) and C50 (dB), over all trainings."""
    return {
        str(model): {
            error: [finite(own[f"{error}_{band}"].abs().median()) for band in BANDS_HZ]
            for error in ("t60_error", "edt_error", "c50_error_db")
        }
        for model, own in errors.groupby("model", sort=False)
    }


def speed(times: pd.DataFrame) -> list[dict[str, Any]]:
    """Return by device how many responses a second each makes: the model by batch, all images, and the plain loop.

    `ratio` is how many times more the model makes than the plain loop in batches of 64, or of the size next to it.
    """
    found = []
    for device, own in times.groupby("device", sort=False):
        rates = own.assign(rate=own["responses"] / own["seconds"]).groupby(["implementation", "batch"])["rate"]
        median, low, high = rates.median(), rates.min(), rates.max()
        batches = median["model"].index
        batch = int(batches[np.argmin(abs(np.log(batches / 64)))])
        plain = float(median["plain"].iloc[0])
        first = own.iloc[0]
        found.append(
            {
                "device": str(device),
                "on": computing(json.loads(first["machine"]), first["device"], first["cores"]),
                "by_batch": {int(one): float(median["model", one]) for one in batches},
                "images_per_s": float(median["images"].iloc[0]),
                "plain_rirs_per_s": plain,
                "batch": batch,
                "rirs_per_s": float(median["model", batch]),
                "ratio": float(median["model", batch]) / plain,
                "low": float(low["model", batch] / high["plain"].iloc[0]),
                "high": float(high["model", batch] / low["plain"].iloc[0]),
                "n": int(own.loc[own["implementation"] == "plain", "repeat"].nunique()),
            }
        )
    return found


def summarise(
    found: Mapping[str, Mapping[str, Any]], heading: str, speeds: list[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return the figures of each model by rooms of the standard set, and those by others under `others`."""
    summary = {}
    for model, own in found.items():
        summary[model] = dict(own["standard"]) | {
            "others": {judges: figures for judges, figures in own.items() if judges != "standard"}
        }
        if model == heading and speeds:
            summary[model] |= {"rirs_per_s": speeds[0]["rirs_per_s"], "ratio": speeds[0]["ratio"]}
    return summary
