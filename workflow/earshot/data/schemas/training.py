"""What training hands on: answers and losses."""

import pandera.pandas as pa

from earshot.data.schemas.columns import ITEM, LISTENER, angle

# One row for each held-out waveform.
PREDICTIONS = pa.DataFrameSchema(
    LISTENER
    | ITEM
    | {
        "predicted_azimuth_deg": angle(0, 360),
        "predicted_elevation_deg": angle(-90, 90),
        "error_deg": angle(0, 180),
        "doubts": pa.Column(str, nullable=True),
        "source": pa.Column(str, nullable=True),  # what was heard, where it was not noise alone
    },
    name="predictions",
    strict=True,
    coerce=True,
)

# One row for each epoch of each listener's training.
HISTORY = pa.DataFrameSchema(
    LISTENER | {"epoch": pa.Column("Int64", nullable=True), "loss": pa.Column("float32", nullable=True)},
    name="history",
    strict=True,
    coerce=True,
)
