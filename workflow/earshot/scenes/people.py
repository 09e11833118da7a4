"""The people whose ears hear scenes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pandas as pd

from earshot.data.listeners import read_listeners
from earshot.data.sofa import HrirSet
from earshot.errors import DataError


def read_people(
    paths: Mapping[str, Path | str], rate_hz: float, bad: Literal["stop", "exclude"]
) -> tuple[dict[str, HrirSet], pd.DataFrame]:
    """Return the people of these SOFA files at a rate, by name, and who they are, those left out among them.

    The table is `earshot.data.schemas.scenes.SCENE_PEOPLE`. Raises DataError for the first file at fault, unless `bad`
    says to exclude whose it is, and where nobody is left.
    """
    listeners, excluded = read_listeners(paths, rate_hz, bad)
    if not listeners:
        raise DataError(
            f"nobody is left to hear scenes: {', '.join(excluded)} left out. {next(iter(excluded.values()))}"
        )
    table = pd.DataFrame({"subject": list(paths), "excluded": [excluded.get(name) for name in paths]})
    return {one.subject: one for one in listeners}, table


def who_hears(table: pd.DataFrame) -> list[str]:
    """Return the names of those who were not left out."""
    names: list[str] = table.loc[table["excluded"].isna(), "subject"].tolist()
    return names
