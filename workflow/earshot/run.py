"""One run at a time in a folder, and no leftovers of a killed one beside it."""

import fcntl
import logging
import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from earshot import cluster, writer
from earshot.errors import EarshotError

log = logging.getLogger(__name__)


def claim(folder: Path, executor: str = "local") -> IO[str]:
    """Make this process the only run in a folder, and return the open file that holds the claim.

    The kernel lets go of the claim when the process ends, however it ends. What an earlier, killed run left behind (its
    jobs live on when it is killed alone) may write no more from here on (`earshot.writer`), and is ended before this
    run begins, so that no file ever has two writers: jobs that it submitted to SLURM are cancelled and awaited, and
    processes on this machine, which carry the folder's name in their environment, are killed.

    Raises EarshotError when another run is at work there.
    """
    folder = folder.resolve()
    path = _path(folder)
    path.parent.mkdir(exist_ok=True)
    held = path.open("a+")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.seek(0)
        raise EarshotError(
            f"{folder}: another run is at work here ({held.read().strip() or 'just started'}). "
            "Wait for it or stop it, then start again; there is no lock to remove."
        ) from None
    except OSError as error:  # some parallel file systems have no locks
        log.warning("%s: no claim can be held here (%s); start no second run in this folder", folder, error)
    held.truncate(0)
    held.write(f"process {os.getpid()} on {socket.gethostname()} since {time.strftime('%Y-%m-%d %H:%M:%S')}\n")
    held.flush()
    if writer.current_run(folder).get("executor") == "slurm":
        # Should this fail, whoever starts next must look there too.
        writer.open_run(folder, "slurm")
        cluster.cancel_jobs(folder)
    writer.open_run(folder, executor)
    end_leftovers(folder)
    return held


def is_claimed(folder: Path) -> bool:
    """Return whether a run is at work in a folder, as far as its file system tells."""
    try:
        with _path(folder).open() as held:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _path(folder: Path) -> Path:
    return folder / ".snakemake" / "earshot.lock"


def end_leftovers(folder: Path, patience_s: float = 30) -> int:
    """Kill the processes of an earlier run in a folder until none is left, and return how many there were.

    One may start another while they are sought, and one may end by itself. One that was killed is waited for: while it
    gives back its memory it has no environment any more, and is still there. One that begins has none yet, and is
    looked at again. What has ended and nobody has reaped does not count.
    """
    ended: set[psutil.Process] = set()
    give_up = time.monotonic() + patience_s
    while left := {one for one in psutil.process_iter() if _belongs(one, folder) or _begins(one)} | _ending(ended):
        if time.monotonic() > give_up:
            raise EarshotError(
                f"{folder}: processes of an earlier run do not end: {', '.join(str(one.pid) for one in left)}. "
                "End them by hand, then start again."
            )
        for process in left - ended:
            if _belongs(process, folder):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
                ended.add(process)
        time.sleep(0.01)
    return len(ended)


def _ending(killed: set[psutil.Process]) -> set[psutil.Process]:
    """Return which of the processes that were killed are still there."""
    there = set()
    for process in killed:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                there.add(process)
    return there


def _begins(process: psutil.Process) -> bool:
    """Return whether a process is so young that it may not have its environment yet; the kernel's have none ever."""
    try:
        young = time.time() - process.create_time() < 1
        return young and not process.environ() and process.ppid() != 2 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _belongs(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.pid != os.getpid() and process.environ().get(writer.FOLDER) == str(folder)
    except psutil.Error:  # gone, or somebody else's
        return False
