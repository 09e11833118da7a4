"""Figures of how networks learn from the stream, of ranks at work, and of single scenes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from earshot.show.colours import COLOURS, INK, PAPER
from earshot.show.figures import styled
from earshot.show.figures_scenes import LOCALISERS, legend_below
from earshot.show.summary_scene_runs import last_start

MINUS = "\N{MINUS SIGN}"
_RINGS = (-60, -30, 0, 30, 60)  # of elevation


@dataclass(frozen=True)
class Said:
    """What was said of where the sources of a scene are: azimuths and elevations `(sources, 2)`, degrees."""

    title: str
    true: NDArray[np.float64]
    by: Mapping[str, NDArray[np.float64]]


@styled()
def scene_losses(histories: Sequence[pd.DataFrame], learnt: Sequence[Mapping[str, Any]], per_piece: int) -> Figure:
    """Show the loss of each network over the scenes that it has learnt from, a panel for each kind of network.

    `learnt` is `summary_scene_runs.learning` of these histories, a piece of which has so many scenes.
    """
    kinds = list(dict.fromkeys(one["network"] for one in learnt))
    rows = -(-len(kinds) // 2)
    figure = Figure(figsize=(7.4, 3.3 * rows), layout="constrained")
    for place, kind in enumerate(kinds, 1):
        axes = figure.add_subplot(rows, 2, place)
        for history, own in zip(histories, learnt, strict=True):
            if own["network"] != kind:
                continue
            words, colour, marker = LOCALISERS[own["heard_in"]]
            waited = "" if own["waited"] is None else f", waited {100 * own['waited']:.0f} % of the time"
            axes.plot(
                per_piece * np.arange(1, len(history) + 1),
                history["training"],
                color=colour,
                marker=marker if len(history) < 20 else None,
                markersize=4,
                label=words + waited,
            )
        loss = f"loss while learning ({'dB' if kind == 'separator' else 'nat'})"
        axes.set(title=f"{kind}, n = 1 training each", xlabel="scenes learnt from", ylabel=loss)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.grid(True)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22))
    return figure


@styled()
def scene_ranks(pieces: pd.DataFrame) -> Figure:
    """Show when each rank or process made its pieces, of the last start, and what it did before the first."""
    own = last_start(pieces)
    # By the clock of each host, of which there may be several, since its first rank began.
    own = own.assign(at_s=own["began_s"] - (own["began_s"] - own["loading_s"]).groupby(own["host"]).transform("min"))
    ranks = sorted(own["rank"].unique())
    figure = Figure(figsize=(7.4, min(0.24 * len(ranks), 7) + 1.5), layout="constrained")
    axes = figure.add_subplot()
    width = 0.5 if len(own) < 400 else 0.0  # edges of many pieces would hide them
    for place, rank in enumerate(ranks):
        some = own[own["rank"] == rank].sort_values("began_s")
        loading = some[some["loading_s"] > 0]
        axes.broken_barh(
            list(zip(loading["at_s"] - loading["loading_s"], loading["loading_s"], strict=True)),
            (place - 0.35, 0.7),
            facecolor=PAPER,
            edgecolor=COLOURS["published"],
            linewidth=0.8,
            label=None if place else "reads networks, people and rooms",
        )
        axes.broken_barh(
            list(zip(some["at_s"], some["seconds"], strict=True)),
            (place - 0.35, 0.7),
            facecolor=COLOURS["accelerated"],
            edgecolor=PAPER,
            linewidth=width,
            label=None if place else "a piece of scenes",
        )
    shown = range(0, len(ranks), max(1, len(ranks) // 16))
    axes.set_yticks(shown, [str(ranks[place]) for place in shown])
    axes.set(
        xlabel=f"time since the first{'' if own['host'].nunique() == 1 else ' of its host'} began to read (second)",
        ylabel="rank",
        xlim=(0, None),
        ylim=(len(ranks) - 0.5, -0.5),
        title=f"n = {len(own):,} pieces on {len(ranks)} ranks",
    )
    axes.grid(axis="x")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


@styled()
def scene_directions(examples: Sequence[Said]) -> Figure:
    """Show of a few scenes where sources are and where each localiser says that they are, on maps of all directions.

    The listener looks out of the middle of a map, and left is left.
    """
    figure = Figure(figsize=(7.4, 0.8 + 2.1 * -(-len(examples) // 2)), layout="constrained")
    columns = min(len(examples), 2)
    for number, example in enumerate(examples, 1):
        axes = figure.add_subplot(-(-len(examples) // columns), columns, number, projection="mollweide")
        for by, said in reversed(list(example.by.items())):  # what matters most lies on top
            words, colour, marker = LOCALISERS[by]
            for one, true in zip(said, example.true, strict=True):
                _joined(axes, true, one, colour)
            x, y = _on_map(said)
            axes.scatter(x, y, marker=marker, s=34, facecolor=colour, edgecolor=PAPER, linewidth=0.6, label=words)
        x, y = _on_map(example.true)
        axes.scatter(x, y, marker="*", s=110, facecolor=INK, edgecolor=PAPER, linewidth=0.6, label="source", zorder=5)
        axes.set_xticks(np.radians([-90, 0, 90]), ["left 90°", "front 0°", "right 270°"], fontsize=7)
        axes.set_yticks(np.radians(_RINGS), [f"{one}°".replace("-", MINUS) for one in _RINGS], fontsize=7)
        axes.grid()
        axes.set_title(example.title, pad=9)
        axes.set_xlabel("azimuth (degree)")
        axes.set_ylabel("elevation (degree)")
    legend_below(figure, 3)
    return figure


def _on_map(directions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where directions `(n, 2)` lie: the map's x runs to the right, azimuth to the left."""
    azimuth, elevation = directions.T
    return np.radians(-((azimuth + 180) % 360 - 180)), np.radians(elevation)


def _joined(axes: Axes, true: NDArray[np.float64], said: NDArray[np.float64], colour: str) -> None:
    """Join what belongs together, unless the way leads over the edge of the map, where there is no line."""
    x, y = _on_map(np.stack([true, said]))
    if abs(x[1] - x[0]) < np.pi:
        axes.plot(x, y, color=colour, linewidth=0.7, alpha=0.7)
