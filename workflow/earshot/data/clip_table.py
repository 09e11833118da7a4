"""Tables of clips of one's own: CSV files that say of each recording to which class it belongs."""

from pathlib import Path

import pandas as pd

from earshot.data.clips import HEADERS, raise_if_any
from earshot.errors import DataError

REQUIRED = ("filename", "category")
OPTIONAL = ("fold", "src_file")
_SEPARATORS = ",;\t"  # a spreadsheet writes that of its language


def find_table(folder: Path | str) -> Path:
    """Return the one CSV file that lies in a folder. Raises DataError where there is none, or several."""
    found = sorted(path for path in Path(folder).glob("*") if path.suffix.lower() == ".csv")
    if len(found) != 1:
        names = f" ({', '.join(path.name for path in found)})" if found else ""
        raise DataError(
            f"{folder}: {len(found)} CSV files lie in it{names}, and one has to say which clip is of which class. "
            "Name it in the config key sounds.table."
        )
    return found[0]


def read_clip_table(path: Path | str) -> pd.DataFrame:
    """Read a table of clips: item, filename, category, src_file and, where it has one, fold. A row is a clip.

    Columns of other names are passed over. An item is its file's name without the ending. A clip that names no
    recording that it was cut from (src_file) is one by itself. Raises DataError, which names the first faults.
    """
    path = Path(path)
    try:
        columns = {separator: set(_read(path, separator, 0).columns) for separator in _SEPARATORS}
        given = _read(path, max(_SEPARATORS, key=lambda separator: len(columns[separator] & set(REQUIRED))))
    except (OSError, ValueError) as fault:
        raise DataError(f"{path}: the table of clips cannot be read: {fault}. Save it as CSV, in UTF-8.") from fault
    if missing := [name for name in REQUIRED if name not in given]:
        raise DataError(
            f"{path}: there is no column {', '.join(missing)} among {', '.join(map(str, given.columns))}. "
            f"A table of clips has {' and '.join(REQUIRED)}, and may have {' and '.join(OPTIONAL)}."
        )
    if given.empty:
        raise DataError(f"{path}: the table of clips has no rows. Give it one for each clip.")
    rows = given[[name for name in (*REQUIRED, *OPTIONAL) if name in given]].fillna("")
    rows = rows.apply(lambda column: column.str.strip())
    rows["filename"] = rows["filename"].str.replace("\\", "/")
    rows.insert(0, "item", [name.removesuffix(Path(name).suffix) for name in rows["filename"]])
    named = rows["src_file"] if "src_file" in rows else pd.Series("", rows.index)
    rows["src_file"] = named.where(named != "", rows["item"])

    lines = rows.index + 2
    faults = [f"line {line}: {name} is empty" for name in REQUIRED for line in lines[rows[name] == ""]]
    faults += [f"{name} has more than one row" for name in rows["item"][rows["item"].duplicated()] if name]
    endings = ", ".join(HEADERS)
    faults += [
        f"{name} ends in none of {endings}" for name in rows["filename"] if name and Path(name).suffix not in HEADERS
    ]
    if "fold" in rows:
        wrong = ~rows["fold"].str.fullmatch(r"0*[1-9]\d*")
        faults += [f"line {line}: fold {rows['fold'][line - 2]!r} is none of 1, 2, 3 ..." for line in lines[wrong]]
    raise_if_any(path, faults, "Mend the table.")
    return rows.astype({"fold": int}) if "fold" in rows else rows


def _read(path: Path, separator: str, rows: int | None = None) -> pd.DataFrame:
    return pd.read_csv(
        path,
        sep=separator,
        nrows=rows,
        dtype=str,
        encoding="utf-8-sig",
        keep_default_na=False,
        skipinitialspace=True,
    )


def folds_of(rows: pd.DataFrame, folds: int) -> list[int]:
    """Return the folds of a table of clips in order: its own, or so many that its clips are to be dealt to."""
    return sorted(set(rows["fold"])) if "fold" in rows else list(range(1, folds + 1))
