"""Figures as parts of the page: in its colours, light or dark, with words for who cannot see them."""

import io
import threading
from collections.abc import Callable
from itertools import count

from matplotlib.figure import Figure

from earshot.show.figures import styled
from earshot.show.svg import inline

_DRAWING = threading.Lock()  # Matplotlib has one style for all threads
_WIDEST = 1.25  # pixels for each point of a figure
_NUMBERS = count()  # of pictures, whose parts would else have the same names on one page


def picture(draw: Callable[[], Figure], words: str) -> str:
    """Return a figure as SVG, of which `words` say what is seen."""
    file = io.StringIO()
    with _DRAWING, styled():
        draw().savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return inline(file.getvalue(), f"picture{next(_NUMBERS)}-", words, widest=_WIDEST, paper="var(--paper)")
