"""What a run's report says of its models: what they learnt from, how well they did, and where they come from."""

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from earshot.models.cards import DataSet, Measure
from earshot.models.networks import Networks

log = logging.getLogger(__name__)

Summary = Mapping[str, Any]
Figure = Mapping[str, Any]

# Of each study the chapters that may tell of its models, by their folders: the first that does is believed.
_CHAPTERS: Mapping[str, tuple[str, ...]] = {
    "sounds": ("sounds",),
    "chords": ("chords",),
    "localisation": ("localisation", "study", "others"),
    "scenes": ("scenes",),
    "reverb": ("reverb",),
}
_NOTHING_HIDDEN = "by_performance"  # the split of chords that leaks nothing


def chapter_of(networks: Networks, folder: Path) -> Summary | None:
    """Return the summary of the chapter that tells of a run's networks; None where none was written.

    One that cannot be read is passed over with a warning.
    """
    for chapter in _CHAPTERS[networks.study]:
        path = folder / chapter / "summary.json"
        if not path.is_file():
            continue
        try:
            summary: Summary = json.loads(path.read_text(encoding="utf-8"))
            if networks.study != "localisation" or networks.model in summary["localisation"]:
                return summary
        except (OSError, ValueError, KeyError, TypeError) as fault:
            log.warning("passed over: %s: is no summary of this version (%s). Make it again.", path, fault)
    return None


def data_of(summary: Summary | None) -> tuple[DataSet, ...] | None:
    """Return the data sets of a chapter; None where there is no chapter."""
    return None if summary is None else tuple(DataSet(**one) for one in summary["data"])


def provenance_of(summary: Summary | None) -> dict[str, Any]:
    """Return what a chapter's run can be known by; nothing where there is no chapter."""
    return {} if summary is None else {key: summary[key] for key in ("config_hash", "git_commit", "versions")}


def measures_of(networks: Networks, summary: Summary | None) -> tuple[Measure, ...]:
    """Return what a chapter measured of networks, what heads it first; nothing where it did not."""
    found = _MEASURED[networks.study](networks, summary) if summary else []
    return tuple(one for one in found if one is not None)


def _sounds(networks: Networks, summary: Summary) -> list[Measure | None]:
    own = summary["sounds"]["models"].get(networks.model)
    return [_measure("accuracy", own["accuracy"], "mean", "clips", own["accuracy"]["clips"])] if own else []


def _chords(networks: Networks, summary: Summary) -> list[Measure | None]:
    own = summary["chords"]["models"].get(networks.model)
    if not own:
        return []
    found = []
    for task in ("root", "type"):
        split = _NOTHING_HIDDEN if _NOTHING_HIDDEN in own[task] else next(iter(own[task]))
        words = f"accuracy of the {task}, split {split.replace('_', ' ')}"
        found.append(_measure(words, own[task][split], "accuracy", "chords", own[task][split]["clips"]))
    return found


def _localisation(networks: Networks, summary: Summary) -> list[Measure | None]:
    own = summary["localisation"][networks.model]
    wanted = {"p95_deg": "95th percentile of the error", "median_deg": "median error"}
    return [_measure(words, own[name], "mean", "people") for name, words in wanted.items()]


def _scenes(networks: Networks, summary: Summary) -> list[Measure | None]:
    found = summary["scenes"]
    learner, _, heard_in = networks.model.rpartition("_")
    if networks.model == "without_rooms":  # which have one source to tell of
        return [_of_scenes("median error, one source", found["localisation"], "study", "one_source", "sources")]
    if learner == "localiser":
        return [
            _of_scenes(f"median error, {words}", found["localisation"], heard_in, count, "sources")
            for count, words in (("one_source", "one source"), ("two_sources", "two sources"))
        ]
    if learner == "separator":
        return [_of_scenes("median gain of SI-SDR", found["separation"], heard_in, "all", "sources")]
    tasks = {"root": found["roots"], "type": found["types"]} if learner == "chords" else {"class": found["classes"]}
    of = "chords" if learner == "chords" else "clips"
    return [_of_scenes(f"accuracy of the {task}", own, heard_in, "all", of) for task, own in tasks.items()]


def _of_scenes(what: str, by: Mapping[str, Mapping[str, Figure]], who: str, count: str, of: str) -> Measure | None:
    """Return the figure of who answered, of scenes with so many sources; None where there were none of these."""
    own = by.get(who, {}).get(count)
    return _measure(what, own, "median" if "median" in own else "mean", of) if own else None


def _reverb(networks: Networks, summary: Summary) -> list[Measure | None]:
    own = summary["reverb"].get(networks.model)
    # Whose summary names no table: they lie beside the networks.
    tables = ", ".join(Path(*file.parts[-4:-1], "errors.parquet").as_posix() for file in networks.files)
    wanted = {
        "within_jnd": "positions where nobody would notice",
        "t60_error_pct": "median error of T60",
        "c50_error_db": "median error of C50",
    }
    return [
        _measure(words, {**own[name], "table": tables}, "mean", "responses", own["responses"])
        for name, words in wanted.items()
        if own
    ]


_MEASURED: Mapping[str, Callable[[Networks, Summary], list[Measure | None]]] = {
    "sounds": _sounds,
    "chords": _chords,
    "localisation": _localisation,
    "scenes": _scenes,
    "reverb": _reverb,
}


def _measure(what: str, figure: Figure, name: str, of: str, n: int | None = None) -> Measure | None:
    """Return a figure of a summary, whose value it has under a name; None where it is no number."""
    value = figure[name]
    if value is None:
        return None
    low, high = figure.get("low"), figure.get("high")
    spread = figure.get("sd") if low is None or high is None else (low, high)
    return Measure(what, value, figure["unit"], figure["n"] if n is None else n, of, spread, figure.get("table"))
