"""Tables of clips of one's own: CSV files that say of each recording to which class it belongs."""

from collections import Counter
from pathlib import Path, PurePosixPath

import pandas as pd

from earshot.data.clips import HEADERS, raise_if_any
from earshot.errors import DataError

REQUIRED = ("filename", "category")
OPTIONAL = ("fold", "src_file")
_SEPARATORS = ",;\t"  # a spreadsheet writes that of its language


def find_table(folder: Path | str) -> Path:
    """Return the one CSV file that lies in a folder. Raises DataError where there is none, or several."""
    if not Path(folder).is_dir():
        raise DataError(f"{folder}: there is no such folder. Correct the config key sounds.folder.")
    there = sorted(path for path in Path(folder).iterdir() if not path.name.startswith("."))
    found = [path for path in there if path.suffix.lower() == ".csv"]
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
    rows = _rows(path)
    named = rows["src_file"] if "src_file" in rows else pd.Series("", rows.index)
    rows["src_file"] = named.where(named != "", rows["item"])
    lines = rows.index + 2  # of the file, whose first names the columns
    faults = [f"line {line}: {name} is empty" for name in REQUIRED for line in lines[rows[name] == ""]]
    endings, times = ", ".join(HEADERS), Counter(rows["item"])
    for name, item in zip(rows["filename"], rows["item"], strict=True):
        if name and PurePosixPath(name).suffix.lower() not in HEADERS:
            faults.append(f"{name} ends in none of {endings}")
        elif name and times[item] > 1:
            faults.append(f"{item} has more than one row, or two files differ in their endings alone")
    if "fold" in rows:
        wrong = ~rows["fold"].str.fullmatch(r"0*[1-9]\d{0,3}")
        faults += [f"line {line}: fold {rows['fold'][line - 2]!r} is none of 1, 2, 3 ..." for line in lines[wrong]]
    raise_if_any(path, list(dict.fromkeys(faults)), "Mend the table.")
    rows = rows.reset_index(drop=True)
    return rows.astype({"fold": int}) if "fold" in rows else rows


def _rows(path: Path) -> pd.DataFrame:
    """Return the columns of a table that are known, as text, with the item of each row; empty rows are left out."""
    try:
        columns = {separator: set(_read(path, separator, 0).columns) for separator in _SEPARATORS}
        given = _read(path, max(_SEPARATORS, key=lambda separator: len(columns[separator] & set(REQUIRED))))
    except OSError as fault:
        raise DataError(f"{path}: cannot be read ({fault.strerror}). Correct the config key sounds.table.") from fault
    except ValueError as fault:
        raise DataError(f"{path}: the table of clips cannot be read: {fault}. Save it as CSV, in UTF-8.") from fault
    if missing := [name for name in REQUIRED if name not in given]:
        raise DataError(
            f"{path}: there is no column {', '.join(missing)} among {', '.join(map(str, given.columns))}. "
            f"A table of clips has {' and '.join(REQUIRED)}, and may have {' and '.join(OPTIONAL)}."
        )
    if not isinstance(given.index, pd.RangeIndex):
        raise DataError(f"{path}: rows have more fields than the first line has names. Mend the table.")
    rows = given[[name for name in (*REQUIRED, *OPTIONAL) if name in given]].fillna("")
    rows = rows.apply(lambda column: column.str.strip())
    rows = rows[(rows != "").any(axis="columns")]
    if rows.empty:
        raise DataError(f"{path}: the table of clips has no rows. Give it one for each clip.")
    names = [PurePosixPath(name.replace("\\", "/")) if name else None for name in rows["filename"]]
    rows["filename"] = [name.as_posix() if name else "" for name in names]
    rows.insert(0, "item", [name.as_posix().removesuffix(name.suffix) if name else "" for name in names])
    return rows


def _read(path: Path, separator: str, count: int | None = None) -> pd.DataFrame:
    """Return so many rows of a table, or all, as text; spaces and capitals in names of columns do not count."""
    found = pd.read_csv(
        path,
        sep=separator,
        nrows=count,
        dtype=str,
        encoding="utf-8-sig",
        keep_default_na=False,
        skip_blank_lines=False,
        skipinitialspace=True,
    )
    return found.rename(columns=lambda name: str(name).strip().lower())


def folds_of(rows: pd.DataFrame, folds: int) -> list[int]:
    """Return the folds of a table of clips in order: its own, or so many that its clips are to be dealt to."""
    return sorted(set(rows["fold"])) if "fold" in rows else list(range(1, folds + 1))
