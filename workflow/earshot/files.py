"""Files that appear whole or not at all."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path` to write to, and rename it to `path` when the block ends well.

    A reader of `path` sees the old file or the new one, never a part. The temporary name ends as `path` does, since
    many writers choose their format by it. When the block raises, the temporary file is removed and `path` is left
    as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path | str) -> Iterator[Path]:
    """Give a new temporary folder beside `path`, and rename it to `path` when the block ends well.

    A folder that stands at `path` gives way; when the block raises, it stays as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    _clear(path)
    temporary.mkdir()
    try:
        yield temporary
        shutil.rmtree(path, ignore_errors=True)
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _clear(path: Path) -> None:
    """Remove what killed writers of a path left beside it. A path has one writer at a time."""
    of_a_writer = re.compile(re.escape(f".{path.stem}.") + r"\d+" + re.escape(path.suffix))
    for left in path.parent.iterdir():
        if of_a_writer.fullmatch(left.name):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
