"""Figures of the studies of clips, in the style of `earshot.show.figures`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from earshot.learn.networks_published import least_loss
from earshot.score.classes import accuracy_of_seeds, confusion, reliability, score_trainings
from earshot.show.class_words import TASKS, called, in_order, split_called, split_of
from earshot.show.colours import COLOURS, INK
from earshot.show.figures import only_words, styled
from earshot.show.summary_classes import of_pictured

# A classifier has a colour and a marker: whoever cannot tell the one can tell the other.
_LOOKS = tuple(
    zip(("#2f86c8", "#e08214", "#1b8a6b", "#b55a9e", "#8a6d1c", "#5a6672"), ("o", "s", "^", "v", "P", "X"), strict=True)
)
_WRITTEN = 16  # of so many classes each cell has its number


@styled()
def class_accuracy(scores: pd.DataFrame, published: Mapping[str, tuple[str, float, str]]) -> Figure:
    """Show the accuracy of each training, by classifier and kind of split, with mean and SD over seeds.

    `scores` is the table of scores of all classifiers. Of each seed the mean over what was held out counts.
    `published` has by task the kind of split that a published accuracy is of, that accuracy (a share) and its name.
    """
    if scores.empty:
        return only_words("No answers to show (n = 0).")
    rows = scores.assign(kind=[split_of(split)[0] for split in scores["split"]], percent=100 * scores["accuracy"])
    tasks, kinds, models = (list(dict.fromkeys(rows[name])) for name in ("task", "kind", "model"))
    places = {
        kind: {model: (len(models) + 0.6) * block + number for number, model in enumerate(models)}
        for block, kind in enumerate(kinds)
    }
    last = max(max(own.values()) for own in places.values())
    figure = Figure(figsize=(3.2 + 2.0 * len(tasks), 1.7 + 0.42 * last), layout="constrained")
    low = 10 * np.floor(min(rows["percent"].min(), *(100 * value for _, value, _ in published.values()), 90) / 10)
    margin = 0.02 * (100 - low)
    for axes, task in zip(np.atleast_1d(figure.subplots(1, len(tasks), sharey=True)), tasks, strict=True):
        for (kind, model), own in rows[rows["task"] == task].groupby(["kind", "model"], sort=False):
            _trainings(axes, own, places[kind][model], *_look(models, model))
        kind, accuracy, label = published.get(str(task), ("", 0.0, ""))
        if kind in places:
            ends = (min(places[kind].values()) - 0.5, max(places[kind].values()) + 0.5)
            axes.vlines(100 * accuracy, *ends, color=COLOURS["published"], linestyle="--", label=label)
        axes.set(xlim=(low - margin, 100 + margin), ylim=(last + 0.7, -1), xlabel="accuracy (%)")
        words = "mean ± SD" if scores["seed"].nunique() > 1 else "mean"
        axes.text(1.03, -0.75, words, va="center", transform=axes.get_yaxis_transform())
        axes.set_title(_title(task))
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
    if len(kinds) == 1:
        figure.axes[0].set_yticks(list(places[kinds[0]].values()), [_words(model) for model in models])
    else:
        blocks = [np.mean(list(own.values())) for own in places.values()]
        figure.axes[0].set_yticks(blocks, ["\n".join(split_called(kind).rsplit(" ", 1)) for kind in kinds])
    for model in models:
        colour, marker = _look(models, model)
        figure.axes[0].scatter([], [], s=16, color=colour, marker=marker, label=_words(model))
    _legend(figure, 3)
    figure.suptitle(f"n = {_count(scores['seed'].nunique(), 'training')} for each split, a point each", fontsize=9)
    return figure


@styled()
def class_confusion(answers: pd.DataFrame) -> Figure:
    """Show what one classifier takes for what, in percent of each true class, all seeds together: a matrix each task.

    `answers` are its predictions; those of the kind of split that is pictured are shown.
    """
    if answers.empty:
        return only_words("No answers to show (n = 0).")
    shown = of_pictured(answers)
    by_task = {str(task): own for task, own in shown.groupby("task", sort=False)}
    classes = {task: in_order([*own["true"], *own["said"]], task) for task, own in by_task.items()}
    most = max(map(len, classes.values()))
    side = 3.6 if most <= _WRITTEN else 6.6
    widths = [max(len(own), 6) for own in classes.values()]
    figure = Figure(figsize=(min(1.2 + side * sum(widths) / most, 7.2), side + 0.7), layout="constrained")
    for axes, (task, own) in zip(
        np.atleast_1d(figure.subplots(1, len(classes), width_ratios=widths)), classes.items(), strict=True
    ):
        rows = by_task[task]
        table = confusion(rows["true"], rows["said"], own).to_numpy(np.float64)
        percent = 100 * table / np.maximum(table.sum(1, keepdims=True), 1)
        image = axes.imshow(percent, cmap="viridis", norm=PowerNorm(0.5, 0, 100), interpolation="nearest")
        size = 9 if len(own) <= 8 else 7.5 if len(own) <= _WRITTEN else 5.5
        names = [called(name, task) for name in own]
        upright = len(own) > _WRITTEN or max(map(len, names)) > 2
        axes.set_xticks(range(len(own)), names, rotation=90 if upright else 0, fontsize=size)
        axes.set_yticks(range(len(own)), names, fontsize=size)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        what = "class" if task == "category" else TASKS[task]
        axes.set(xlabel=f"{what} that was said", ylabel=f"true {what}")
        if len(own) <= _WRITTEN:
            _write_cells(axes, percent, 8 if len(own) <= 8 else 6)
    bar = figure.colorbar(image, ax=figure.axes, orientation="horizontal", shrink=0.6, aspect=40)
    bar.set_ticks([0, 1, 5, 10, 25, 50, 100])
    bar.set_label("answers (% of the clips of the true class)")
    one = shown[shown["task"] == next(iter(classes))]
    figure.suptitle(f"{_words(shown['model'].iloc[0])}, {_kind(shown)}: n = {len(one):,} answers", fontsize=9)
    return figure


@styled()
def class_reliability(answers: pd.DataFrame) -> Figure:
    """Show how often classifiers are right over how probable they find what they say, with the line of honesty.

    `answers` are predictions of all classifiers; those of the kind of split that is pictured are shown, all seeds
    together. The errors in the legends are means over trainings, as scores have them.
    """
    if answers.empty:
        return only_words("No answers to show (n = 0).")
    shown = of_pictured(answers)
    tasks, models = (list(dict.fromkeys(shown[name])) for name in ("task", "model"))
    width, height = (4.2, 4.2) if len(tasks) == 1 else (6.2, 3.9)
    figure = Figure(figsize=(width, height + 0.2 * len(models)), layout="constrained")
    for axes, task in zip(np.atleast_1d(figure.subplots(1, len(tasks), sharey=True)), tasks, strict=True):
        axes.plot([0, 100], [0, 100], color=INK, linewidth=0.8, label="as often as it says")
        rows = shown[shown["task"] == task]
        for model, own in rows.groupby("model", sort=False):
            right = (own["true"] == own["said"]).to_numpy()
            bins = reliability(own["probability"].to_numpy(), right)
            error = score_trainings(own)["calibration_error"].mean()
            colour, marker = _look(models, model)
            look = {"color": colour, "marker": marker, "markersize": 5, "clip_on": False}
            words = f"{_words(model)}: error {100 * error:.1f} %"
            axes.plot(100 * bins["probability"], 100 * bins["accuracy"], label=words, **look)
        axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal", xlabel="probability of what was said (%)")
        axes.set_title("\n".join(filter(None, [_title(task), f"{_kind(shown)}, n = {len(rows):,} answers"])))
        axes.grid()
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=8)
    figure.axes[0].set_ylabel("share that was right (%)")
    return figure


@styled()
def class_training(history: pd.DataFrame, with_softmax: Sequence[str], classes: Mapping[str, int]) -> Figure:
    """Show the loss over epochs, a thin line for each training and a thick one for their mean, for each network.

    `history` is the table of all classifiers. Those `with_softmax` have one before the loss, which then has a floor by
    the number of the task's `classes`. A dashed line is the mean loss of clips that validate, where there are such.
    """
    if history.empty:
        return only_words("Nothing was trained (n = 0).")
    tasks, models = (list(dict.fromkeys(history[name])) for name in ("task", "model"))
    figure = Figure(figsize=(5.4 if len(tasks) == 1 else 1.6 + 1.9 * len(tasks), 3.4), layout="constrained")
    for axes, task in zip(np.atleast_1d(figure.subplots(1, len(tasks))), tasks, strict=True):
        rows = history[history["task"] == task]
        for model, own in rows.groupby("model", sort=False):
            colour, marker = _look(models, model)
            for _, one in own.groupby(["split", "seed"]):
                axes.plot(one["epoch"], one["training"], color=colour, linewidth=0.5, alpha=0.35)
            means = own.groupby("epoch")[["training", "validation"]].mean()
            axes.plot(means.index, means["training"], color=colour, linewidth=2, marker=marker, markersize=4,
                      markevery=max(len(means) // 6, 1), label=_words(model))  # fmt: skip
            if means["validation"].notna().any():
                label = f"{_words(model)}, validation"
                axes.plot(means.index, means["validation"], color=colour, linewidth=1.5, linestyle="--", label=label)
        if task in classes and set(with_softmax) & set(rows["model"]):
            floor = least_loss(classes[str(task)])
            axes.axhline(floor, color=INK, linewidth=1, linestyle=":", label="least loss after a softmax")
            where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
            axes.annotate(f"{floor:.3f}", (0.02, floor), (0, -3), va="top", **where)
        axes.set_ylim(0, None)
        if rows["epoch"].max() > 5 * rows.groupby("model")["epoch"].max().min():
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set(xlabel="epoch", title=_title(task))
        axes.grid()
    figure.axes[0].set_ylabel("loss (nat)")
    _legend(figure, 2)
    count = len(history[["model", "split", "seed"]].drop_duplicates())
    figure.suptitle(f"n = {_count(count, 'training')}", fontsize=9)
    return figure


def _look(models: Sequence[str], model: object) -> tuple[str, str]:
    """Return the colour and the marker of a classifier."""
    return _LOOKS[list(models).index(str(model)) % len(_LOOKS)]


def _trainings(axes: Axes, rows: pd.DataFrame, place: float, colour: str, marker: str) -> None:
    """Draw a point for each training, below them mean and SD over seeds, and write these at the right."""
    heights = place - 0.15 + 0.4 * (rows["percent"].rank(method="first").to_numpy() * 0.618034 % 1 - 0.5)
    axes.scatter(rows["percent"], heights, s=16, color=colour, marker=marker, alpha=0.6, linewidths=0)
    seeds = 100 * accuracy_of_seeds(rows)
    spread = seeds.std() if len(seeds) > 1 else None
    axes.errorbar(seeds.mean(), place + 0.25, xerr=spread, fmt="D", markersize=4, capsize=3, color=INK)
    words = f"{seeds.mean():.1f}" if spread is None else f"{seeds.mean():.1f} ± {spread:.1f}"
    axes.text(1.03, place, words, transform=axes.get_yaxis_transform(), va="center")


def _legend(figure: Figure, columns: int) -> None:
    """Say below all axes what is what, each once."""
    handles: dict[str, Any] = {}
    for axes in figure.axes:
        handles |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=columns)


def _title(task: object) -> str:
    """Return the title of a task's axes: none where there is one task."""
    return "" if task == "category" else TASKS.get(str(task), str(task))


def _kind(rows: pd.DataFrame) -> str:
    """Return what the kind of split is called that these rows are of."""
    return split_called(split_of(rows["split"].iloc[0])[0])


def _words(name: object) -> str:
    return str(name).replace("_", " ")


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _write_cells(axes: Axes, percent: np.ndarray, size: float) -> None:
    """Write each cell's percentage into it, in whatever stands out; nothing where it rounds to nothing."""
    for (row, column), value in np.ndenumerate(percent):
        if value >= 0.5:
            colour = "black" if value > 40 else "white"
            axes.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=size, color=colour)
