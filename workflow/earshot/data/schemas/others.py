"""How well a model does for people it was not made for."""

import pandera.pandas as pa

from earshot.data.schemas.columns import angle

# One row for each person and number of measured directions of the model of a population that does not hold the person.
UNSEEN = pa.DataFrameSchema(
    {
        "subject": pa.Column(str),
        "tuning": pa.Column(bool),
        "fold": pa.Column(int, pa.Check.ge(1)),
        "measured": pa.Column(int, pa.Check.ge(0)),  # directions
        "p95_deg": angle(0, 180),
        "median_deg": angle(0, 180),
        "front_back_error": pa.Column(float, nullable=True),
        "quadrant_error": pa.Column(float, nullable=True),
        "items": pa.Column(int),
    },
    name="unseen people",
    strict=True,
    coerce=True,
)

# One row for each person and condition that a model was tried under, in which all else is as it was trained.
CONDITIONS = pa.DataFrameSchema(
    {
        "subject": pa.Column(str),
        "tuning": pa.Column(bool),
        "model": pa.Column(str),
        "condition": pa.Column(str, pa.Check.isin(["signal_to_noise_db", "duration_s"])),
        "value": pa.Column(float),
        "p95_deg": angle(0, 180),
        "median_deg": angle(0, 180),
        "front_back_error": pa.Column(float, nullable=True),
        "quadrant_error": pa.Column(float, nullable=True),
    },
    name="conditions",
    strict=True,
    coerce=True,
)

# One row for each pair of people: whose templates answered, and whose ears heard.
OTHER_EARS = pa.DataFrameSchema(
    {
        "subject": pa.Column(str),
        "ears": pa.Column(str),
        "p95_deg": angle(0, 180),
        "median_deg": angle(0, 180),
        "front_back_error": pa.Column(float, nullable=True),
        "quadrant_error": pa.Column(float, nullable=True),
    },
    name="other ears",
    strict=True,
    coerce=True,
)
