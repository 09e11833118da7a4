"""Figures of how fast clips are learnt from, in the style of `earshot.show.figures`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from earshot.show.colours import COLOURS, INK
from earshot.show.figures import styled

WAYS = {"shards": "from shards", "files": "made again", "control": "the study's way"}
_LOOKS = {
    ("cpu", "shards"): (COLOURS["accelerated"], "o", "-"),
    ("cpu", "files"): (COLOURS["other"], "^", "-"),
    ("cpu", "control"): (COLOURS["control"], "s", "-"),
    ("cuda", "shards"): (COLOURS["accelerated"], "o", "--"),
    ("cuda", "files"): (COLOURS["other"], "^", "--"),
    ("cuda", "control"): (COLOURS["control"], "s", "--"),
}
KINDS = {
    "image": "study B's image",
    "levels": "levels in mel bands",
    "mel": "study E's mel spectrogram",
    "constant_q": "constant-Q transform",
}


@styled()
def epoch_times(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Show the seconds of a training epoch over the size of batches and over the number of samples.

    `rows` are those of `summary_clip_speed.epochs`. Study E's own times are grey.
    """
    first = rows[0]
    panels = [
        (
            f"{task}, {first['samples']:,} samples",
            "batch_size",
            [row for row in rows if row["task"] == task and row["samples"] == first["samples"]],
        )
        for task in dict.fromkeys(row["task"] for row in rows)
    ]
    same_batch = [row for row in rows if row["task"] == first["task"] and row["batch_size"] == first["batch_size"]]
    if len({row["samples"] for row in same_batch}) > 1:
        panels.append((f"{first['task']}, batches of {first['batch_size']}", "samples", same_batch))
    figure = Figure(figsize=(2.6 * len(panels) + 0.6, 3.6), layout="constrained")
    axes_of = np.atleast_1d(figure.subplots(1, len(panels), sharey=True))
    for axes, (title, across, own) in zip(axes_of, panels, strict=True):
        _lines(axes, own, across)
        axes.set(title=title, xlabel={"batch_size": "clips in a batch", "samples": "samples"}[across], yscale="log")
        axes.grid(which="both")
    axes_of[0].set_ylabel("training epoch (second)")
    axes_of[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes_of[0].yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes_of[0].yaxis.set_minor_formatter(NullFormatter())
    figure.legend(*axes_of[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _lines(axes: Axes, rows: Sequence[Mapping[str, Any]], across: str) -> None:
    """Draw a line for each device and source, and for each device of the study."""
    places = sorted({row[across] for row in rows})
    for (device, way), (colour, marker, line) in _LOOKS.items():
        own = sorted((row for row in rows if (row["device"], row["way"]) == (device, way)), key=lambda row: row[across])
        if own:
            means = [row["train"]["mean"] for row in own]
            label = f"{ {'cpu': 'processor', 'cuda': 'GPU'}[device] }, {WAYS[way]}"
            axes.errorbar(
                [row[across] for row in own],
                means,
                yerr=[row["train"]["sd"] or 0 for row in own],
                color=colour,
                marker=marker,
                linestyle=line,
                markersize=4,
                capsize=2,
                label=label,
            )
    for device, line in (("cpu", "-"), ("gpu", "--")):
        known = {row[across]: row["published"][device]["train"] for row in rows if device in row["published"]}
        if known:
            x = sorted(known)
            label = f"Kauppila et al., {'GPU' if device == 'gpu' else 'processor'}"
            axes.plot(
                x, [known[place] for place in x], color=COLOURS["published"], linestyle=line, marker=".", label=label
            )
    axes.set_xscale("log", base=2)
    axes.set_xticks(places, [f"{place:,}" for place in places])
    axes.minorticks_off()


@styled()
def spectra_rates(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Show how many clips a second become spectrograms of each kind, by librosa and by ours.

    `rows` are those of `summary_clip_speed.spectra`.
    """
    figure = Figure(figsize=(5.8, 0.6 * len(rows) + 1.4), layout="constrained")
    axes = figure.add_subplot()
    for place, own in enumerate(rows):
        rates = own["per_second"]
        axes.plot([rates["librosa"], rates["earshot"]], [place, place], color=COLOURS["published"], zorder=0)
        for name, colour, marker in (("earshot", COLOURS["accelerated"], "o"), ("librosa", COLOURS["control"], "s")):
            axes.scatter(rates[name], place, color=colour, marker=marker, label=None if place else name)
        words = f"{own['ratio']:.1f} times"
        axes.annotate(words, (rates["earshot"], place), (7, 0), textcoords="offset points", va="center", color=INK)
    names = [KINDS[own["kind"]] + (", ours on a GPU" if own["device"] == "cuda" else "") for own in rows]
    axes.set_yticks(range(len(rows)), names)
    axes.set(xscale="log", xlabel="clips a second", ylim=(len(rows) - 0.5, -0.5))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_xlim(None, 2.5 * max(own["per_second"]["earshot"] for own in rows))
    axes.grid(axis="x")
    figure.legend(loc="outside lower center", ncols=2)
    return figure
