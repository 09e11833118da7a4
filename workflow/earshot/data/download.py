"""Retrieve files: verified, few at a time from a host, and never in part at their name."""

import errno
import fcntl
import functools
import hashlib
import logging
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from earshot.data.sources import Checks
from earshot.data.transfer import ELSEWHERE, FREE_SPACE, HTML, Broken, Patience, transfer
from earshot.errors import DataError, RetrievalError
from earshot.files import replacing

__all__ = ["Content", "Patience", "lock", "retrieve"]

logger = logging.getLogger(__name__)

MAGIC = {".sofa": b"\x89HDF\r\n\x1a\n", ".zip": b"PK"}  # with what a file of this kind begins

Content = Callable[[Path], object]
"""Looks into a file and raises DataError where it is not what it should be."""


def retrieve(
    url: str,
    target: Path | str,
    *,
    state: Path | str,
    checks: Checks | None = None,
    content: Content | None = None,
    patience: Patience | None = None,
) -> Path:
    """Bring the file at `url` (http, https or file) to `target`, verify it, and return `target`.

    Until it is verified it lies in the folder `state`, where the next call takes it up again, whatever ended this one.
    A target that stands already and passes the checks is left alone. Calls with one target and one state folder wait
    for each other, in any process.

    `content` is asked where no checksum vouches for the file, and has the last word: with right contents a wrong size
    or checksum is but a warning, since some servers make their archives anew.

    Raises RetrievalError, which names the address, the target, the fault and the remedy. What has arrived is kept,
    except where it is complete and wrong.
    """
    target, state, checks = Path(target), Path(state), checks or Checks()
    stem = f"{target.stem}.{hashlib.sha256(os.fsencode(target.absolute())).hexdigest()[:12]}"
    partial = state / f"{stem}.part{target.suffix}"
    fault_of = functools.partial(_fault_of, suffix=target.suffix, checks=checks, content=content)
    fetch = functools.partial(_fetch, url, partial, patience=patience or Patience(), has_checksum=checks.has_checksum)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        state.mkdir(parents=True, exist_ok=True)
        with (state / f"{stem}.json").open("a+") as record:
            lock(record)
            if target.exists() and fault_of(target) is None:
                return target
            spliced = fetch(record)
            fault = fault_of(partial)
            if fault and spliced:
                logger.warning("%s: %s; it came in several parts, so once more from its start", url, fault)
                partial.unlink()
                fetch(record)
                fault = fault_of(partial)
            if fault:
                partial.unlink()
                raise Broken(fault)
            _publish(partial, target)
    except (Broken, OSError) as error:
        raise RetrievalError(f"{target} could not be retrieved from {url}: {_in_words(error, partial)}.") from error
    logger.info("%s: retrieved from %s", target, url)
    return target


def lock(file: IO[Any], wait: bool = True) -> bool:
    """Lock an open file until it is closed, and tell whether that went well.

    The kernel releases the lock when the process dies. Where the file system has no locks, a warning must do.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as fault:
        if fault.errno not in (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK):
            raise
        logger.warning("%s: this file system has no locks; let one process at a time write here", file.name)
    return True


@contextmanager
def _host_slot(state: Path, host: str, count: int) -> Iterator[None]:
    """Hold one of `count` connections to `host` among all processes that share `state`."""
    slots = state / "hosts"
    slots.mkdir(exist_ok=True)
    while True:
        for number in range(count):
            with (slots / f"{host}.{number}").open("a") as slot:
                if lock(slot, wait=False):
                    yield
                    return
        time.sleep(random.uniform(0.05, 0.2))


def _fetch(url: str, partial: Path, record: IO[str], *, patience: Patience, has_checksum: bool) -> bool:
    """Bring the partial file to its end, and tell whether its bytes stem from several answers."""
    address = urlsplit(url)
    if address.scheme == "file":
        shutil.copyfile(url2pathname(address.path), partial)
        return False
    with _host_slot(partial.parent, address.hostname or "", patience.per_host):
        return transfer(url, partial, record, patience=patience, has_checksum=has_checksum)


def _fault_of(path: Path, *, suffix: str, checks: Checks, content: Content | None) -> str | None:
    """Say what is wrong with the complete file at `path`, or None."""
    with path.open("rb") as file:
        head = file.read(512)
    if head.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return HTML
    magic = MAGIC.get(suffix, b"")
    if not head.startswith(magic):
        return f"what comes begins with {head[:8]!r}, but a {suffix} file with {magic!r}"
    faults = checks.faults(path)
    if content and (faults or not checks.has_checksum):
        try:
            content(path)
        except DataError as error:
            return "; ".join([*faults, str(error)])
        if faults:
            logger.warning("%s: %s; its contents are right, so it is taken", path, "; ".join(faults))
        return None
    return "; ".join(faults) or None


def _publish(partial: Path, target: Path) -> None:
    """Give the verified file its name; on another disk, by way of a hidden file beside it."""
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    try:
        partial.replace(target)
    except OSError as fault:
        if fault.errno != errno.EXDEV:
            raise
        with replacing(target) as beside:
            shutil.copyfile(partial, beside)
        partial.unlink()


def _in_words(error: Broken | OSError, partial: Path) -> str:
    """Put a fault and its remedy in words."""
    if isinstance(error, Broken):
        return f"{error.fault}. {error.remedy}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        arrived = partial.stat().st_size if partial.exists() else 0
        return f"the disk is full, after {arrived} bytes in {partial.parent}. {FREE_SPACE}"
    return f"{error.strerror or error}: {error.filename}. {ELSEWHERE}"
