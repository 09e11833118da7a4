"""A line now and then, so that nobody stares at a still terminal."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

PROGRESS = 25  # between INFO, which goes to logs alone, and WARNING
logging.addLevelName(PROGRESS, "PROGRESS")

log = logging.getLogger(__name__)


def progress(items: Sequence[T], what: str, every_s: float = 20) -> Iterator[T]:
    """Go through items and log how many are done, at most once in so many seconds."""
    said = time.monotonic()
    for done, item in enumerate(items):
        if time.monotonic() - said >= every_s:
            said = time.monotonic()
            log.log(PROGRESS, "%s: %d of %d", what, done, len(items))
        yield item


@contextmanager
def counting(what: str, total: int, every_s: float = 20) -> Iterator[Callable[[], None]]:
    """Give a function that counts an item, and log every so many seconds how many are done, also when none was."""
    done = 0
    over = threading.Event()

    def count() -> None:
        nonlocal done
        done += 1

    def say() -> None:
        while not over.wait(every_s):
            log.log(PROGRESS, "%s: %d of %d", what, done, total)

    saying = threading.Thread(target=say, daemon=True)
    saying.start()
    try:
        yield count
    finally:
        over.set()
        saying.join()


def to_terminal() -> None:
    """Show progress and warnings of this process on the terminal."""
    logging.basicConfig(level=PROGRESS, format="%(message)s")
