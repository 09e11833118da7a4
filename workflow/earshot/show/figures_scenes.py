"""Figures of what is heard in scenes, in the style of `earshot.show.figures`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from earshot.scenes.measured import CHANCE
from earshot.show.colours import COLOURS, INK
from earshot.show.figures import only_words, styled
from earshot.show.summary_scenes import (
    ANECHOIC,
    ANOTHER,
    COUNTS,
    LEFT_TO_RIGHT,
    MIXTURE,
    ROOMS,
    SEPARATED,
    STUDY,
)

LOCALISERS = {
    ROOMS: ("learnt in rooms", COLOURS["accelerated"], "o"),
    ANECHOIC: ("learnt without rooms", COLOURS["control"], "s"),
    ANOTHER: ("learnt in rooms, with another's ears", COLOURS["published"], "^"),
    STUDY: ("study A's, of the person", COLOURS["other"], "D"),
}
CLASSIFIERS = {by: LOCALISERS[by][:2] for by in (ROOMS, ANECHOIC)}
CLASSIFIERS[STUDY] = ("the chord study's, of dry chords", COLOURS["other"])
GUESSING = {CHANCE: ("guessed among the directions of sources", INK, "x")}  # in measured rooms
AXES = {
    "t60_s": "T60 of the room (second)",
    "distance_m": "distance of the source (m)",
    "signal_to_noise_db": "signal-to-noise ratio (dB)",
    "apart_deg": "angle between the sources (degree)",
    "side_deg": "azimuth of the source (degree), left above 0",
}
_APART = 0.012  # of the axis, between intervals that would hide each other
_COUNTED = {"one_source": "one source", "two_sources": "two sources"}

Summary = Mapping[str, Any]


@styled()
def scene_errors(localisation: Summary) -> Figure:
    """Show the median error of each localiser with quartiles over T60, distance and noise, by the number of sources.

    `localisation` is that of `summary_scenes.summarise`, as the arguments of the other figures are parts of it.
    """
    counts = [count for count in COUNTS if count != "all" and any(count in own for own in localisation.values())]
    if not counts:
        return only_words("Nobody said where a source is (n = 0).")
    splits = ("t60_s", "distance_m", "signal_to_noise_db")
    figure = Figure(figsize=(7.4, 2.4 * len(counts) + 0.9), layout="constrained")
    for row, count in zip(
        figure.subplots(len(counts), 3, sharex="col", sharey="row", squeeze=False), counts, strict=True
    ):
        for axes, split in zip(row, splits, strict=True):
            for by, (words, colour, marker) in LOCALISERS.items():
                if by in localisation and count in localisation[by]:
                    bins = localisation[by][count]["splits"][split]
                    _with_quartiles(axes, bins, words, colour, marker)
            axes.set(xlabel=AXES[split] if count == counts[-1] else "")
            axes.grid(True)
        own = max((found[count] for found in localisation.values() if count in found), key=lambda one: one["n"])
        row[0].set_ylabel("great-circle error (degree)")
        row[0].set_ylim(bottom=0)  # when all are drawn that share the axis
        row[1].set_title(f"{_COUNTED[count]}: n = {own['n']:,} answers of each, {own['scenes']:,} scenes")
    legend_below(figure)
    return figure


@styled()
def measured_rooms(rooms: Sequence[Summary]) -> Figure:
    """Show the median error in each measured room with quartiles over azimuth, of one source and of two.

    `rooms` are `summary_scenes.measured_room` of each.
    """
    figure = Figure(figsize=(7.4, 2.6 * len(rooms) + 0.9), layout="constrained")
    panels = figure.subplots(len(rooms), 2, sharex=True, sharey="row", squeeze=False)
    for row, room in zip(panels, rooms, strict=True):
        for axes, count in zip(row, ("one_source", "two_sources"), strict=True):
            there = {by: own[count] for by, own in room["localisation"].items() if count in own}
            for by, (words, colour, marker) in (LOCALISERS | GUESSING).items():
                if by in there:
                    _with_quartiles(axes, there[by]["splits"]["side_deg"], words, colour, marker)
            answers = max((own["n"] for own in there.values()), default=0)
            axes.set(title=f"{room['name']}, {_COUNTED[count]}: n = {answers:,} answers of each")
            axes.grid(True)
        row[0].set_ylabel("great-circle error (degree)")
        row[0].set_ylim(bottom=0)
    for axes in panels[-1]:
        axes.set(xlabel=AXES["side_deg"])
    legend_below(figure)
    return figure


@styled()
def own_ears(localisation: Summary) -> Figure:
    """Show the error of the localiser of rooms for each person: with their ears, and with another's in its place."""
    if ANOTHER not in localisation or ROOMS not in localisation:
        return only_words("One person hears all scenes, so there are no other ears (n = 0).")
    people = [one["is"] for one in localisation[ROOMS]["all"]["splits"]["person"]]
    figure = Figure(figsize=(6.2, 0.5 * len(people) + 1.8), layout="constrained")
    axes = figure.add_subplot()
    for by, words, shift in ((ROOMS, "with their own", -0.12), (ANOTHER, "with another's", 0.12)):
        _, colour, marker = LOCALISERS[by]
        whole = localisation[by]["all"]
        rows = {one["is"]: one for one in whole["splits"]["person"]}
        for place, own in enumerate([whole, *(rows.get(person) for person in people)]):
            if own is None or own["median"] is None:
                continue
            low, high = own["quartiles"]
            axes.plot([low, high], [place + shift] * 2, color=colour, linewidth=1.2)
            axes.plot(own["median"], place + shift, marker, color=colour, markersize=6, label=None if place else words)
            axes.annotate(
                f"n = {own['n']:,}", (high, place + shift), (5, 0), textcoords="offset points", va="center", fontsize=7
            )
    axes.set_yticks(range(len(people) + 1), ["all", *people])
    axes.margins(x=0.12)
    axes.set(xlabel="great-circle error (degree): median and quartiles", ylim=(len(people) + 0.5, -0.5))
    axes.set_xlim(left=0)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    legend_below(figure)
    return figure


@styled()
def scene_classes(classes: Summary, what: str = "clips") -> Figure:
    """Show the accuracy of each classifier over T60 and noise, with the 95 % interval, by the number of sources.

    `classes` may be roots or types of chords too, and `what` says of what they are.
    """
    drawn: dict[str, list[tuple[str, str, str, str, str]]] = {}
    for by, (words, colour) in CLASSIFIERS.items():
        drawn.setdefault("one source", []).append((by, words, colour, "o", "-"))
        drawn.setdefault("two sources", []).append((by + MIXTURE, f"{words}: mixture", colour, "s", ":"))
        drawn["two sources"].append((by + SEPARATED, f"{words}: separated", colour, "^", "--"))
    drawn = {count: there for count, own in drawn.items() if (there := [one for one in own if one[0] in classes])}
    if not drawn:
        return only_words("No scene had a sound that classifiers have a name for (n = 0).")
    splits = ("t60_s", "signal_to_noise_db")
    figure = Figure(figsize=(7.4, 2.5 * len(drawn) + 1.0), layout="constrained")
    for row, (count, own) in zip(
        figure.subplots(len(drawn), 2, sharex="col", sharey=True, squeeze=False), drawn.items(), strict=True
    ):
        for axes, split in zip(row, splits, strict=True):
            width = _APART * np.ptp([one["at"] for by, *_ in own for one in classes[by]["all"]["splits"][split]] or [0])
            for place, (by, words, colour, marker, line) in enumerate(own):
                bins, beside = classes[by]["all"]["splits"][split], (place - (len(own) - 1) / 2) * width
                _with_interval(axes, bins, words, colour, marker, line, float(beside))
            axes.set(xlabel=AXES[split] if count == list(drawn)[-1] else "", ylim=(-3, 103))
            axes.grid(True)
        first = classes[own[0][0]]["all"]
        row[0].set_ylabel("right answers (%)")
        row[0].set_title(f"{count}: n = {first['n']:,} {what} in {first['scenes']:,} scenes")
    legend_below(figure)
    return figure


@styled()
def separation_gains(separation: Summary) -> Figure:
    """Show how much separation gains over the angle between the sources and over T60, medians with quartiles."""
    ways = (
        (ROOMS, "in the order in which they fit better", COLOURS["accelerated"], "o"),
        (LEFT_TO_RIGHT, "the first is the left one", COLOURS["other"], "D"),
    )
    there = [way for way in ways if way[0] in separation]
    if not there:
        return only_words("No scene had two sources, so there was nothing to separate (n = 0).")
    figure = Figure(figsize=(7.4, 3.2), layout="constrained")
    for axes, split in zip(figure.subplots(1, 2, sharey=True), ("apart_deg", "t60_s"), strict=True):
        for by, words, colour, marker in there:
            _with_quartiles(axes, separation[by]["all"]["splits"][split], words, colour, marker)
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.set(xlabel=AXES[split])
        axes.grid(True)
    own = separation[there[0][0]]["all"]
    figure.axes[0].set_ylabel("SI-SDR above the mixture's (dB)")
    figure.suptitle(f"n = {own['n']:,} sources in {own['scenes']:,} scenes with two", fontsize=9)
    legend_below(figure)
    return figure


def _with_quartiles(axes: Axes, bins: Sequence[Summary], words: str, colour: str, marker: str) -> None:
    there = [one for one in bins if one["median"] is not None]
    if not there:
        return
    at = [one["at"] for one in there]
    axes.plot(at, [one["median"] for one in there], color=colour, marker=marker, markersize=4, label=words)
    low, high = np.array([one["quartiles"] for one in there], float).T
    axes.fill_between(at, low, high, color=colour, alpha=0.12, linewidth=0)
    if len(there) == 1:  # of which a band has no width
        axes.plot(at * 2, [low[0], high[0]], color=colour, linewidth=1, alpha=0.6)


def _with_interval(
    axes: Axes, bins: Sequence[Summary], words: str, colour: str, marker: str, line: str, beside: float
) -> None:
    there = pd.DataFrame([one for one in bins if one["mean"] is not None])
    if there.empty:
        return
    low, middle, high = (100 * there[name].astype(float) for name in ("low", "mean", "high"))
    axes.errorbar(
        there["at"] + beside,
        middle,
        yerr=np.nan_to_num([(middle - low).clip(lower=0), (high - middle).clip(lower=0)]),
        color=colour,
        marker=marker,
        markersize=4,
        linestyle=line,
        capsize=2,
        label=words,
    )


def legend_below(figure: Figure, columns: int = 2) -> None:
    """Say below all axes what each line is, once."""
    handles: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, words in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(words, handle)
    figure.legend(list(handles.values()), list(handles), loc="outside lower center", ncols=columns)
