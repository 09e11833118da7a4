"""Figures as parts of the page: in its colours, light or dark, with words for who cannot see them."""

import io
import re
import threading
from collections.abc import Callable
from html import escape
from itertools import count

from matplotlib.figure import Figure

from earshot.show.colours import INK, PAPER
from earshot.show.figures import styled

_DRAWING = threading.Lock()  # Matplotlib has one style for all threads
_NUMBERS = count()  # of pictures, whose parts would else have the same names on one page


def picture(draw: Callable[[], Figure], words: str) -> str:
    """Return a figure as SVG, of which `words` say what is seen."""
    file = io.StringIO()
    with _DRAWING, styled():
        draw().savefig(file, format="svg", transparent=True, metadata={"Date": None})
    drawing = file.getvalue()
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing[drawing.index("<svg") :], flags=re.DOTALL)
    drawing = re.sub(r'(\sid="|href="#|url\(#)', rf"\g<1>picture{next(_NUMBERS)}-", drawing)
    width, height = re.findall(r"[\d.]+", drawing[drawing.index("viewBox=") :])[2:4]
    opening = f'<svg viewBox="0 0 {width} {height}" style="max-width: {1.25 * float(width):.0f}px" role="img"'
    drawing = re.sub(r"<svg[^>]*>", lambda _: f'{opening} aria-label="{escape(words)}">', drawing, count=1)
    return drawing.replace(INK, "currentColor").replace(PAPER, "var(--paper)")
