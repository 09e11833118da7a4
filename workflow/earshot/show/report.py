"""A report's files: figures, their numbers, and the page that shows both."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from earshot.files import replacing
from earshot.show.figures import save
from earshot.show.page import FigureOnPage


def write_report(
    found: Mapping[str, Any],
    drawn: Mapping[str, Figure],
    render: Callable[[Mapping[str, Any], Sequence[FigureOnPage]], str],
    *,
    figures: Sequence[Path | str],
    summary: Path | str,
    page: Path | str,
) -> None:
    """Write the summary that was `found`, each figure that was `drawn` to the path that ends in its name, and the page.

    Raises ValueError where a number of the summary is none.
    """
    for path in map(Path, figures):
        save(drawn[path.stem], path)
    with replacing(summary) as temporary:
        temporary.write_text(json.dumps(found, indent=2, sort_keys=True, allow_nan=False) + "\n")
    on_page = [FigureOnPage(path.stem, path.read_text()) for path in map(Path, figures)]
    with replacing(page) as temporary:
        temporary.write_text(render(found, on_page), encoding="utf-8")
