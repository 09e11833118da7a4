"""How well each listener is localised for."""

import pandera.pandas as pa

from earshot.data.schemas.columns import LISTENER, angle
from earshot.score.listeners import KINDS

_SHARE = pa.Column(float, pa.Check.in_range(0, 1), nullable=True)

# One row for each listener; measures as `earshot.score.angles` defines them.
SCORES = pa.DataFrameSchema(
    LISTENER
    | {
        "variant": pa.Column(str),
        "tuning": pa.Column(bool),  # settings were chosen on this listener, who is in no headline figure
        "p95_deg": angle(0, 180),
        "median_deg": angle(0, 180),
        "mean_deg": angle(0, 180),
        "lateral_rms_deg": angle(0, 180),
        "polar_rms_deg": angle(0, 180),
        "front_back_error": _SHARE,
        "quadrant_error": _SHARE,
        # Of what was heard, where that was of several kinds.
        **{f"p95_{kind}_deg": angle(0, 180) for kind in KINDS},
        "items": pa.Column("Int64"),
        "epochs": pa.Column("Int64", nullable=True),
        "doubts": pa.Column(str, nullable=True),
    },
    name="scores",
    strict=True,
    coerce=True,
)
