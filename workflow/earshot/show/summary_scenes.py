"""The headline figures of scenes: how well it is heard where sources are and what, and what helps."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from earshot.directions import great_circle_deg, unit_vectors
from earshot.score.intervals import Statistic, interval, quantiles
from earshot.seeds import generator
from earshot.show.summary import finite

# Names in the table of answers: what was learnt from, and whose ears were heard with.
ROOMS, ANECHOIC, STUDY, ANOTHER = "rooms", "anechoic", "study", "rooms, another's ears"
LEFT_TO_RIGHT = ROOMS + ", from left to right"
MIXTURE, SEPARATED = " of the mixture", " of what was separated"

# Edges of bins, each with its lower edge; what is outside of all has bins of its own.
SPLITS = {
    "t60_s": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "distance_m": (1.0, 2.0, 3.0, 4.0, 6.0),
    "signal_to_noise_db": (10.0, 20.0, 30.0, 40.0),
    "apart_deg": (30.0, 60.0, 90.0, 120.0, 150.0, 180.0),
}
# Of measured rooms: in between the places of a grid of 5 degrees, so that left and right are alike.
SIDES = {"side_deg": (-77.5, -47.5, -17.5, 17.5, 47.5, 77.5)}
AT_T60_S = (0.35, 0.45)
COUNTS = {"all": (1, 2), "one_source": (1,), "two_sources": (2,)}

_MEASURES: dict[str, tuple[str, Statistic, str]] = {
    "direction": ("error_deg", "median", "degree"),
    "class": ("right", "mean", "share"),
    "root": ("right", "mean", "share"),
    "type": ("right", "mean", "share"),
    "separation": ("si_sdr_gain_db", "median", "dB"),
}

Figure = dict[str, Any]


def answered(scenes: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Return the answers with what is known of each one's scene and source; scenes that could not be made have none."""
    true = [unit_vectors(*scenes[[f"azimuth_deg_{one}", f"elevation_deg_{one}"]].to_numpy().T) for one in (1, 2)]
    of_scene = scenes[["scene", "person", "room", "t60_s", "signal_to_noise_db", "sources"]]
    of_scene = of_scene.assign(apart_deg=great_circle_deg(*true))
    named = ("kind", "label", "azimuth_deg", "elevation_deg", "distance_m")
    of_source = pd.concat(
        scenes[["scene", *(f"{name}_{one}" for name in named)]]
        .set_axis(["scene", *(f"true_{name}" if name.endswith("_deg") else name for name in named)], axis=1)
        .assign(source=pd.array([one] * len(scenes), "Int64"))
        for one in (1, 2)
    )
    given = answers[answers["task"] != "none"]
    given = given.assign(right=given["right"].astype("Float64").to_numpy(np.float64, na_value=np.nan))
    given = given.merge(of_scene, on="scene", validate="m:1")
    given = given.merge(of_source, on=["scene", "source"], validate="m:1")
    return given.assign(side_deg=_to_the_left(given["true_azimuth_deg"]))


def summarise(
    scenes: pd.DataFrame,
    answers: pd.DataFrame,
    seed: int,
    table: str,
    splits: Mapping[str, Sequence[float]] = SPLITS,
) -> dict[str, Any]:
    """Return how many scenes there are, the figures that head the report, and all others by task and by who answered.

    `table` is the file of answers. Intervals are over scenes, whose sources are heard together.
    """
    rows = answered(scenes, answers)
    failed = answers[answers["task"] == "none"]
    tasks = {task: _by_all(rows[rows["task"] == task], task, seed, table, splits) for task in _MEASURES}
    nothing = {task: _figure(rows[:0], task, seed, table) for task in _MEASURES}
    return {
        "n": len(scenes),
        "one_source": int((scenes["sources"] == 1).sum()),
        "two_sources": int((scenes["sources"] == 2).sum()),
        "damaged": int(failed["scene"].nunique()),
        "unmade": [
            {"reason": str(reason), "scenes": own["scene"].tolist()}
            for reason, own in failed.groupby("said", sort=False)
        ],
        "people": sorted(scenes["person"].unique().tolist()),
        "localisation_p50_deg": _of(tasks["direction"], ROOMS, nothing["direction"]),
        "class_accuracy": _of(tasks["class"], ROOMS, nothing["class"]),
        "si_sdr_gain_db": _of(tasks["separation"], ROOMS, nothing["separation"]),
        "localisation": tasks["direction"],
        "classes": tasks["class"],
        "roots": tasks["root"],
        "types": tasks["type"],
        "separation": tasks["separation"],
        "helps": _helps(rows, seed, table),
    }


def measured_room(scenes: pd.DataFrame, answers: pd.DataFrame, seed: int, table: str) -> dict[str, Any]:
    """Return the same of scenes in a measured room by azimuth, with the room's name, T60 and directions of sources."""
    both = (scenes[[f"azimuth_deg_{one}", f"elevation_deg_{one}"]].dropna().to_numpy() for one in (1, 2))
    directions = np.unique(np.concatenate(list(both)), axis=0)
    sides = _to_the_left(directions[:, 0])
    return summarise(scenes, answers, seed, table, SIDES) | {
        "name": str(scenes["room"].iloc[0]),
        "t60_s": finite(scenes["t60_s"].iloc[0]),
        "directions": len(directions),
        "from_deg": float(sides.min()),
        "to_deg": float(sides.max()),
    }


def _to_the_left(azimuth_deg: Any) -> Any:
    """Return azimuths from -180 to 180 degrees: those to the left are above 0."""
    return (azimuth_deg + 180) % 360 - 180


def _of(found: Mapping[str, Any], by: str, nothing: Figure) -> Figure:
    own: Figure = found[by]["all"] if by in found else nothing
    return {key: value for key, value in own.items() if key not in ("splits", "at_rt60_0_4_s")}


def _by_all(
    rows: pd.DataFrame, task: str, seed: int, table: str, splits: Mapping[str, Sequence[float]]
) -> dict[str, Any]:
    """Return the figures of a task by who answered, of all scenes and by number of sources, whole and in parts."""
    found: dict[str, Any] = {}
    needed = ["scene", "by", "sources", "person", _MEASURES[task][0], *{"t60_s", *splits}]
    for by, own in rows[needed].groupby("by", sort=False):
        for count, numbers in COUNTS.items():
            some = own[own["sources"].isin(numbers)]
            if len(some):
                found.setdefault(str(by), {})[count] = _figure(some, task, seed, table) | _parts(
                    some, task, seed, table, splits
                )
    return found


def _parts(
    rows: pd.DataFrame, task: str, seed: int, table: str, splits: Mapping[str, Sequence[float]]
) -> dict[str, Any]:
    found: dict[str, list[Figure]] = {
        split: [
            {"from": finite(low), "to": finite(high), "at": finite(own[split].median())}
            | _figure(own, task, seed, table)
            for low, high, own in in_bins(rows, split, edges)
        ]
        for split, edges in splits.items()
    }
    found["person"] = [{"is": str(person)} | _figure(own, task, seed, table) for person, own in rows.groupby("person")]
    near = rows[rows["t60_s"].between(*AT_T60_S, inclusive="left")]
    return {"at_rt60_0_4_s": _figure(near, task, seed, table), "splits": found}


def in_bins(rows: pd.DataFrame, split: str, edges: Sequence[float]) -> Iterator[tuple[float, float, pd.DataFrame]]:
    """Go through the bins of a split that hold anything: lower edge, upper edge, and rows."""
    known = rows[rows[split].notna()]
    bins = list(pairwise((-np.inf, *edges, np.inf)))
    for place, own in known.groupby(np.searchsorted(edges, known[split], side="right")):
        low, high = bins[int(place)]  # type: ignore[call-overload]
        yield low, high, own


def _figure(rows: pd.DataFrame, task: str, seed: int, table: str) -> Figure:
    column, statistic, unit = _MEASURES[task]
    return _interval(rows[column], rows["scene"], statistic, unit, seed, table)


def _interval(values: pd.Series, scenes: pd.Series, statistic: Statistic, unit: str, seed: int, table: str) -> Figure:
    """Return a median or mean with its interval; of a median the quartiles of values too.

    Values that are infinite, as is the gain of a source of which nothing is left, count in it, and their number is said
    as that of values which are no number and count in nothing. JSON has neither, so what is infinite itself is null.
    """
    random = generator(seed, "interval of scenes", statistic, unit, len(values))
    numbers = values.to_numpy(np.float64)
    found = interval(numbers, scenes.to_numpy(object), random, statistic)
    figure: Figure = {
        statistic: finite(found.value),
        "low": finite(found.low),
        "high": finite(found.high),
        "n": found.n,
        "scenes": found.groups,
        "infinite": int(np.isinf(numbers).sum()),
        "no_number": len(values) - found.n,
        "unit": unit,
        "table": table,
    }
    if statistic == "median" and found.n:
        figure["quartiles"] = [finite(one) for one in quantiles(numbers[~np.isnan(numbers)], [0.25, 0.75])]
    return figure


def _helps(rows: pd.DataFrame, seed: int, table: str) -> dict[str, Figure]:
    """Return what each thing buys, by the same sources of the same scenes without it and with it.

    Errors become smaller, accuracy and gain larger; so a positive number is always for the better.
    """
    compared: Sequence[tuple[str, str, str, str]] = (
        ("rooms_over_anechoic_deg", "direction", ROOMS, ANECHOIC),
        ("rooms_over_study_deg", "direction", ROOMS, STUDY),
        ("own_ears_deg", "direction", ROOMS, ANOTHER),
        ("classes_rooms_over_anechoic", "class", ROOMS, ANECHOIC),
        ("classes_separated_over_mixture", "class", ROOMS + SEPARATED, ROOMS + MIXTURE),
        ("roots_rooms_over_anechoic", "root", ROOMS, ANECHOIC),
        ("roots_rooms_over_study", "root", ROOMS, STUDY),
        ("roots_separated_over_mixture", "root", ROOMS + SEPARATED, ROOMS + MIXTURE),
    )
    found = {}
    for name, task, better, worse in compared:
        column, statistic, unit = _MEASURES[task]
        own = rows[(rows["task"] == task) & rows["by"].isin([better, worse])]
        pairs = own.pivot(index=["scene", "source"], columns="by", values=column).reindex(columns=[better, worse])
        gain = pairs[worse] - pairs[better] if task == "direction" else pairs[better] - pairs[worse]
        gain = gain.dropna()
        scenes = gain.index.get_level_values("scene").to_series()
        found[name] = _interval(gain, scenes, statistic, unit, seed, table)
    return found


def excluded(*people: pd.DataFrame) -> list[dict[str, str]]:
    """Return who was left out of tables of people, and why, each once."""
    found = pd.concat(people).dropna(subset="excluded").drop_duplicates("subject")
    return [
        {"subject": str(one), "reason": str(why)} for one, why in zip(found["subject"], found["excluded"], strict=True)
    ]


def classes_known(sounds: pd.DataFrame) -> int:
    """Return how many classes of clips there are to learn. `sounds` is the index of the sounds of scenes."""
    return int(sounds.loc[(sounds["kind"] == "clip") & (sounds["pool"] == "training"), "label"].nunique())
