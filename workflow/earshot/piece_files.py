"""Pieces of work as files: each result whole or not at all, and beside it a record of who made it, and when.

A piece's result lies in `<state>/<name><suffix>`, its record in `<state>/records/<name>.json`. The record has the
SHA-256 of the result, so that a damaged file is known; and as it is a file of its own, no byte of a result depends on
who made it.
"""

import hashlib
import json
import logging
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from earshot.errors import DataError
from earshot.files import replacing

log = logging.getLogger(__name__)

Result = pd.DataFrame | bytes

_NAME = re.compile(r"\w[\w.-]*", re.ASCII)  # of a file, and of none that `replacing` writes for a while


@dataclass(frozen=True)
class Record:
    """Who worked on a piece, and when: times in s, `began_s` since 1970 by the clock of its host."""

    name: str
    run: str  # the start of the program that made it, by a name of its own
    rank: int  # or the number of the process
    host: str
    began_s: float
    seconds: float  # to compute and to write
    loading_s: float  # what the rank did once, before its first piece
    sha256: str

    @property
    def ended_s(self) -> float:
        """The end, in s since 1970."""
        return self.began_s + self.seconds


class PieceFiles:
    """The files of pieces in a folder. With the suffix .parquet results are tables, with any other bytes."""

    def __init__(self, state: Path, suffix: str) -> None:
        self._state, self._suffix = state, suffix

    def path(self, name: str) -> Path:
        """Return the file of a piece's result."""
        return self._state / f"{name}{self._suffix}"

    def record(self, name: str) -> Record | None:
        """Return the record of a piece; None when the piece is not there, or is not what its record says."""
        try:
            record = Record(**json.loads(self._record_path(name).read_text()))
            whole = _sha256(self.path(name)) == record.sha256
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            whole = False
        if whole:
            return record
        log.warning("%s is damaged, and is made again", self.path(name))
        return None

    def write(self, name: str, result: Result) -> str:
        """Write the result of a piece, and return its SHA-256."""
        with replacing(self.path(name)) as temporary:
            if isinstance(result, pd.DataFrame):
                result.to_parquet(temporary, index=False)
            else:
                temporary.write_bytes(result)
            return _sha256(temporary)

    def write_record(self, record: Record) -> None:
        """Write the record of a piece, which is there from now on."""
        with replacing(self._record_path(record.name)) as temporary:
            temporary.write_text(json.dumps(asdict(record)))

    def table(self, names: Sequence[str]) -> pd.DataFrame:
        """Return the tables of pieces one after another, in this order. Raises DataError when one cannot be read."""
        return pd.concat([self._table(name) for name in names], ignore_index=True)

    def _table(self, name: str) -> pd.DataFrame:
        try:
            return pd.read_parquet(self.path(name))
        except (OSError, ValueError) as error:
            raise DataError(f"{self.path(name)}: no table can be read from it ({error}). Start again.") from error

    def _record_path(self, name: str) -> Path:
        return self._state / "records" / f"{name}.json"


def require_names(names: Sequence[str]) -> None:
    """Raise ValueError unless names are those of files, each once."""
    if unfit := [name for name in names if not _NAME.fullmatch(name)]:
        raise ValueError(f"names of pieces: {unfit[0]!r} is no name for a file")
    if len(set(names)) != len(names):
        raise ValueError("names of pieces: one is there twice")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
