"""Clips of one's own, in or below a folder, verified by their table and dealt to folds."""

import warnings
from collections import defaultdict
from pathlib import Path

import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from earshot.data.clip_table import folds_of, read_clip_table
from earshot.data.clips import clips_below, faults_of_files, raise_if_any
from earshot.errors import DataError


def verify_own_clips(
    folder: Path | str, *, table: Path | str, folds: int = 5, seed: int = 1, damaged_too: bool = False
) -> pd.DataFrame:
    """Verify the clips of a table, which lie in or below `folder`, and return a row a clip, in the table's order.

    A file is known by its path below the folder, or by the end of one: by its name alone where no other has it.
    Without a column `fold` clips are dealt to so many `folds`, those of one recording to the same, and each class as
    evenly as that allows. `damaged_too` is as in `earshot.data.clips.verify_esc50`.

    The columns are item, path, fold, category and src_file. Raises DataError, which names the first faults and their
    number: of each class that tests something has to be left to learn from, of other recordings and in other folds.
    """
    folder, rows = Path(folder), read_clip_table(table)
    if "fold" not in rows:
        rows["fold"] = _dealt(rows, folds, seed, table)
    by_name: dict[str, list[Path]] = defaultdict(list)
    for paths in clips_below(folder).values():
        for path in paths:
            by_name[path.name].append(path)
    found = {item: _files(folder, name, by_name) for item, name in zip(rows["item"], rows["filename"], strict=True)}

    faults = _not_learnt(rows, folds_of(rows, folds))
    faults += _named_twice(found)
    faults += faults_of_files(rows["item"], found, damaged_too)
    raise_if_any(table, faults, "Mend the table or the folder.")
    rows["path"] = [str(found[item][0]) for item in rows["item"]]
    return rows[["item", "path", "fold", "category", "src_file"]]


def _files(folder: Path, name: str, by_name: dict[str, list[Path]]) -> list[Path]:
    """Return the files that a table may mean by a name: that of this path, else all whose paths end so."""
    candidates = by_name.get(Path(name).name, [])
    if folder / name in candidates:
        return [folder / name]
    return [path for path in candidates if f"/{path.as_posix()}".endswith(f"/{name}")]


def _dealt(rows: pd.DataFrame, folds: int, seed: int, table: Path | str) -> pd.Series:
    """Return the fold of each clip."""
    largest = rows["category"].value_counts().max()
    if largest < folds:
        raise DataError(
            f"{table}: the largest class has {largest} clips, which cannot be dealt to {folds} folds. "
            "Lower the config key sounds.folds, or give more clips."
        )
    found = pd.Series(0, rows.index)
    dealer = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes with fewer clips than folds, of which two are enough
        for number, (_, own) in enumerate(dealer.split(rows, rows["category"], rows["src_file"]), 1):
            found.iloc[own] = number
    return found


def _not_learnt(rows: pd.DataFrame, folds: list[int]) -> list[str]:
    """Name what cannot be both learnt and tested: a class alone, folds without clips, classes that only test."""
    classes = sorted(set(rows["category"]))
    faults = [f"{classes[0]} is the only class, and two are the fewest"] if len(classes) < 2 else []
    faults += [f"no clip is in fold {fold}" for fold in folds if fold not in set(rows["fold"])]
    if len(folds) < 2:
        return [*faults, f"all clips are in fold {folds[0]}, and two folds are the fewest"]
    for fold in folds:
        test = rows["fold"] == fold
        learnt = ~test & ~rows["src_file"].isin(rows["src_file"][test])
        lacking = sorted(set(rows["category"][test]) - set(rows["category"][learnt]))
        faults += [f"no clip of {name} is left to learn from when fold {fold} tests" for name in lacking]
    return faults


def _named_twice(found: dict[str, list[Path]]) -> list[str]:
    """Name the rows that mean one file."""
    items: dict[Path, str] = {}
    faults = []
    for item, paths in found.items():
        for path in paths[:1]:
            if items.setdefault(path, item) != item:
                faults.append(f"{items[path]} and {item} are one file, {path}")
    return faults
