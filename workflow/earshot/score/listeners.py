"""Scores of listeners, from their answers."""

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd

from earshot.directions import unit_vectors
from earshot.errors import DataError
from earshot.score.angles import scores

KINDS = ("coloured", "speech", "clips")  # of sounds, where listeners hear several


def refuse_excluded(rows: pd.DataFrame, bad: Literal["stop", "exclude"]) -> None:
    """Raise DataError when rows are of a listener who was left out, and `bad` says that this stops the run."""
    left_out = rows[rows["excluded"].notna()]
    if bad == "stop" and not left_out.empty:
        subject, reason = left_out.iloc[0][["subject", "excluded"]]
        raise DataError(
            f"{subject} was left out by an earlier run: {reason} Put a good file in its place (what depends on it then "
            "runs again), leave the person out of localisation.subjects, or set localisation.bad_subject to exclude."
        )


def score_listeners(
    predictions: pd.DataFrame, history: pd.DataFrame, variant: str, tuning_subjects: Sequence[str]
) -> pd.DataFrame:
    """Return the table of scores, a row for each listener, those left out included."""
    rows = []
    for subject, own in predictions.groupby("subject", sort=False):
        first = own.iloc[0]
        row: dict[str, Any] = {"subject": subject, "variant": variant, "tuning": subject in tuning_subjects}
        if pd.notna(first["excluded"]):
            rows.append(row | {"excluded": first["excluded"], "items": 0})
            continue
        said = unit_vectors(own["predicted_azimuth_deg"].to_numpy(), own["predicted_elevation_deg"].to_numpy())
        true = unit_vectors(own["azimuth_deg"].to_numpy(), own["elevation_deg"].to_numpy())
        epochs = history.loc[history["subject"] == subject, "epoch"].max()
        for kind in KINDS if "source" in own else ():
            row[f"p95_{kind}_deg"] = own.loc[own["source"] == kind, "error_deg"].quantile(0.95)
        rows.append(row | scores(said, true) | {"items": len(own), "epochs": epochs, "doubts": first["doubts"]})
    return pd.DataFrame(rows)
