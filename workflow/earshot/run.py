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

    One may start another while they are sought, and one may end by itself. A process that has ended and that nobody
    has reaped has no environment any more and does not count.
    """
    ended: set[psutil.Process] = set()
    give_up = time.monotonic() + patience_s
    while leftovers := [process for process in psutil.process_iter() if _belongs(process, folder)]:
        if time.monotonic() > give_up:
            raise EarshotError(
                f"{folder}: processes of an earlier run do not end: {', '.join(str(one.pid) for one in leftovers)}. "
                "End them by hand, then start again."
            )
        for process in leftovers:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        ended.update(leftovers)
        time.sleep(0.01)
    return len(ended)


def _belongs(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.pid != os.getpid() and process.environ().get(writer.FOLDER) == str(folder)
    except psutil.Error:  # gone, or somebody else's
        return False
