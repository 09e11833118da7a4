"""A map of directions as a listener sees it: the half of the sphere in front and the half behind, left on the left."""

from functools import lru_cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray
from scipy.spatial import KDTree

from earshot.app.where import Said
from earshot.learn.direction_map import directions
from earshot.show.colours import COLOURS, INK, PAPER
from earshot.show.figures import styled

HALVES = ("in front of you", "behind you")
SHADES = ((0.5, "half of the probability"), (0.9, "nine tenths"), (0.99, "and all but a hundredth"))
_ALPHAS = (0.95, 0.55, 0.22)  # of these: strong enough to be told apart on a light and on a dark page
_PIXELS = 240  # on each side of a half
_OPPOSITE = -0.999999  # how far ahead what is straight behind a half is taken to be: it has no place
_RINGS_DEG = (30, 60)  # from straight ahead, or straight behind
_NAMES = (("up", 0, 1.06, "center", "bottom"), ("down", 0, -1.06, "center", "top"))
_SIDES = (("left", -1.06, 0, "right", "center"), ("right", 1.06, 0, "left", "center"))


@styled()
def half(said: Said, true: NDArray[np.float64], behind: bool) -> Figure:
    """Show a half of a map, in Lambert's equal-area projection, with what was said and where sources `(n, 3)` are.

    Strongest is the smallest region that holds half of the probability, and fainter those that hold more.
    """
    figure = Figure(figsize=(3.1, 3.2), layout="constrained")
    axes = figure.add_subplot()
    edge = Circle((0, 0), 1, facecolor="none", edgecolor=INK, linewidth=0.8)
    axes.add_patch(edge)
    image = axes.imshow(_shaded(said.likely)[_nearest(len(said.likely), behind)], extent=(-1, 1, -1, 1), origin="lower")
    image.set_clip_path(edge)
    for ring_deg in _RINGS_DEG:
        radius = np.sqrt(2) * np.sin(np.radians(ring_deg) / 2)
        axes.add_patch(Circle((0, 0), radius, facecolor="none", edgecolor=INK, linewidth=0.5, alpha=0.35))
    axes.plot([-1, 1, np.nan, 0, 0], [0, 0, np.nan, -1, 1], color=INK, linewidth=0.5, alpha=0.35)
    for name, x, y, across, up in (*_NAMES, *_SIDES):
        axes.text(x, y, name, ha=across, va=up)
    _marks(axes, true, behind, said.peaks)
    axes.set(xlim=(-1.4, 1.4), ylim=(-1.25, 1.25), aspect="equal", title=HALVES[behind])
    axes.set_axis_off()
    return figure


def projected(vectors: NDArray[np.floating], behind: bool) -> NDArray[np.float64]:
    """Return where directions `(n, 3)` are on a half, `(n, 2)`: its edge is at 1, and beyond is the other half."""
    ahead = -vectors[:, 0] if behind else vectors[:, 0]
    across = np.stack([-vectors[:, 1], vectors[:, 2]], axis=1)
    return across / np.sqrt(1 + ahead.clip(_OPPOSITE))[:, None]


def _marks(axes: Axes, true: NDArray[np.float64], behind: bool, said: NDArray[np.float64]) -> None:
    """Draw true directions as rings, and those that were said as numbered dots, where they are of this half."""
    for vector, (x, y) in zip(true, projected(true, behind), strict=True):
        if (vector[0] < 0) == behind:
            axes.plot(x, y, "o", markersize=17, markerfacecolor="none", markeredgecolor=COLOURS["control"], mew=2.5)
    for number, (vector, (x, y)) in enumerate(zip(said, projected(said, behind), strict=True), 1):
        if (vector[0] < 0) == behind:
            axes.plot(x, y, "o", markersize=11, color=INK)
            axes.text(x, y, str(number), color=PAPER, ha="center", va="center_baseline", fontsize=8, weight="bold")


def _shaded(likely: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the colour of each direction, `(directions, 4)`, by the smallest region that it is in."""
    order = np.argsort(-likely)
    before = np.empty(len(likely))
    before[order] = np.cumsum(likely[order]) - likely[order]  # in directions that are likelier
    colour = [int(COLOURS["accelerated"][at : at + 2], 16) / 255 for at in (1, 3, 5)]
    alpha = np.zeros(len(likely))
    for (share, _), strength in reversed(list(zip(SHADES, _ALPHAS, strict=True))):
        alpha[before < share] = strength
    return np.concatenate([np.tile(colour, (len(likely), 1)), alpha[:, None]], axis=1)


@lru_cache(maxsize=8)
def _nearest(count: int, behind: bool) -> NDArray[np.int_]:
    """Return which of so many directions is nearest to each pixel of a half, `(pixels, pixels)`."""
    middle = (np.arange(_PIXELS) + 0.5) / _PIXELS * 2 - 1
    x, y = np.meshgrid(middle, middle)
    radius = np.hypot(x, y).clip(1e-9, 1)
    away = 2 * np.arcsin(radius / np.sqrt(2))
    ahead = np.cos(away) * (-1 if behind else 1)
    seen = np.stack([ahead, -x / radius * np.sin(away), y / radius * np.sin(away)], axis=-1)
    return np.asarray(KDTree(directions(count).double().numpy()).query(seen)[1])


def legend(true: int) -> str:
    """Say what is seen on a map with so many true directions."""
    regions = ", ".join(words for _, words in SHADES)
    rings = " Orange rings are where the sounds are." if true else ""
    return f"Numbers are what is heard. The stronger the blue, the likelier: its three shades hold {regions}.{rings}"
