"""What the page of scenes says of ranks that were timed."""

from collections.abc import Mapping
from typing import Any

LIMITS = {
    "ranks": "their number",
    "pieces": "too few pieces",
    "reading": "reading",
    "handing_out": "handing out",
    "last_pieces": "the last pieces",
}

Row = Mapping[str, Any]


def scaling_on_page(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return of `summary_scaling.scaling` the rows of both tables and the rates that its sentence compares.

    Rows of what was measured are by costs, then ranks: that number and what there is by split. Rows of the model are
    by ranks: what there is by costs and split, in the order of `ways`.
    """
    measured: dict[str, dict[int, dict[str, Row]]] = {}
    for row in found["measured"]:
        measured.setdefault(row["costs"], {}).setdefault(row["ranks"], {})[row["split"]] = row
    modelled: dict[int, dict[tuple[str, str], Row]] = {}
    for row in found["modelled"]:
        modelled.setdefault(row["ranks"], {})[row["costs"], row["split"]] = row
    ways = list(next(iter(modelled.values())))
    return {
        "measured": {costs: sorted(rows.items()) for costs, rows in measured.items()},
        "splits": [split for split in ("managed", "static") if ("even", split) in ways],
        "ways": ways,
        "modelled": [(ranks, [own[way] for way in ways]) for ranks, own in modelled.items()],
        "full": {(row["costs"], row["split"]): row for row in found["measured"] if row["ranks"] == found["full"]},
        "most": max(modelled),
        "limits": LIMITS,
    }
