"""Files that appear whole or not at all."""

import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from earshot.writer import require_right


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path` to write to, and rename it to `path` when the block ends well.

    A reader of `path` sees the old file or the new one, never a part. The temporary name ends as `path` does, since
    many writers choose their format by it. When the block raises, the temporary file is removed and `path` is left
    as it was.

    Raises WithdrawnError when this job may write no more (`earshot.writer`).
    """
    path = Path(path)
    require_right()
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear(path)
    temporary = _temporary(path)
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        require_right()
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path | str) -> Iterator[Path]:
    """Give a new temporary folder beside `path`, and rename it to `path` when the block ends well.

    A folder that stands at `path` gives way; when the block raises, it stays as it was.
    """
    path = Path(path)
    require_right()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    _clear(path)
    temporary.mkdir()
    try:
        yield temporary
        require_right()
        shutil.rmtree(path, ignore_errors=True)
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _temporary(path: Path) -> Path:
    """Return a name of this process alone: two hosts may have processes of one number."""
    host = socket.gethostname().partition(".")[0]
    return path.with_name(f".{path.stem}.{host}-{os.getpid()}{path.suffix}")


def _clear(path: Path) -> None:
    """Remove what killed writers of a path left beside it. A path has one writer at a time."""
    of_a_writer = re.compile(re.escape(f".{path.stem}.") + r"[\w-]+-\d+" + re.escape(path.suffix))
    for left in path.parent.iterdir():
        if of_a_writer.fullmatch(left.name):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
