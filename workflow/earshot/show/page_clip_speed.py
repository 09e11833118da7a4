"""The page of how fast clips are learnt from."""

from collections.abc import Mapping, Sequence
from typing import Any

from earshot.show.figures_clip_speed import KINDS, WAYS
from earshot.show.page import FigureOnPage, render_page


def render_speed(summary: Mapping[str, Any], figures: Sequence[FigureOnPage], tables: Sequence[str]) -> str:
    """Return the page: a row for each network and size, a column for each device and way."""
    sizes: dict[tuple[str, int, int], list[Mapping[str, Any]]] = {}
    for row in summary["epochs"]:
        sizes.setdefault((row["task"], row["batch_size"], row["samples"]), []).append(row)
    ways = dict.fromkeys((row["device"], row["way"]) for row in summary["epochs"])
    words = {"kinds": KINDS, "names": WAYS, "tables": tables}
    return render_page(summary, figures, "clip_speed.html.j2", sizes=list(sizes.items()), ways=list(ways), **words)
