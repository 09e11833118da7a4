"""The pages of localisation: of its report, of the whole study, and of models at their limits."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from earshot.show.page import FigureOnPage, render_page

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


def render_localisation(
    summary: Mapping[str, Any], figures: Sequence[FigureOnPage], scores: pd.DataFrame, template: str = "page.html.j2"
) -> str:
    """Return a report of localisation as one HTML page.

    `summary` and what is raised are those of `render_page`; `scores` is the table of scores of all variants, in the
    order in which they are shown.
    """
    return render_page(
        summary,
        figures,
        template,
        listeners=_listeners(scores),
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


def _listeners(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Return listeners in the table's order, each with its rows; what does not depend on the variant comes once."""
    listeners = []
    for subject, rows in scores.groupby("subject", sort=False):
        plain = [{key: None if pd.isna(row[key]) else row[key] for key in row} for row in rows.to_dict("records")]
        first = {key: plain[0][key] for key in ("tuning", "excluded", "doubts")}
        listeners.append({"subject": subject, "rows": plain} | first)
    return listeners
