"""The report as one HTML page that needs nothing beside itself."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from earshot.show.captions import TEXTS
from earshot.show.figures import INK, PAPER

FOLDER = Path(__file__).parent

NOTHING = "\N{EN DASH}"

# Of each measure: its name, and what it is.
MEASURES = {
    "p95_deg": ("95th percentile", "95 % of the answers are closer to the truth than this"),
    "median_deg": ("median", "half of the answers are closer to the truth than this"),
    "mean_deg": ("mean", "mean angle between answer and truth"),
    "lateral_rms_deg": ("lateral RMS", "root mean square error of the angle from the median plane"),
    "polar_rms_deg": ("polar RMS", "the same for the angle around the axis of the ears, without quadrant errors"),
    "front_back_error": (
        "front-back errors",
        "share of the answers on the wrong side, front for back or back for front",
    ),
    "quadrant_error": ("quadrant errors", "share of polar errors of 90° or more, near the median plane"),
}


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
        label = escape(f"{self.title}. {TEXTS[self.name][1]}")
        drawing = re.sub(r'(\sid="|href="#|url\(#)', rf"\g<1>{prefix}", self.svg[self.svg.index("<svg") :])
        drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
        width, height = re.findall(r"[\d.]+", drawing[drawing.index("viewBox=") :])[2:4]
        opening = f'<svg viewBox="0 0 {width} {height}" style="max-width: {1.1 * float(width):.0f}pt"'
        drawing = re.sub(r"<svg[^>]*>", lambda _: f'{opening} role="img" aria-label="{label}">', drawing, count=1)
        return Markup(drawing.replace(INK, "currentColor").replace(PAPER, "var(--card)"))


def render_page(
    summary: Mapping[str, Any], figures: Sequence[FigureOnPage], scores: pd.DataFrame, template: str = "page.html.j2"
) -> str:
    """Return the report as one HTML page, which loads nothing and needs no script.

    `summary` is what the `summary.json` beside it holds; `scores` is the table of scores of all variants, in the order
    in which they are shown. Raises KeyError for a figure that has no caption in `TEXTS`.
    """
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"number": number, "measure": measure, "duration": duration, "percent": percent}
    return environment.get_template(template).render(
        summary=summary,
        figures=figures,
        listeners=_listeners(scores),
        settings=list(_flat(summary["settings"])),
        measures=MEASURES,
        variants=[variant for variant in scores["variant"].unique() if variant in summary["localisation"]],
        what=what,
    )


def what(variant: str, settings: Mapping[str, Any]) -> str:
    """Say in a line what a variant of the study is; `settings` are those of the configuration's localisation."""
    if variant == "bayesian_listener":
        return "a published model of where people point (Barumerli et al. 2023)"
    implementation = variant.removeprefix("winner_")
    if implementation in ("control", "accelerated"):
        by = "settings of the search's winner" if implementation != variant else "settings of the configuration"
        return f"a network on interaural features, white noise; {by}"
    model = settings["models"][variant]
    features = "interaural features" if model["features"]["levels"] == "difference" else "what both ears hold"
    kinds = {"white": "white noise", "coloured": "coloured noise", "clips": "recorded sounds"}
    sounds = ", ".join(kinds.get(kind, kind) for kind in model["stimulus"]["sources"])
    held = {"directions": "", "noise": "; known directions, other sounds", "regions": "; gaps of 20 degrees"}
    decibels = model["stimulus"]["signal_to_noise_db"]
    noise = "" if decibels is None else f", {decibels:g} dB above noise at the ears"
    return f"{model['method'].replace('_', ' ')} on {features}, {sounds}{noise}{held[model['held']]}"


def number(value: float | None, digits: int = 1, sign: bool = False) -> str:
    """Return a number with so many digits after the point and commas between thousands; a dash for none."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:{'+' if sign else ''},.{digits}f}".replace("-", "\N{MINUS SIGN}")


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


def _listeners(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Return listeners in the table's order, each with its rows; what does not depend on the variant comes once."""
    listeners = []
    for subject, rows in scores.groupby("subject", sort=False):
        plain = [{key: None if pd.isna(row[key]) else row[key] for key in row} for row in rows.to_dict("records")]
        first = {key: plain[0][key] for key in ("tuning", "excluded", "doubts")}
        listeners.append({"subject": subject, "rows": plain} | first)
    return listeners


def _flat(settings: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    """Give every setting with its dotted key."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{place}{key}.")
        else:
            yield f"{place}{key}", ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
