"""Figures as parts of a page: with words for who cannot see them, names of their own, and the page's colours."""

import re

from markupsafe import Markup, escape

from earshot.show.colours import INK, PAPER


def inline(svg: str, prefix: str, words: str, *, widest: float, paper: str) -> Markup:
    """Return an SVG file as part of a page.

    `prefix` tells its ids from those of other pictures, `words` say what is seen, `widest` is how many CSS pixels it
    may take for each of its points, and `paper` is the page's colour behind it.
    """
    drawing = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    drawing = re.sub(r'(\sid="|href="#|url\(#)', rf"\g<1>{prefix}", drawing)
    width, height = re.findall(r"[\d.]+", drawing[drawing.index("viewBox=") :])[2:4]
    opening = f'<svg viewBox="0 0 {width} {height}" style="max-width: {widest * float(width):.0f}px"'
    drawing = re.sub(r"<svg[^>]*>", lambda _: f'{opening} role="img" aria-label="{escape(words)}">', drawing, count=1)
    return Markup(drawing.replace(INK, "currentColor").replace(PAPER, paper))
