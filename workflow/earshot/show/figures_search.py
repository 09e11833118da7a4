"""Figures of the search for settings, in the style of `earshot.show.figures`."""

import pandas as pd
from matplotlib.figure import Figure

from earshot.show.colours import COLOURS, INK, PAPER
from earshot.show.figures import only_words, styled


@styled()
def search_front(trials: pd.DataFrame) -> Figure:
    """Show what each trial reached over what it costs, those stopped early hollow, with the front and the winner.

    `trials` is the table of that name. Cost is of one listener's features and training to the end.
    """
    each = trials.assign(worst=trials.groupby("trial")["p95_deg"].transform("max")).drop_duplicates("trial")
    each = each[~each["diverged"]]
    if each.empty:
        return only_words("No trial came to an end (n = 0).")
    figure = Figure(figsize=(5.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    cost, stopped = each["multiply_adds"] / 1e9, each["stopped_early"]
    axes.scatter(
        cost[stopped], each["worst"][stopped], s=16, facecolors=PAPER, edgecolors=COLOURS["published"],
        label=f"stopped early, n = {stopped.sum()}",
    )  # fmt: skip
    axes.scatter(
        cost[~stopped], each["worst"][~stopped], s=22, color=COLOURS["accelerated"], alpha=0.75, linewidths=0,
        label=f"ran to its end, n = {(~stopped).sum()}",
    )  # fmt: skip
    front = each[each["on_front"]].sort_values("multiply_adds")
    axes.plot(front["multiply_adds"] / 1e9, front["worst"], color=INK, linewidth=0.9, label="front")
    best = each[each["winner"]]
    axes.scatter(
        best["multiply_adds"] / 1e9, best["worst"], s=90, marker="*", color=COLOURS["control"], zorder=3, label="winner"
    )
    axes.set_xscale("log")
    axes.set_ylim(0, min(1.05 * each["worst"].max(), 90))
    axes.set_xlabel("cost of one listener (thousand million multiply-adds)")
    axes.set_ylabel("95th percentile of the worst listener (degree)")
    axes.grid()
    figure.legend(loc="outside lower center", ncols=2)
    return figure
