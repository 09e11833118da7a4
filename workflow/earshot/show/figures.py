"""The figures of localisation: from tables to pictures that say their units and their n.

Text and lines have one colour and the background another (`colours`), for a page to exchange for its own.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from earshot.directions import unit_vectors
from earshot.files import replacing
from earshot.score.angles import NEAR_MEDIAN_DEG, lateral_deg, polar_deg
from earshot.score.equivalence import Equivalence
from earshot.show.colours import COLOURS, INK, PAPER

CELL_SIZES_DEG = (10, 15, 20, 30)  # of the map: the smallest that gives a cell eight answers on average
SPHERE_DEG2 = 41253  # the sphere, square degrees
STAGES = ("features", "training", "both")

_INKED = ("axes.edgecolor", "axes.labelcolor", "grid.color", "text.color", "xtick.color", "ytick.color")
STYLE: dict[str, Any] = dict.fromkeys(_INKED, INK) | {
    "axes.facecolor": "none",
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9,
    "figure.facecolor": PAPER,
    "font.sans-serif": ["DejaVu Sans", "Verdana", "sans-serif"],
    "font.size": 9,
    "grid.alpha": 0.2,
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "savefig.dpi": 150,  # of what is rasterised inside an SVG
    "svg.fonttype": "none",  # text stays text: small, searchable, in a font that the reader has
    "svg.hashsalt": "earshot",
}


def _colour(variant: str) -> str:
    """Return a variant's colour: its implementation's, or one that is neither's."""
    return COLOURS.get(variant.removeprefix("winner_"), COLOURS["other"])


@contextmanager
def styled() -> Iterator[None]:
    """Draw in this module's style, whatever a person's own matplotlibrc says."""
    with style.context(["default", STYLE]):
        yield


@styled()
def save(figure: Figure, path: Path | str) -> None:
    """Write a figure as SVG, whole or not at all. Equal figures give equal bytes: no date, no random name."""
    with replacing(path) as temporary:
        figure.savefig(temporary, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))


@styled()
def error_distribution(scores: pd.DataFrame, published: Mapping[str, float]) -> Figure:
    """Show each listener's 95th percentile of the error by variant, with mean and SD, beside the published ones.

    `scores` is a table of scores, whose variants come in its order; `published` has `mean` and `sd` in degrees, and
    `n`. Listeners that settings were chosen on are hollow and in no mean.
    """
    heard = _heard(scores)
    variants = list(heard["variant"].unique())
    figure = Figure(figsize=(5.4, 1.9 + 0.7 * len(variants)), layout="constrained")
    axes = figure.add_subplot()
    mean, sd = published["mean"], published["sd"]
    axes.axvspan(mean - sd, mean + sd, color=COLOURS["published"], alpha=0.15, linewidth=0)
    for row, variant in enumerate(variants):
        own = heard[heard["variant"] == variant]
        colour = _colour(variant)
        _people(axes, own["p95_deg"], row - 0.1 + _spread(own["p95_deg"]), own["tuning"], colour)
        counted = own["p95_deg"][~own["tuning"]]
        found = {"mean": counted.mean(), "sd": counted.std(), "n": len(counted)}
        _mean_and_sd(axes, row + 0.3, found, colour)
    _mean_and_sd(axes, len(variants), published, COLOURS["published"])
    theirs = f"Sumner et al. 2022,\n{published['n']:g} listeners of\nITA-HRTF"
    axes.set_yticks(range(len(variants) + 1), [*(name.replace("_", " ") for name in variants), theirs])
    axes.set_ylim(len(variants) + 0.5, -0.5)
    axes.set_xlim(0, max(mean + 4 * sd, 1.05 * heard["p95_deg"].max() if len(heard) else 0))
    axes.set_xlabel("95th percentile of the great-circle error (degree)")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    _legend(figure, axes, heard)
    return figure


@styled()
def agreement(scores: pd.DataFrame, equivalence: Equivalence | None, before: str = "") -> Figure:
    """Show each listener's 95th percentile of the error, accelerated over control.

    `equivalence` is that of accelerated minus control; its margin is drawn about the diagonal. None leaves both out.
    `before` comes before the names of both implementations in the names of the variants.
    """
    heard = _heard(scores)
    heard = heard.assign(variant=heard["variant"].str.removeprefix(before))[heard["variant"].str.startswith(before)]
    pairs = heard.pivot(index=["subject", "tuning"], columns="variant", values="p95_deg")
    pairs = pairs.reindex(columns=["control", "accelerated"]).dropna().reset_index("tuning")
    if pairs.empty:
        return only_words("Nothing to compare: no listener has both variants (n = 0).")
    figure = Figure(figsize=(4.6, 4.9), layout="constrained")
    axes = figure.add_subplot()
    both = pairs[["control", "accelerated"]].to_numpy()
    middle, half = (both.min() + both.max()) / 2, max(0.6 * np.ptp(both), 2)
    ends = np.array([middle - half, middle + half])
    axes.plot(ends, ends, color=INK, linewidth=0.8, label="equal")
    words = f"n = {_listeners(pairs.index[~pairs['tuning']])}"
    if equivalence is not None:
        margin, label = equivalence.margin, f"within {equivalence.margin:g} degree"
        axes.fill_between(ends, ends - margin, ends + margin, color=INK, alpha=0.1, linewidth=0, label=label)
    if equivalence is not None and equivalence.n > 1:
        words += f"\naccelerated minus control: {equivalence.difference:+.2f}°"
        words += f"\n90 % interval: {equivalence.low:+.2f}° to {equivalence.high:+.2f}°"
    _people(axes, pairs["control"], pairs["accelerated"], pairs["tuning"], INK)
    axes.text(0.03, 0.97, words.replace("-", "\N{MINUS SIGN}"), transform=axes.transAxes, va="top", linespacing=1.5)
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    axes.set_xlabel("control: 95th percentile of the error (degree)")
    axes.set_ylabel("accelerated: 95th percentile of the error (degree)")
    _legend(figure, axes, pairs)
    return figure


@styled()
def error_map(predictions: pd.DataFrame) -> Figure:
    """Show the median error over the sphere, all listeners of one variant pooled, as Mollweide's equal-area map.

    The listener looks out of the middle of the map, and left is left. Cells are of about equal area and grow when
    there are few answers; where there is none the map stays empty.
    """
    heard = _heard(predictions)
    if heard.empty:
        return only_words("No answers to show (n = 0).")
    size = next((s for s in CELL_SIZES_DEG if len(heard) * s**2 >= 8 * SPHERE_DEG2), CELL_SIZES_DEG[-1])
    corners, medians = _cells(heard, size)
    figure = Figure(figsize=(5.4, 3.8), layout="constrained")
    axes = figure.add_subplot(projection="mollweide")
    cells = PolyCollection(list(corners), array=medians, cmap="viridis", edgecolors="face", linewidths=0.3)
    cells.set_clim(0, max(float(np.percentile(medians, 98)), 1))
    cells.set_rasterized(True)  # the projection bends their edges into many points
    axes.add_collection(cells)
    axes.set_xticks(np.radians([-90, 0, 90]), ["left 90°", "front 0°", "right 270°"])
    for label in axes.get_xticklabels():
        label.set_bbox({"facecolor": PAPER, "alpha": 0.75, "linewidth": 0, "boxstyle": "round"})
    axes.set_yticks(np.radians([-60, -30, 0, 30, 60]))
    axes.grid()
    axes.set_xlabel("azimuth (degree; back, 180°, at both edges)")
    axes.set_ylabel("elevation (degree)")
    axes.set_title(
        f"n = {len(heard):,} answers of {_listeners(heard['subject'])}; cells of about {size}° by {size}°", pad=10
    )
    bar = figure.colorbar(cells, ax=axes, orientation="horizontal", shrink=0.7, aspect=35, extend="max")
    bar.set_label("median great-circle error (degree)")
    return figure


@styled()
def predicted_against_true(predictions: pd.DataFrame) -> Figure:
    """Show lateral and polar angles of one variant's answers over the true ones, a translucent point each.

    Polar angles are shown near the median plane, as they are scored: beside it they lose their meaning.
    """
    heard = _heard(predictions)
    if heard.empty:
        return only_words("No answers to show (n = 0).")
    true = unit_vectors(heard["azimuth_deg"].to_numpy(), heard["elevation_deg"].to_numpy())
    said = unit_vectors(heard["predicted_azimuth_deg"].to_numpy(), heard["predicted_elevation_deg"].to_numpy())
    near = abs(lateral_deg(true)) <= NEAR_MEDIAN_DEG
    figure = Figure(figsize=(5.4, 2.95), layout="constrained")
    left, right = figure.subplots(1, 2)
    _against(left, "lateral", lateral_deg(true), lateral_deg(said), range(-90, 91, 45))
    _against(right, "polar", polar_deg(true[near]), polar_deg(said[near]), range(-90, 271, 90))
    left.set_title("positive to the left")
    right.set_title(f"front 0, above 90, back 180\nn = {near.sum():,} near the median plane")
    figure.suptitle(f"n = {len(heard):,} answers of {_listeners(heard['subject'])}", fontsize=9)
    return figure


@styled()
def speed(benchmark: pd.DataFrame | None) -> Figure:
    """Show the time of each stage and of all of them for both variants, a point for each repeat, with the ratio.

    `benchmark` is a table of the benchmark. Seconds are scaled to all listeners, and a variant that was timed on fewer
    is marked as scaled. Ratios are those of medians over repeats.
    """
    if benchmark is None or benchmark.empty:
        return only_words("Speed was not measured (n = 0 repeats).")
    times = benchmark.assign(seconds=benchmark["seconds"] * benchmark["of_subjects"] / benchmark["subjects"])
    whole = times.groupby(["variant", "repeat"], as_index=False)["seconds"].sum()
    figure = Figure(figsize=(5.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for row, stage in enumerate(STAGES):
        own = whole if stage == "both" else times[times["stage"] == stage]
        middle = own.groupby("variant")["seconds"].median()
        axes.hlines(row, middle.min(), middle.max(), color=INK, linewidth=0.8, alpha=0.5, zorder=1)
        for variant, seconds in own.groupby("variant")["seconds"]:
            colour, label = COLOURS[str(variant)], None if row else _timed(benchmark, str(variant))
            height = row + 0.5 * _spread(seconds)
            axes.scatter(seconds, height, s=20, color=colour, alpha=0.75, linewidths=0, zorder=2, label=label)
        if len(middle) == 2:
            words = f"{middle['control'] / middle['accelerated']:.1f} times as fast"
            axes.text(middle.to_numpy(np.float64).prod() ** 0.5, row - 0.15, words, ha="center", va="bottom")
    axes.set_xscale("log")
    axes.margins(x=0.15)
    for which in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        which(FuncFormatter(lambda value, _: f"{value:,g}" if f"{value:e}"[0] in "125" else ""))
    axes.set_yticks(range(len(STAGES)), STAGES)
    axes.set_ylim(len(STAGES) - 0.5, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"time for {benchmark['of_subjects'].max()} listeners (second)")
    axes.grid(axis="x")
    figure.legend(loc="outside lower center")
    return figure


def _heard(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of listeners that were not left out."""
    return rows[rows["excluded"].isna()]


def _people(axes: Axes, x: Any, y: Any, tuning: pd.Series, colour: str) -> None:
    """Draw a point for each listener, hollow where settings were chosen on the listener."""
    axes.scatter(x[~tuning], y[~tuning], s=20, color=colour, alpha=0.75, linewidths=0)
    axes.scatter(x[tuning], y[tuning], s=18, facecolors=PAPER, edgecolors=colour, linewidths=1.2)


def _spread(values: pd.Series) -> NDArray[np.float64]:
    """Return offsets, -0.2 to 0.2, that keep points of similar value apart: steps of the golden ratio by rank."""
    steps = values.rank(method="first").to_numpy(np.float64) * 0.618034 % 1
    return np.asarray(0.4 * (steps - steps.mean()), np.float64)


def _mean_and_sd(axes: Axes, row: float, found: Mapping[str, float], colour: str) -> None:
    """Draw a `mean` with a bar of one `sd` to both sides, and write both with `n`."""
    mean, sd, n = found["mean"], found["sd"], int(found["n"])
    if n:
        words = f"{mean:.1f} ± {sd:.1f}°" if n > 1 else f"{mean:.1f}°"
        half = sd if n > 1 else 0
        axes.errorbar(mean, row, xerr=half, fmt="D", markersize=5, capsize=3, color=colour)
        axes.annotate(f"{words}, n = {n}", (mean + half, row), (6, 0), textcoords="offset points", va="center")


def _legend(figure: Figure, axes: Axes, rows: pd.DataFrame) -> None:
    """Say below the axes what lines and bands are and, where there are any, what hollow points are."""
    if rows["tuning"].any():
        axes.scatter([], [], s=18, facecolors=PAPER, edgecolors=INK, label="tuning listener, in no mean")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)


def _cells(rows: pd.DataFrame, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the cells that hold answers: corners on the map `(cells, 4, 2)`, radians, and median errors `(cells,)`.

    Each ring of elevation has as many cells as make them about as wide as high.
    """
    bottom = np.minimum((rows["elevation_deg"] + 90) // size * size, 180 - size) - 90
    count = np.maximum(np.round(360 * np.cos(np.radians(bottom + size / 2)) / size), 3)
    left = (rows["azimuth_deg"] + 180) % 360 // (360 / count) * (360 / count) - 180
    cells = pd.DataFrame({"bottom": bottom, "left": left, "width": 360 / count, "error": rows["error_deg"]})
    bottom, left, width, error = cells.groupby(["bottom", "left", "width"])["error"].median().reset_index().to_numpy().T
    # The map's x runs to the right, azimuth to the left.
    across = -np.stack([left, left + width, left + width, left], axis=1)
    up = np.stack([bottom, bottom, bottom + size, bottom + size], axis=1)
    return np.radians(np.stack([across, up], axis=-1)), error


def _against(axes: Axes, name: str, true: NDArray[np.float64], said: NDArray[np.float64], ticks: range) -> None:
    """Draw predicted over true angles with the diagonal; dense clouds are rasterised."""
    ends = (ticks[0], ticks[-1])
    axes.plot(ends, ends, color=INK, linewidth=0.8)
    alpha = float(np.clip(600 / max(len(true), 1), 0.08, 0.7))
    axes.scatter(true, said, s=6, alpha=alpha, color=COLOURS["accelerated"], linewidths=0, rasterized=len(true) > 300)
    axes.set(xlim=ends, ylim=ends, xticks=ticks, yticks=ticks, aspect="equal")
    axes.set(xlabel=f"true {name} angle (degree)", ylabel=f"predicted {name} angle (degree)")


def _timed(benchmark: pd.DataFrame, variant: str) -> str:
    """Return a variant's name for the legend with what it was timed on."""
    own = benchmark[benchmark["variant"] == variant]
    subjects, of_subjects = own["subjects"].min(), own["of_subjects"].max()
    scaled = f", timed on {subjects} of {of_subjects} listeners and scaled" if subjects < of_subjects else ""
    return f"{variant}: n = {own['repeat'].nunique()} repeats{scaled}"


def _listeners(people: pd.Series | pd.Index) -> str:
    """Return how many there are."""
    return f"{people.nunique()} listener{'' if people.nunique() == 1 else 's'}"


def only_words(words: str) -> Figure:
    """Return a figure that says why there is nothing to see."""
    figure = Figure(figsize=(5.4, 1.5))
    figure.text(0.5, 0.5, words, ha="center", va="center", linespacing=1.5)
    return figure
