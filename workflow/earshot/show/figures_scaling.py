"""The figure of how throughput grows with ranks that answer scenes, in the style of `earshot.show.figures`."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from earshot.show.colours import COLOURS, INK, PAPER
from earshot.show.figures import styled
from earshot.show.figures_scenes import legend_below

_LOOKS = {
    ("even", "managed"): ("managed, even pieces", COLOURS["accelerated"], "o", "-"),
    ("even", "static"): ("static, even pieces", COLOURS["control"], "s", "-"),
    ("uneven", "managed"): ("managed, uneven pieces", COLOURS["accelerated"], "o", "--"),
    ("uneven", "static"): ("static, uneven pieces", COLOURS["control"], "s", "--"),
}
_APART = 0.05  # ranks, between points that would hide each other

Rows = Sequence[Mapping[str, Any]]


@styled()
def scene_scaling(found: Mapping[str, Any]) -> Figure:
    """Show scenes a second over ranks: at left measured, with the model as lines, at right the model alone.

    `found` is `summary_scaling.scaling`.
    """
    figure = Figure(figsize=(7.4, 3.9), layout="constrained")
    here, beyond = figure.subplots(1, 2)
    _draw_measured(here, found["measured"])
    cores = f"{found['cores']} core" + ("" if found["cores"] == 1 else "s")
    here.set_title(f"measured on {cores}: {found['scenes']:,} scenes, n = {found['repeats']} repeats")
    _draw_modelled(beyond, found["modelled"])
    beyond.set_title(f"model: {found['modelled_scenes']:,} scenes, a core each")
    for axes in (here, beyond):
        axes.set(xlabel="ranks that answer", ylabel="scenes a second")
        axes.grid(True)
    legend_below(figure)
    return figure


def _draw_measured(axes: Axes, measured: Rows) -> None:
    for place, ((costs, split), (words, colour, marker, line)) in enumerate(_LOOKS.items()):
        own = sorted(
            (row for row in measured if (row["costs"], row["split"]) == (costs, split)), key=lambda row: row["ranks"]
        )
        if not own:
            continue
        ranks = [row["ranks"] + (place - 1.5) * _APART for row in own]
        middle = [row["per_s"]["value"] for row in own]
        axes.errorbar(
            ranks,
            middle,
            yerr=[
                [row["per_s"]["value"] - row["per_s"]["low"] for row in own],
                [row["per_s"]["high"] - row["per_s"]["value"] for row in own],
            ],
            color=colour,
            marker=marker,
            markersize=5,
            markerfacecolor=colour if line == "-" else PAPER,
            linestyle="none",
            capsize=2,
            label=f"{words}, measured",
        )
        axes.plot(
            [row["ranks"] for row in own],
            [row["model_per_s"] for row in own],
            color=colour,
            linestyle=line,
            linewidth=1,
            label=f"{words}, model",
        )
    axes.set_xticks(sorted({row["ranks"] for row in measured}))
    axes.set_ylim(bottom=0)


def _draw_modelled(axes: Axes, modelled: Rows) -> None:
    for (costs, split), (_, colour, _, line) in _LOOKS.items():
        own = [row for row in modelled if (row["costs"], row["split"]) == (costs, split)]
        if not own:
            continue
        ranks = [row["ranks"] for row in own]
        axes.plot(ranks, [row["per_s"] for row in own], color=colour, linestyle=line, linewidth=1.2)
        axes.fill_between(ranks, [row["low"] for row in own], [row["high"] for row in own], color=colour, alpha=0.12)
    one = next(row for row in modelled if row["ranks"] == 1)["per_s"]
    ends = [1, max(row["ranks"] for row in modelled)]
    axes.plot(ends, [one * end for end in ends], color=INK, linestyle=":", linewidth=0.9, label="times one rank")
    axes.set(xscale="log", yscale="log")
    axes.set_xticks([1, 8, 64, 512], ["1", "8", "64", "512"])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
