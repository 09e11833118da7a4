"""The table of sources: which files a data set has, where they are, and how to know them."""

import fnmatch
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    PositiveInt,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from earshot.errors import DataError, RetrievalError

DEPTH = 3  # how many folders below the given one a file is looked for
FEW = 8  # how many names an error lists

Item = Annotated[str, StringConstraints(pattern=r"^[\w.-]+$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[^/\\]+$")]
Address = Annotated[str, StringConstraints(pattern=r"^(https?|file)://.*/$")]


class Checks(BaseModel):
    """What is known of a file: its size in bytes, its checksums in hexadecimal. What is unknown is None."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: PositiveInt | None = None
    md5: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None

    @property
    def has_checksum(self) -> bool:
        """Whether a checksum is known."""
        return bool(self.md5 or self.sha256)

    def faults(self, path: Path) -> list[str]:
        """Compare the file at `path` with what is known, and say in words what differs."""
        size = path.stat().st_size
        faults = [] if self.bytes in (None, size) else [f"it has {size} bytes, expected were {self.bytes}"]
        for algorithm, expected in (("md5", self.md5), ("sha256", self.sha256)):
            if expected:
                with path.open("rb") as file:
                    found = hashlib.file_digest(file, algorithm).hexdigest()
                if found != expected:
                    faults.append(f"its {algorithm} is {found}, expected was {expected}")
        return faults


class SourceFile(Checks):
    """One file of a source: `item` is whom or what it holds, `name` is what its publisher calls it."""

    item: Item
    name: FileName


class Source(BaseModel):
    """A published data set. What is not known of it is None.

    `address` is what comes before a file's name, `query` what comes after it at that address alone. `local_names` are
    names that a file may have in somebody's own folder: `{item}` stands for its item, `*` for anything. In the table
    `file_name` is the publisher's pattern and a file may be its item alone, or what is known of it beside.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    kind: Literal["hrtf", "clips", "speech"]
    version: str | None = None
    page: str | None = None
    licence: str | None = None
    citation: str
    address: Address
    query: str = ""
    local_names: tuple[FileName, ...] = ()
    files: tuple[SourceFile, ...]

    @model_validator(mode="before")
    @classmethod
    def _name_files(cls, table: Any) -> Any:
        """Give every file of the table its name by `file_name`, unless it brings its own."""
        if not isinstance(table, dict) or not isinstance(table.get("files"), list):
            return table
        table = dict(table)
        pattern = table.pop("file_name", None)
        rows = [dict(row) if isinstance(row, dict) else {"item": row} for row in table["files"]]
        if isinstance(pattern, str):
            rows = [{"name": pattern.replace("{item}", str(row.get("item"))), **row} for row in rows]
        return {**table, "files": rows}

    @model_validator(mode="after")
    def _one_file_an_item(self) -> "Source":
        for what in ("item", "name"):
            values = [getattr(file, what) for file in self.files]
            if twice := sorted({value for value in values if values.count(value) > 1}):
                raise ValueError(f"more than one file has the {what} {', '.join(twice)}")
        return self

    def url(self, file: SourceFile, mirror: str | None = None) -> str:
        """Return the address of `file`, at the publisher's or below `mirror` (http, https or file), percent-encoded.

        Raises RetrievalError for a mirror of another kind.
        """
        if mirror is None:
            return self.address + quote(file.name) + self.query
        if not re.match(r"(https?|file)://", mirror):
            raise RetrievalError(f"mirror {mirror!r}: it must begin with http://, https:// or file://")
        return f"{mirror.rstrip('/')}/{quote(file.name)}"

    def candidates(self, folder: Path | str) -> list[Path]:
        """Return the files in `folder` or up to three folders below whose names may be of this source, sorted.

        For `find`, so that a folder with tens of thousands of other files is walked once and not for each item.
        """
        exact = {name.lower() for file in self.files for name in (file.name, quote(file.name))}
        matched = _matcher(name.replace("{item}", "*") for name in self.local_names)
        return sorted(path for path in _files(Path(folder)) if path.name.lower() in exact or matched(path.name))

    def find(self, file: SourceFile, folder: Path | str, candidates: Sequence[Path] | None = None) -> Path:
        """Return where `file` lies in `folder` or up to three folders below, under its own or one of the local names.

        Copies with equal bytes are one file, of which the first by path is returned. Hidden folders are passed over.
        `candidates` are the folder's where they are known.
        Raises DataError where there is no such file, or where there are several that differ.
        """
        folder = Path(folder)
        local = (name.replace("{item}", file.item) for name in self.local_names)
        names = dict.fromkeys((file.name, quote(file.name), *local))
        matched = _matcher(names)
        among = self.candidates(folder) if candidates is None else candidates
        found = [path for path in among if matched(path.name)]
        tried = f"{self.title}, {file.item}: looked in {folder} and below for {', '.join(names)}"
        if not found:
            raise DataError(f"{tried}; nothing is there. Point `data_dir` to the folder that has it, or retrieve it.")
        if len(found) > 1 and len(set(map(_digest, found))) > 1:
            listed = ", ".join(str(path.relative_to(folder)) for path in found[:FEW])
            raise DataError(f"{tried}; {len(found)} differ: {listed}. Point `data_dir` to the folder of the right one.")
        return found[0]


def read_sources(path: Path | str) -> dict[str, Source]:
    """Read the table of sources, by name.

    Raises DataError, which names the table, the entry, the fault and what is allowed.
    """
    try:
        with Path(path).open(encoding="utf-8") as file:
            return TypeAdapter(dict[str, Source]).validate_python(yaml.safe_load(file))
    except (OSError, yaml.YAMLError) as fault:
        raise DataError(f"{path}: the table of sources cannot be read: {fault}") from fault
    except ValidationError as fault:
        faults = [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in fault.errors()]
        more = f"; and {len(faults) - FEW} more" if len(faults) > FEW else ""
        raise DataError(f"{path}: {'; '.join(faults[:FEW])}{more}. Correct these entries.") from fault


def _matcher(names: Iterable[str]) -> Callable[[str], object]:
    """Return a function that says whether a name is one of these in any case, in which * is anything."""
    return re.compile("|".join(map(fnmatch.translate, names)) or r"(?!)", re.IGNORECASE).match


def _files(folder: Path) -> list[Path]:
    """List the files in `folder` and up to DEPTH folders below, hidden folders excepted."""
    files = []
    for here, folders, names in os.walk(folder, followlinks=True):
        below = len(Path(here).relative_to(folder).parts)
        folders[:] = [name for name in folders if below < DEPTH and not name.startswith(".")]
        files += [Path(here, name) for name in names]
    return files


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
