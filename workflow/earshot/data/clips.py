"""Collections of clips, verified by what is inside them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from earshot.errors import DataError

HEADERS = {".wav": b"RIFF", ".flac": b"fLaC", ".ogg": b"OggS"}  # with what a clip of this kind begins
FIRST = 5  # so many faults are named

ESC50_NAME = re.compile(r"^(?P<fold>\d)-(?P<src_file>\d+)-(?P<take>[A-Z])-(?P<target>\d+)\.wav$")
ESC50_COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file", "take")
TRIAD_NAME = re.compile(r"piano_(?P<octave>\d)_(?P<root>[A-G][nf])_(?P<triad>\w)_(?P<dynamic>\w)_(?P<idx>\d+)")
# What `archives.check_archive` is to find in each archive, and the most bytes that it may unpack to.
ARCHIVES: dict[str, dict[str, Any]] = {
    "esc50": {"pattern": r"[^/]+/audio/[^/]+\.wav", "count": 2000, "largest": 2 << 30},
    "piano_triads": {"pattern": r"(.*/)?piano_[^/]+\.wav", "count": 43_200, "largest": 16 << 30},
}
# What names of triads say: n is natural, f is flat.
TRIAD_TYPES = {"j": "major", "n": "minor", "d": "diminished", "a": "augmented"}
TRIAD_ROOTS = ("Cn", "Df", "Dn", "Ef", "En", "Fn", "Gf", "Gn", "Af", "An", "Bf", "Bn")


def verify_esc50(
    folder: Path | str,
    *,
    table: Path | str | None = None,
    esc10: bool = False,
    damaged_too: bool = False,
    classes: int = 50,
    folds: int = 5,
    clips_per_cell: int = 8,
) -> pd.DataFrame:
    """Verify ESC-50 as it lies unpacked in or below `folder`, and return a row a clip, in the order of its table.

    `esc50.csv` and the clips are looked for in all sub-folders, so that it may be ESC-50-master/, what is in it, or
    all of it flat; `table` is the csv file where it lies elsewhere. Clips are WAV, or FLAC or Ogg under the same
    stems. Each of `classes` has `clips_per_cell` clips in each of `folds`. `esc10` takes the clips of ESC-10 alone,
    which has 10 classes. With `damaged_too`, clips are taken that do not begin as their ending says: whoever reads them
    finds what is damaged.

    The columns are item (a file's stem), path, fold (from 1), target, category, esc10, src_file and take.
    Raises DataError, which names the first faults and their number.
    """
    folder = Path(folder)
    found = clips_below(folder)
    table = Path(table) if table else _table(folder)
    try:
        rows = pd.read_csv(table, dtype={"src_file": str, "take": str, "esc10": bool})
    except (OSError, ValueError) as fault:
        raise DataError(f"{table}: the table of ESC-50 cannot be read: {fault}. Retrieve it again.") from fault
    if missing := [name for name in ESC50_COLUMNS if name not in rows]:
        raise DataError(f"{table}: there is no column {', '.join(missing)}. Retrieve it again.")
    if esc10:
        rows = rows[rows["esc10"]].reset_index(drop=True)
    names = rows["filename"].astype(str)
    named = names.str.extract(ESC50_NAME)
    agrees = (named == rows[list(named.columns)].astype(str)).all(axis="columns")
    rows = rows.assign(item=names.str.removesuffix(".wav"))

    faults = [f"{name} does not agree with its row" for name in names[~agrees]]
    faults += [f"{name} has more than one row" for name in names[names.duplicated()]]
    pairs = rows[["target", "category"]].drop_duplicates()
    targets, categories = pairs["target"].nunique(), pairs["category"].nunique()
    if not targets == categories == len(pairs) == classes:
        faults.append(f"{targets} targets, {categories} categories and {len(pairs)} pairs of these, not {classes} each")
    faults += _uneven(rows, {"target": sorted(set(rows["target"])), "fold": range(1, folds + 1)}, clips_per_cell)
    faults += faults_of_files(rows["item"], found, damaged_too)
    raise_if_any(folder, faults)
    rows["path"] = [str(found[item][0]) for item in rows["item"]]
    return rows[["item", "path", *ESC50_COLUMNS[1:]]]


def verify_esc10(folder: Path | str, *, table: Path | str | None = None, damaged_too: bool = False) -> pd.DataFrame:
    """Verify the ten classes of ESC-50 that are ESC-10, as `verify_esc50` does all of it."""
    return verify_esc50(folder, table=table, esc10=True, damaged_too=damaged_too, classes=10)


def verify_synthetic_sounds(folder: Path | str, *, clips_per_cell: int, damaged_too: bool = False) -> pd.DataFrame:
    """Verify the four kinds of sounds of `earshot.data.synthetic_sounds`, as `verify_esc50` does those of ESC-50."""
    return verify_esc50(folder, damaged_too=damaged_too, classes=4, clips_per_cell=clips_per_cell)


def verify_piano_triads(
    folder: Path | str,
    *,
    octaves: Sequence[int] = (2, 3, 4),
    roots: Sequence[str] = TRIAD_ROOTS,
    triads: Sequence[str] = ("j", "n", "d", "a"),
    dynamics: Sequence[str] = ("f", "m", "p"),
    clips_per_cell: int = 100,
    damaged_too: bool = False,
) -> pd.DataFrame:
    """Verify the Audio Piano Triads as they lie unpacked in or below `folder`, and return a row a clip, by name.

    Clips are called `piano_{octave}_{root}_{triad}_{dynamic}_{idx}.wav` (or .flac, .ogg), in any sub-folder. Each cell
    of octave, root, triad and dynamic has `clips_per_cell` of them. `damaged_too` is as in `verify_esc50`.

    The columns are item (a file's stem), path, octave, root, triad, dynamic and idx.
    Raises DataError, which names the first faults and their number.
    """
    folder = Path(folder)
    found = clips_below(folder, "piano_*")
    named = {item: matched.groupdict() for item in sorted(found) if (matched := TRIAD_NAME.fullmatch(item))}
    rows = pd.DataFrame.from_dict(named, orient="index", columns=list(TRIAD_NAME.groupindex))
    rows = rows.astype({"octave": int, "idx": int}).rename_axis("item").reset_index()
    cells = {"octave": octaves, "root": roots, "triad": triads, "dynamic": dynamics}

    faults = [f"{item} is no name of a triad" for item in sorted(found) if item not in named]
    faults += [f"{item} has the idx of another" for item in rows["item"][rows.duplicated([*cells, "idx"])]]
    faults += _uneven(rows, cells, clips_per_cell)
    faults += faults_of_files(rows["item"], found, damaged_too)
    raise_if_any(folder, faults)
    rows.insert(1, "path", [str(found[item][0]) for item in rows["item"]])
    return rows


def clips_below(folder: Path, pattern: str = "*") -> dict[str, list[Path]]:
    """Find the clips in or below `folder`, by stem. What archives of macOS keep beside them (._name) is passed over."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob(pattern)):
        if path.suffix.lower() in HEADERS and not path.name.startswith("."):
            found.setdefault(path.stem, []).append(path)
    if not found:
        raise DataError(f"{folder}: no clips are in it or below. Give the folder that has them, or retrieve them.")
    return found


def _table(folder: Path) -> Path:
    """Find the one esc50.csv in or below `folder`."""
    found = sorted(folder.rglob("esc50.csv"))
    if len(found) != 1:
        raise DataError(f"{folder}: {len(found)} files in it or below are called esc50.csv, and there must be one.")
    return found[0]


def _uneven(rows: pd.DataFrame, cells: Mapping[str, Iterable[object]], count: int) -> list[str]:
    """Name the cells of the full grid, and those outside it, that have not the right number of rows."""
    full = pd.MultiIndex.from_product([list(values) for values in cells.values()], names=list(cells))
    counts = rows.groupby(list(cells)).size()
    expected = pd.Series(count, index=full)
    counts, expected = counts.align(expected, fill_value=0)
    return [
        f"{here} clips of {', '.join(f'{name} {value}' for name, value in zip(cells, cell, strict=True))}, not {there}"
        for cell, here, there in zip(counts.index, counts, expected, strict=True)
        if here != there
    ]


def faults_of_files(items: Iterable[str], found: Mapping[str, list[Path]], damaged_too: bool) -> list[str]:
    """Name the clips that are not there, are there more than once, or do not begin as their ending says."""
    faults = []
    for item in items:
        paths = found.get(item, [])
        if len(paths) != 1:
            faults.append(f"{item} is there more than once ({paths[0]}, {paths[1]})" if paths else f"{item} is missing")
            continue
        if damaged_too:
            continue
        with paths[0].open("rb") as file:
            head = file.read(4)
        if head != HEADERS[(ending := paths[0].suffix.lower())]:
            faults.append(f"{paths[0]} begins with {head!r}, not as a {ending} file")
    return faults


def raise_if_any(
    where: Path | str, faults: Sequence[str], remedy: str = "Retrieve it again, or mend the folder."
) -> None:
    """Raise DataError where a folder or a table has faults: it names the first of them, and says what to do."""
    if faults:
        more = f"; and {len(faults) - FIRST} more" if len(faults) > FIRST else ""
        raise DataError(
            f"{where}: {len(faults)} fault{'s' if len(faults) > 1 else ''}: {'; '.join(faults[:FIRST])}{more}. {remedy}"
        )
