"""The pages of the studies of clips: what a sound is, and which chord it is."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

from earshot.show import class_words
from earshot.show.page import FigureOnPage, render_page

_OF_CHORDS = ("root", "type")


def render_classes(
    summary: Mapping[str, Any], figures: Sequence[FigureOnPage], study: Literal["sounds", "chords"]
) -> str:
    """Return the report of a study of clips as one HTML page; arguments and what is raised are `render_page`'s."""
    return render_page(
        summary,
        figures,
        f"{study}.html.j2",
        study=summary[study],
        how=summary["settings"][study],
        what=class_words.what_classifier,
        called=class_words.called,
        held_out_called=class_words.held_out_called,
        split_called=class_words.split_called,
        split_meaning=partial(split_meaning, pianos=summary[study].get("other_pianos", {})),
        pictured=class_words.pictured,
        rows_by_split=rows_by_split,
    )


def split_meaning(kind: str, pianos: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what tests in a kind of split; of another piano, which networks were tried on it."""
    if kind.startswith("other_"):
        of, value = class_words.split_of(pianos[kind.removeprefix("other_")]["networks_of"])
        held_out = f", {class_words.held_out_called(of, value)}" if value else ""
        return f"by the networks of {class_words.split_called(of)}{held_out}"
    return class_words.SPLITS[kind][1]


def rows_by_split(chords: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return by kind of split the rows of the table of accuracies: what was published, classifiers, and ensembles.

    Each says whose it is in `words`, and has mean and SD of the accuracy of `root` and `type`.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    if "random" in chords["root"]:
        rows["random"] = [
            {
                "words": "Kauppila et al., as published",
                **{task: _alone(chords["published"][task]) for task in _OF_CHORDS},
            }
        ]
    for name, own in chords["models"].items():
        words = name.replace("_", " ")
        for kind in own["root"]:
            here = rows.setdefault(kind, [])
            here.append({"words": words, **{task: _over_seeds(own[task][kind]) for task in _OF_CHORDS}})
            together = {task: own["ensemble"][task][kind] for task in _OF_CHORDS}
            if (networks := together["root"]["networks"]) > 1:
                accuracies = {task: _alone(found["accuracy"]) for task, found in together.items()}
                here.append({"words": f"† {networks} seeds together", **accuracies})
    return rows


def _over_seeds(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"mean": found["accuracy"], "sd": found["sd"], "unit": "share"}


def _alone(accuracy: float) -> dict[str, Any]:
    return {"mean": accuracy, "sd": None, "unit": "share"}
