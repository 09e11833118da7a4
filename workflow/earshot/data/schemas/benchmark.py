"""Seconds of both implementations."""

import pandera.pandas as pa

# One row for each repeat of each stage of the benchmark.
BENCHMARK = pa.DataFrameSchema(
    {
        "variant": pa.Column(str, pa.Check.isin(["control", "accelerated"])),
        "stage": pa.Column(str, pa.Check.isin(["features", "training"])),
        "repeat": pa.Column(int),
        "seconds": pa.Column(float, pa.Check.gt(0)),
        "subjects": pa.Column(int, pa.Check.gt(0)),
        "of_subjects": pa.Column(int, pa.Check.gt(0)),  # seconds are scaled from `subjects` to this many for a ratio
        "peak_memory_mb": pa.Column(float, pa.Check.gt(0)),
        "cores": pa.Column(int, pa.Check.gt(0)),
        "device": pa.Column(str),
    },
    name="benchmark",
    strict=True,
    coerce=True,
)
