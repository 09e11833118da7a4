"""Seconds of the search's trials by the control."""

import pandera.pandas as pa

from earshot.data.schemas.columns import angle

# One row for each listener of each trial that was run again.
SEARCH_BENCHMARK = pa.DataFrameSchema(
    {
        "trial": pa.Column(int, pa.Check.ge(1)),
        "subject": pa.Column(str),
        "seconds": pa.Column(float, pa.Check.gt(0)),  # of one core
        "p95_deg": angle(0, 180),
        "wall_s": pa.Column(float, pa.Check.gt(0)),  # of all rows together, on all cores
        "cores": pa.Column(int, pa.Check.gt(0)),
    },
    name="benchmark of the search",
    strict=True,
    coerce=True,
)
