"""What walls are made of: the table of absorption that comes with pyroomacoustics, after Vorländer (2008)."""

import importlib.util
import json
from functools import cache
from pathlib import Path

SURFACES = ("floor", "ceiling", "walls")


@cache
def materials() -> dict[str, dict[float, float]]:
    """Return each material by its name in the table: the share of energy that it absorbs, by the octave's centre, Hz.

    The table is read without pyroomacoustics itself, which takes a second to import.
    """
    (folder,) = importlib.util.find_spec("pyroomacoustics").submodule_search_locations  # type: ignore[union-attr,misc]
    tables = json.loads(Path(folder, "data", "materials.json").read_text())
    return {
        name: dict(zip(entry.get("center_freqs", tables["center_freqs"]), entry["coeffs"], strict=False))
        for group in tables["absorption"].values()
        for name, entry in group.items()
    }
