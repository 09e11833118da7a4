"""The journal of a search: Optuna's file of finished trials, which workers on several nodes share.

The right to append and the claim to a round are locks of the kernel, which end with the process that holds them,
however it ends. They want a file system whose locks hold across nodes: NFS 4, GPFS, Lustre mounted with `flock`. Where
there are none, one worker alone may search.
"""

import fcntl
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, create_trial

from earshot.errors import EarshotError

log = logging.getLogger(__name__)
optuna.logging.set_verbosity(optuna.logging.WARNING)

OBJECTIVES = ("worst_deg", "multiply_adds")  # both as small as can be


class Journal:
    """The study that a journal holds; it is begun where there is none.

    `shared` says that others may be at work on it. Raises EarshotError when they may, and no lock can be held.
    """

    def __init__(self, path: Path, shared: bool = False) -> None:
        self.path, self._shared = path.resolve(), shared
        self.path.parent.mkdir(parents=True, exist_ok=True)
        storage = JournalStorage(JournalFileBackend(str(self.path), _AppendLock(self.path, shared)))
        # Each start adds a line, of which the first counts; so what a killed process wrote of a last line is cut off.
        self._study = optuna.create_study(
            storage=storage, study_name="localisation", directions=["minimize"] * len(OBJECTIVES), load_if_exists=True
        )
        self._claims = self.path.with_name("claims").open("a+")

    def trials(self) -> dict[tuple[int, int], FrozenTrial]:
        """Return all finished trials by round and place, in that order; where one is there twice, the first counts."""
        found: dict[tuple[int, int], FrozenTrial] = {}
        for trial in self._study.get_trials(deepcopy=False):
            found.setdefault((trial.user_attrs["round"], trial.user_attrs["place"]), trial)
        return dict(sorted(found.items()))

    def add(
        self,
        parameters: dict[str, Any],
        distributions: dict[str, BaseDistribution],
        values: tuple[float, float],
        about: Mapping[str, Any],
    ) -> None:
        """Write a finished trial down; `about` has its round and its place there."""
        if (about["round"], about["place"]) not in self.trials():
            self._study.add_trial(
                create_trial(
                    values=list(values), params=parameters, distributions=distributions, user_attrs=dict(about)
                )
            )

    @contextmanager
    def claim(self, number: int) -> Iterator[bool]:
        """Try to be the one process that does a round, and say whether it is; the claim ends with the block."""
        try:
            fcntl.lockf(self._claims, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except (BlockingIOError, PermissionError):
            yield False
            return
        except OSError as error:
            _without_locks(self.path, error, self._shared)
            yield True
            return
        try:
            yield True
        finally:
            fcntl.lockf(self._claims, fcntl.LOCK_UN, 1, number)


class _AppendLock(JournalFileOpenLock):
    """One writer at a time, who finds a journal of whole lines.

    Optuna's own locks are files that a killed process leaves behind. Others then wait half a minute before they take
    them for what they are, and the part of a line that was written would spoil the next one.
    """

    def __init__(self, journal: Path, shared: bool) -> None:
        self._journal, self._shared = journal, shared
        self._held: IO[str] | None = None

    def acquire(self) -> bool:
        held = self._journal.with_name("appending").open("a+")
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
        except OSError as error:
            _without_locks(self._journal, error, self._shared)
        self._held = held
        with self._journal.open("r+b") as file:
            _cut_off_part_of_line(file)
        return True

    def release(self) -> None:
        if self._held:
            self._held.close()
            self._held = None


def _cut_off_part_of_line(file: IO[bytes], step: int = 4096) -> None:
    """Shorten a file to its last whole line."""
    end = whole = file.seek(0, 2)
    while whole:
        start = max(0, whole - step)
        file.seek(start)
        place = file.read(whole - start).rfind(b"\n")
        whole = start + place + 1
        if place >= 0:
            break
    if whole < end:
        file.truncate(whole)


def _without_locks(path: Path, error: OSError, shared: bool) -> None:
    if shared:
        raise EarshotError(
            f"{path}: its file system holds no locks ({error}), by which workers keep out of each other's rounds. "
            "Set localisation.search.workers to 1, or work in a folder on another file system."
        ) from error
    log.warning("%s: no lock can be held here (%s); start no second search on it", path, error)
