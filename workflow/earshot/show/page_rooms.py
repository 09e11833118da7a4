"""The page of rooms."""

from collections.abc import Mapping, Sequence
from typing import Any

from earshot.show.page import FigureOnPage, render_page
from earshot.show.summary_rooms import headline


def render_rooms(summary: Mapping[str, Any], figures: Sequence[FigureOnPage], tables: Sequence[str]) -> str:
    """Return the page of rooms; arguments and what is raised are `render_page`'s."""
    return render_page(summary, figures, "rooms.html.j2", first=headline(summary["speed"]), tables=tables)
