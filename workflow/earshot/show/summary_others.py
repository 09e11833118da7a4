"""The headline figures of models at their limits."""

from typing import Any

import pandas as pd

from earshot.show.summary import over_listeners


def unseen_person(unseen: pd.DataFrame) -> dict[str, Any]:
    """Return the errors for people whom the model does not hold, by how many of their directions were measured."""
    counted = unseen[~unseen["tuning"]]
    return {
        str(count): {name: over_listeners(own[name]) | {"unit": "degree"} for name in ("p95_deg", "median_deg")}
        for count, own in counted.groupby("measured")
    }


def other_ears(table: pd.DataFrame, tuning: list[str]) -> dict[str, Any]:
    """Return the errors of people's templates for their own ears and for others', the latter as each person's mean."""
    table = table[~table["subject"].isin(tuning) & ~table["ears"].isin(tuning)]
    own = table["subject"] == table["ears"]
    others = table[~own].groupby("ears")["p95_deg"].mean()
    return {
        "own": {"p95_deg": over_listeners(table.loc[own, "p95_deg"]) | {"unit": "degree"}},
        "others": {"p95_deg": over_listeners(others) | {"unit": "degree"}},
    }


def conditions(table: pd.DataFrame) -> dict[str, Any]:
    """Return the errors of each model under each condition, by its value."""
    found: dict[str, Any] = {}
    for (model, condition, value), own in table[~table["tuning"]].groupby(["model", "condition", "value"]):
        place = found.setdefault(str(model), {}).setdefault(str(condition), {})
        place[f"{value:g}"] = {
            name: over_listeners(own[name]) | {"unit": "degree"} for name in ("p95_deg", "median_deg")
        }
    return found
