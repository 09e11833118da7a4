"""Seconds of workers of the search, side by side."""

import pandera.pandas as pa

# One row for each repeat of each worker's work: a round of the search, or by the control one listener of one trial.
WORKERS = pa.DataFrameSchema(
    {
        "implementation": pa.Column(str, pa.Check.isin(["control", "accelerated"])),
        "workers": pa.Column(int, pa.Check.ge(1)),  # at work at once
        "worker": pa.Column(int, pa.Check.ge(1)),
        "repeat": pa.Column(int, pa.Check.ge(1)),
        "setup_s": pa.Column(float, pa.Check.ge(0)),  # what the worker does once, before all repeats
        "seconds": pa.Column(float, pa.Check.gt(0)),
        "device": pa.Column(str),
    },
    name="workers of the search",
    strict=True,
    coerce=True,
)
