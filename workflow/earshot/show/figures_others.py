"""Figures of models at their limits, in the style of `earshot.show.figures`."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from earshot.show.colours import COLOURS, INK
from earshot.show.figures import only_words, styled

_AXES = {
    "signal_to_noise_db": "signal above noise at the louder ear (dB)",
    "duration_s": "length of the sound (second)",
}
_LINES = ("#2f86c8", "#e08214", "#1b8a6b", "#8e5ea2", "#b3493d", "#5a6672")


@styled()
def unseen_person(unseen: pd.DataFrame) -> Figure:
    """Show the 95th percentile of the error of each person over how many directions of theirs were measured.

    `unseen` is the table of unseen people. Those that settings were chosen on are left out.
    """
    counted = unseen[~unseen["tuning"]]
    if counted.empty:
        return only_words("Nobody to show (n = 0).")
    figure = Figure(figsize=(5.4, 3.4), layout="constrained")
    axes = figure.add_subplot()
    counts = sorted(counted["measured"].unique())
    for place, count in enumerate(counts):
        own = counted.loc[counted["measured"] == count, "p95_deg"]
        across = place + 0.3 * (own.rank(method="first").to_numpy() * 0.618034 % 1 - 0.5)
        axes.scatter(across, own, s=16, color=COLOURS["other"], alpha=0.6, linewidths=0)
        axes.errorbar(place + 0.32, own.mean(), yerr=own.std(), fmt="D", markersize=5, capsize=3, color=INK)
        axes.annotate(f"{own.mean():.1f}°", (place + 0.32, own.mean()), (6, 0), textcoords="offset points", va="center")
    axes.set_xticks(range(len(counts)), [f"{count}" for count in counts])
    axes.set_xlim(-0.5, len(counts))
    axes.set_ylim(0, None)
    axes.set_xlabel("directions of the person that were measured")
    axes.set_ylabel("95th percentile of the error (degree)")
    axes.set_title(f"n = {counted['subject'].nunique()} people, none of whom the model holds")
    axes.grid(axis="y")
    return figure


@styled()
def other_ears(table: pd.DataFrame) -> Figure:
    """Show the 95th percentile of the error of each person's model for each person's ears, as a matrix."""
    people = list(dict.fromkeys(table["subject"]))
    matrix = table.pivot(index="subject", columns="ears", values="p95_deg").loc[people, people].to_numpy()
    figure = Figure(figsize=(5.4, 4.6), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(matrix, cmap="viridis", vmin=0, vmax=float(np.percentile(matrix, 98)))
    own, others = np.diag(matrix), matrix[~np.eye(len(people), dtype=bool)]
    words = f"own ears {own.mean():.1f}°" + (f", others' {others.mean():.1f}°" if len(people) > 1 else "")
    axes.set_title(f"n = {len(people)} people; on average {words}")
    axes.set(xlabel="whose ears hear", ylabel="whose templates answer", xticks=[], yticks=[])
    bar = figure.colorbar(image, ax=axes, extend="max")
    bar.set_label("95th percentile of the error (degree)")
    return figure


@styled()
def conditions(table: pd.DataFrame) -> Figure:
    """Show the median and the 95th percentile of the error over each condition, a colour for each model.

    `table` is the table of conditions; means are over people on whom no setting was chosen.
    """
    counted = table[~table["tuning"]]
    if counted.empty:
        return only_words("Nobody to show (n = 0).")
    names = [name for name in _AXES if (counted["condition"] == name).any()]
    figure = Figure(figsize=(5.4, 2.9 * len(names)), layout="constrained")
    for axes, name in zip(np.atleast_1d(figure.subplots(len(names), 1)), names, strict=True):
        for number, (model, own) in enumerate(counted[counted["condition"] == name].groupby("model", sort=False)):
            means = own.groupby("value")[["p95_deg", "median_deg"]].mean()
            colour, label = _LINES[number % len(_LINES)], str(model).replace("_", " ")
            axes.plot(means.index, means["p95_deg"], marker="o", markersize=4, color=colour, label=f"{label}, 95 %")
            axes.plot(
                means.index, means["median_deg"], marker=".", linestyle=":", color=colour, label=f"{label}, median"
            )
        axes.set_yscale("log")
        axes.set_yticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
        axes.set_xscale("log" if name == "duration_s" else "linear")
        axes.set(xlabel=_AXES[name], ylabel="error (degree)")
        axes.grid()
    figure.axes[0].set_title(f"means over n = {counted['subject'].nunique()} people")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
