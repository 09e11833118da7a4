"""The headline figures of the studies of clips: how well sounds and chords are told apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from earshot.score.classes import accuracy_of_seeds, confusion, most_confused
from earshot.show.class_words import in_order, pictured, split_of
from earshot.show.summary import finite

_EPOCHS_OF_B = 20  # that study B's times are of
_PAIRS = 8  # of classes that are confused most often
_LACKING = 0.01  # of the length that is wanted: what lacks less is not worth a word
_NAMED = 5  # of the clips that lack more, the shortest


@dataclass(frozen=True)
class Told:
    """How well a study's classifiers told its clips apart, in tables.

    `tables` has of each classifier `scores`, `ensembles` and `history`, and under `table` the file of its scores.
    `answers` are the predictions of the one called `headline`, `clips` the index of all clips, those left out included,
    and `pianos` such indices of other pianos by their names, on which networks of the split `for_pianos` were tried.
    """

    tables: Mapping[str, Mapping[str, Any]]
    answers: pd.DataFrame
    clips: pd.DataFrame
    headline: str
    pianos: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    for_pianos: str | None = None

    @property
    def kept(self) -> pd.DataFrame:
        """The index of the clips that were not left out."""
        return self.clips[self.clips["excluded"].isna()]


def sounds(told: Told, config: Mapping[str, Any], published: pd.DataFrame) -> dict[str, Any]:
    """Return the figures of study B: accuracy over the folds of each classifier, and of which classes it is sure.

    `config` is the study's section of the configuration, `published` the table of published figures.
    """
    models = {}
    for name, own in told.tables.items():
        folds = _by_split(own["scores"], own["table"])["category"]["folds"]
        names = {"accuracy": "mean", "held_out": "folds"}  # as they are called where there is one kind of split
        models[name] = {
            "accuracy": {names.get(key, key): value for key, value in folds.items() if key != "calibration_error"},
            "calibration_error": folds["calibration_error"],
            "ensemble": _together(own["ensembles"])["category"]["folds"],
        } | costs(own["history"])
    collection = config["collection"]
    right = told.answers["true"] == told.answers["said"]
    return about_clips(told.clips, config["duration_s"]) | {
        "collection": collection,
        "classes": int(told.kept["category"].nunique()),
        "headline": told.headline,
        collection: {"accuracy": models[told.headline]["accuracy"]},
        "models": models,
        "confused": confused(told.answers),
        "mean_over_classes": finite(right.groupby(told.answers["true"]).mean().mean()),
        "largest_class": _largest_class(told.kept),
        "published": None if collection == "folder" else _published_sounds(_published(published, "B"), collection),
    }


def chords(told: Told, config: Mapping[str, Any], published: pd.DataFrame) -> dict[str, Any]:
    """Return the figures of study E: accuracy of roots and types by split, and what leaks and a softmax are worth.

    Arguments are those of `sounds`.
    """
    models = {
        name: _by_split(own["scores"], own["table"]) | {"ensemble": _together(own["ensembles"])} | costs(own["history"])
        for name, own in told.tables.items()
    }
    official = _published(published, "E")
    accuracies = {
        name: {task: {kind: figures["accuracy"] for kind, figures in own[task].items()} for task in ("root", "type")}
        for name, own in models.items()
    }
    return about_clips(told.clips, config["duration_s"]) | {
        "collection": config["collection"],
        "other_pianos": {
            name: about_clips(index, config["duration_s"]) | {"networks_of": told.for_pianos}
            for name, index in told.pianos.items()
        },
        "classes": {"root": int(told.kept["root"].nunique()), "type": int(told.kept["triad"].nunique())},
        "headline": told.headline,
        **{task: models[told.headline][task] for task in ("root", "type")},
        "models": models,
        "confused": confused(told.answers),
        "leak": _leak(accuracies),
        "softmax": [
            {"with": one, "without": other, **_differences(accuracies[other], accuracies[one])}
            for one, other in softmax_pairs({name: config["models"][name] for name in models})
        ],
        "published": {task: official[f"{task}_accuracy"] for task in ("root", "type")},
    }


def published_lines(summary: Mapping[str, Any], study: str) -> dict[str, tuple[str, float, str]]:
    """Return by task the kind of split that the published accuracy of a study is of, that accuracy and its name."""
    official = summary[study]["published"]
    if not official:  # of clips that are somebody's own
        return {}
    if study == "sounds":
        return {"category": ("folds", official["accuracy"], "Pavlova (2021), 50 classes")}
    return {task: ("random", official[task], "Kauppila et al.") for task in ("root", "type")}


def about_clips(clips: pd.DataFrame, duration_s: float) -> dict[str, Any]:
    """Return which clips there are, why some were left out, and which are padded since they are shorter than wanted.

    A file that was cut off is such a clip, so the shortest are named. Lengths are in seconds.
    """
    out = clips.loc[clips["excluded"].notna(), ["item", "excluded"]]
    least_s = (1 - _LACKING) * duration_s
    padded = clips.loc[clips["excluded"].isna() & (clips["recorded_s"] < least_s), ["item", "recorded_s"]]
    return {
        "clips": len(clips) - len(out),
        "excluded": out.rename(columns={"excluded": "reason"}).to_dict("records"),
        "padded": {
            "clips": len(padded),
            "shorter_than_s": least_s,
            "shortest": padded.sort_values(["recorded_s", "item"]).head(_NAMED).to_dict("records"),
        },
    }


def costs(history: pd.DataFrame) -> dict[str, Any]:
    """Return how long a classifier is trained: epochs, as a mean over trainings, and the median seconds of one.

    Where it has several networks, an epoch is one of each. `on` is what they were trained on.
    """
    return {
        "epochs": float(history.groupby(["split", "seed", "task"])["epoch"].max().mean()),
        "seconds_per_epoch": finite(history.groupby("task")["seconds"].median().sum()),
        "on": "; ".join(history["on"].unique()),
    }


def confused(answers: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return for each task the pairs of classes that a classifier confuses most often, all seeds counted together.

    The answers are those of the split that is pictured.
    """
    shown = of_pictured(answers)
    found: dict[str, list[dict[str, Any]]] = {}
    for task, own in shown.groupby("task", sort=False):
        table = confusion(own["true"], own["said"], in_order([*own["true"], *own["said"]], str(task)))
        pairs = most_confused(table, _PAIRS)
        found[str(task)] = [{str(key): value for key, value in row.items()} for row in pairs.to_dict("records")]
    return found


def of_pictured(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the kind of split whose answers are shown."""
    kinds = rows["split"].map(lambda split: split_of(split)[0])
    return rows[kinds == pictured(list(dict.fromkeys(kinds)))]


def softmax_pairs(models: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return the pairs of models that differ in a softmax before the loss alone: first the one that has it."""

    def rest(model: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in model.items() if key != "softmax_before_loss"}

    return [
        (one, other)
        for one, model in models.items()
        for other, without in models.items()
        if model["softmax_before_loss"] and not without["softmax_before_loss"] and rest(model) == rest(without)
    ]


def _by_split(scores: pd.DataFrame, table: str) -> dict[str, dict[str, Any]]:
    """Return by task and kind of split the accuracy of one classifier: over seeds, of all clips that are held out.

    Of what is held out are said the means over seeds, and in `trainings` the accuracy of each seed.
    """
    found: dict[str, dict[str, Any]] = {}
    for (task, kind), own in _with_kinds(scores).groupby(["task", "kind"], sort=False):
        seeds = accuracy_of_seeds(own)
        held_out = {
            str(value): rows.sort_values("seed")["accuracy"] for value, rows in own.groupby("held_out") if value
        }
        found.setdefault(str(task), {})[str(kind)] = {
            "accuracy": float(seeds.mean()),
            "sd": finite(seeds.std(ddof=1)),
            "held_out": {value: float(accuracies.mean()) for value, accuracies in held_out.items()},
            "trainings": {value: accuracies.tolist() for value, accuracies in held_out.items()},
            "seeds": seeds.tolist(),
            "n": len(seeds),
            "clips": int(own.groupby("seed")["clips"].sum().max()),
            "calibration_error": float(np.average(own["calibration_error"], weights=own["clips"])),
            "unit": "share",
            "table": table,
        }
    return found


def _together(ensembles: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return by task and kind of split how well one classifier's networks answer together."""
    found: dict[str, dict[str, Any]] = {}
    for (task, kind), own in _with_kinds(ensembles).groupby(["task", "kind"], sort=False):
        found.setdefault(str(task), {})[str(kind)] = {
            "accuracy": float(np.average(own["accuracy"], weights=own["clips"])),
            "calibration_error": float(np.average(own["calibration_error"], weights=own["clips"])),
            "networks": int(own["networks"].max()),
        }
    return found


def _with_kinds(rows: pd.DataFrame) -> pd.DataFrame:
    kinds = [split_of(split) for split in rows["split"]]
    return rows.assign(kind=[kind for kind, _ in kinds], held_out=[value for _, value in kinds])


def _leak(accuracies: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    """Return by how much each classifier is better where variations of what tests were trained on."""
    return {
        name: {task: kinds["random"] - kinds["by_performance"] for task, kinds in own.items()}
        for name, own in accuracies.items()
        if all({"random", "by_performance"} <= set(kinds) for kinds in own.values())
    }


def _differences(
    some: Mapping[str, Mapping[str, float]], others: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    return {
        task: {kind: value - others[task][kind] for kind, value in own.items() if kind in others[task]}
        for task, own in some.items()
    }


def _largest_class(clips: pd.DataFrame) -> dict[str, Any]:
    """Return the class that most clips are of, and the accuracy of who always names it."""
    shares = clips["category"].value_counts(normalize=True)
    return {"category": str(shares.index[0]), "share": float(shares.iloc[0])}


def _published_sounds(official: Mapping[str, float], collection: str) -> dict[str, Any]:
    """Return what is published of study B, and how many of a set's clips people name rightly where that is known."""
    minutes = {device: official[f"train_time_{device}"] for device in ("cpu", "gpu")}
    return {
        "accuracy": official["esc50_validation_accuracy"],
        "people": official.get(f"{collection}_human_accuracy"),
        "epochs": _EPOCHS_OF_B,
        "seconds_per_epoch": {device: 60 * own / _EPOCHS_OF_B for device, own in minutes.items()},
    }


def _published(published: pd.DataFrame, study: str) -> dict[str, float]:
    of_study = published[published["study"] == study].set_index("figure")["value"]
    return {str(name): float(value) for name, value in of_study.items()}
