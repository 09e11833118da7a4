"""Unpack archives that are not trusted: wholly inside a folder, wholly or not at all."""

import logging
import re
import shutil
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from earshot.data.download import lock
from earshot.errors import DataError

logger = logging.getLogger(__name__)

CHUNK = 1 << 20  # bytes
ENCRYPTED = 0x1  # the bit of a member's flags


def unpack(archive: Path | str, folder: Path | str, *, largest: int) -> Path:
    """Unpack the zip file `archive` into the new `folder`, of at most `largest` bytes, and return `folder`.

    The folder appears whole or not at all, so one that stands already is left as it is. What a killed unpacking left
    is cleared away by the next; two that want the same folder wait for each other.

    Raises DataError, and leaves nothing, where the archive is damaged, too large for `largest` or for the disk, or has
    a member that is encrypted, stands twice, is no plain file or would land outside the folder.
    """
    archive, folder = Path(archive), Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.unpacking")
    with _opened(archive) as opened, folder.with_name(f".{folder.name}.lock").open("a") as turn:
        lock(turn)
        shutil.rmtree(temporary, ignore_errors=True)
        if folder.exists():
            return folder
        members = _checked(archive, opened, largest)
        needed, free = sum(member.file_size for member in members), shutil.disk_usage(folder.parent).free
        if needed > free:
            raise DataError(f"{archive}: {needed} bytes to unpack, the disk of {folder.parent} has {free}. Free some.")
        logger.info("%s: %d members of %d bytes go to %s", archive, len(members), needed, folder)
        try:
            temporary.mkdir()
            for member in members:
                path = temporary / member.filename
                path.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as packed, path.open("xb") as file:  # reads no more than declared, checks CRC
                    shutil.copyfileobj(packed, file, CHUNK)
            temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder


def check_archive(archive: Path | str, *, pattern: str, count: int, largest: int) -> None:
    """Check that a zip file is sound and that the paths of just `count` of its members match `pattern` in whole.

    Every member is read and compared with its CRC; nothing is written. Raises DataError as `unpack` does.
    """
    archive = Path(archive)
    with _opened(archive) as opened:
        members = _checked(archive, opened, largest)
        found = sum(re.fullmatch(pattern, member.filename) is not None for member in members)
        if found != count:
            raise DataError(f"{archive}: {found} members are like {pattern}, expected were {count}. Retrieve it again.")
        for member in members:
            with opened.open(member) as packed:
                while packed.read(CHUNK):
                    pass


@contextmanager
def _opened(archive: Path) -> Iterator[ZipFile]:
    """Open a zip file, and name it in what goes wrong with it."""
    try:
        with ZipFile(archive) as opened:
            yield opened
    except (BadZipFile, zlib.error, EOFError, NotImplementedError) as fault:
        raise DataError(f"{archive}: the archive is damaged: {fault}. Remove it and retrieve it again.") from fault
    except OSError as fault:
        raise DataError(f"{archive}: it could not be unpacked: {fault}. Mend this and start again.") from fault


def _checked(archive: Path, opened: ZipFile, largest: int) -> list[ZipInfo]:
    """Return the members of an archive that are files, once all that can be told beforehand is right."""
    members = opened.infolist()
    for member in members:
        if fault := _fault(member):
            raise DataError(f"{archive}: member {member.filename!r} {fault}. Do not use this archive.")
    if (declared := sum(member.file_size for member in members)) > largest:
        raise DataError(f"{archive}: it would unpack to {declared} bytes, allowed are {largest}. Is it the right one?")
    files = [member for member in members if not member.is_dir()]
    if len({PurePosixPath(member.filename) for member in files}) < len(files):
        raise DataError(f"{archive}: a member stands twice in it. Do not use this archive.")
    return files


def _fault(member: ZipInfo) -> str | None:
    """Say why a member must not be unpacked, or None. Names are read as either system would read them."""
    name, kind = member.filename, stat.S_IFMT(member.external_attr >> 16)
    windows = PureWindowsPath(name)
    if windows.drive or windows.root or ".." in windows.parts or not windows.parts:
        return "would land outside its folder"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is no plain file"
    if member.flag_bits & ENCRYPTED:
        return "is encrypted"
    return None
