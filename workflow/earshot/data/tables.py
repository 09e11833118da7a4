"""The tables that stages hand on, as Parquet: checked on writing and reading by their `earshot.data.schemas`."""

from pathlib import Path

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from earshot.errors import DataError
from earshot.files import replacing


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
