"""The report as one HTML page that needs nothing beside itself."""

import base64
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from earshot.show.captions import TEXTS
from earshot.show.svg import inline

FOLDER = Path(__file__).parent

NOTHING = "\N{EN DASH}"
_WIDEST = 1.1 * 4 / 3  # a tenth larger than a figure was drawn: pixels for each of its points


@dataclass(frozen=True)
class FigureOnPage:
    """A figure that `earshot.show.figures` drew.

    `name` is that of the function that drew it, `svg` is what `save` wrote, and `variant` is the implementation that
    it shows where it shows one alone.
    """

    name: str
    svg: str
    variant: str | None = None

    @property
    def title(self) -> str:
        """Its heading."""
        return TEXTS[self.name][0] + (f": {self.variant}" if self.variant else "")

    @property
    def caption(self) -> str:
        """What is seen and why it matters, in two sentences."""
        return TEXTS[self.name][2]

    @property
    def inline(self) -> Markup:
        """The SVG as part of a page: with a text for who cannot see it, its own ids, and the page's colours."""
        prefix = f"{self.name}-{self.variant or 'all'}-"
        words = f"{self.title}. {TEXTS[self.name][1]}"
        return inline(self.svg, prefix, words, widest=_WIDEST, paper="var(--card)")


def render_page(summary: Mapping[str, Any], figures: Sequence[FigureOnPage], template: str, **of_study: Any) -> str:
    """Return a report as one HTML page, which loads nothing and needs no script: with one, its tables can be sorted.

    `summary` is what the `summary.json` beside it holds, and `of_study` what else its template speaks of. Raises
    KeyError for a figure that has no caption in `TEXTS`.
    """
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"number": number, "measure": measure, "duration": duration, "percent": percent}
    script = (FOLDER / "tables.js").read_text(encoding="utf-8")
    return environment.get_template(template).render(
        summary=summary,
        figures=figures,
        settings=list(flat(summary["settings"])),
        script=Markup(script),
        script_digest=Markup(_digest(script)),
        **of_study,
    )


def _digest(script: str) -> str:
    """Return the name by which a page's policy allows this script, and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def number(value: float | None, digits: int = 1, sign: bool = False) -> str:
    """Return a number with so many digits after the point and commas between thousands; a dash for none."""
    if value is None or not math.isfinite(value):
        return NOTHING
    rounded = round(value, digits) + 0.0  # no negative zero
    return f"{rounded:{'+' if sign else ''},.{digits}f}".replace("-", "\N{MINUS SIGN}")


def percent(value: float | None) -> str:
    """Return a share as a percentage."""
    return number(None if value is None else 100 * value) + " %"


def measure(found: Mapping[str, Any]) -> str:
    """Return mean ± SD of a measure with its unit; the mean alone where there is no SD."""
    scale, unit = (100, " %") if found.get("unit") == "share" else (1, "°")
    mean, sd = (None if found[key] is None else scale * found[key] for key in ("mean", "sd"))
    return number(mean) + ("" if sd is None else f" ± {number(sd)}") + ("" if mean is None else unit)


def duration(seconds: float) -> str:
    """Return a time in the two units that a person would say it in."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60:,} h {minutes % 60:02d} min"


def flat(settings: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    """Give every setting with its dotted key."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{place}{key}.")
        else:
            yield f"{place}{key}", ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
