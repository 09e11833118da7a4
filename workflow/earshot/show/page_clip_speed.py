"""The page of how fast clips are learnt from."""

from collections.abc import Mapping, Sequence
from typing import Any

from earshot.show.figures_clip_speed import KINDS
from earshot.show.page import FigureOnPage, render_page


def render_speed(summary: Mapping[str, Any], figures: Sequence[FigureOnPage], tables: Sequence[str]) -> str:
    """Return the page: a row for each network and size, a column for each device and source of spectrograms."""
    sizes: dict[tuple[str, int, int], list[Mapping[str, Any]]] = {}
    for row in summary["epochs"]:
        sizes.setdefault((row["task"], row["batch_size"], row["samples"]), []).append(row)
    ways = dict.fromkeys((row["device"], row["values"]) for row in summary["epochs"])
    return render_page(
        summary, figures, "clip_speed.html.j2", kinds=KINDS, tables=tables, sizes=list(sizes.items()), ways=list(ways)
    )
