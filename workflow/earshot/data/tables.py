"""The tables that stages hand on: what is in each column, checked on writing and reading.

Every table holds a row for each listener that was left out, with the reason in `excluded` and nothing else.
"""

from pathlib import Path

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from earshot.errors import DataError
from earshot.files import replacing


def _angle(low: float, high: float) -> pa.Column:
    return pa.Column(float, pa.Check.in_range(low, high), nullable=True)


_LISTENER = {
    "subject": pa.Column(str),
    "excluded": pa.Column(str, nullable=True),  # why the listener was left out; empty for those who were not
}
_ITEM = {
    "direction": pa.Column(str, nullable=True),
    "azimuth_deg": _angle(0, 360),
    "elevation_deg": _angle(-90, 90),
    "repetition": pa.Column("Int64", nullable=True),
}

# One row for each row of the shard's tensor: measurement by measurement, each with its repetitions.
FEATURE_INDEX = pa.DataFrameSchema(
    _LISTENER | _ITEM | {"doubts": pa.Column(str, nullable=True)}, name="feature index", strict=True, coerce=True
)

# One row for each held-out waveform.
PREDICTIONS = pa.DataFrameSchema(
    _LISTENER
    | _ITEM
    | {
        "predicted_azimuth_deg": _angle(0, 360),
        "predicted_elevation_deg": _angle(-90, 90),
        "error_deg": _angle(0, 180),
        "doubts": pa.Column(str, nullable=True),
    },
    name="predictions",
    strict=True,
    coerce=True,
)

# One row for each epoch of each listener's training.
HISTORY = pa.DataFrameSchema(
    _LISTENER | {"epoch": pa.Column("Int64", nullable=True), "loss": pa.Column("float32", nullable=True)},
    name="history",
    strict=True,
    coerce=True,
)

_SHARE = pa.Column(float, pa.Check.in_range(0, 1), nullable=True)

# One row for each listener; measures as `earshot.score.angles` defines them.
SCORES = pa.DataFrameSchema(
    _LISTENER
    | {
        "variant": pa.Column(str),
        "tuning": pa.Column(bool),  # settings were chosen on this listener, who is in no headline figure
        "p95_deg": _angle(0, 180),
        "median_deg": _angle(0, 180),
        "mean_deg": _angle(0, 180),
        "lateral_rms_deg": _angle(0, 180),
        "polar_rms_deg": _angle(0, 180),
        "front_back_error": _SHARE,
        "quadrant_error": _SHARE,
        "items": pa.Column("Int64"),
        "epochs": pa.Column("Int64", nullable=True),
        "doubts": pa.Column(str, nullable=True),
    },
    name="scores",
    strict=True,
    coerce=True,
)

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


def write_table(path: Path | str, rows: pd.DataFrame, schema: pa.DataFrameSchema) -> None:
    """Check a table and write it as Parquet. Raises DataError when it is not what its schema says."""
    # A column that may be empty is empty where no row has it; which others there are is never guessed.
    empty = {name: None for name, column in schema.columns.items() if column.nullable and name not in rows.columns}
    checked = _checked(rows.assign(**empty), schema, path)
    with replacing(path) as temporary:
        checked[list(schema.columns)].to_parquet(temporary, index=False)


def read_table(path: Path | str, schema: pa.DataFrameSchema) -> pd.DataFrame:
    """Read a table that `write_table` wrote. Raises DataError when it is missing, damaged or another table."""
    try:
        rows = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: no table can be read from it ({error}). Delete it and run again.") from error
    return _checked(rows, schema, path)


def _checked(rows: pd.DataFrame, schema: pa.DataFrameSchema, path: Path | str) -> pd.DataFrame:
    if unknown := [str(name) for name in rows.columns if name not in schema.columns]:
        raise DataError(f"{path}: column {', '.join(unknown)} is none of the {schema.name}'s.")
    if absent := [name for name in schema.columns if name not in rows.columns]:
        raise DataError(f"{path}: the {schema.name} lacks the column {', '.join(absent)}.")
    try:
        return schema.validate(rows.reset_index(drop=True), lazy=True)
    except SchemaErrors as error:
        fault = error.failure_cases.iloc[0]
        raise DataError(f"{path}: column {fault['column']} of the {schema.name} fails {fault['check']}.") from error
