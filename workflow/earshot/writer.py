"""Who may write: of all processes that ever make an output, the one that began last, in the run that holds the folder.

A run that is killed may leave jobs behind, and a cluster may start a job again while a copy of it lives on, on a node
that is only out of reach. So each run has a token, each job signs in for its outputs when it begins, and both are
looked up again before an output is renamed to its place: who came too late writes nothing.

Jobs get folder, token and executor through their environment. Without these, in a notebook or a test, everybody may
write.
"""

import hashlib
import json
import os
import shutil
import socket
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from earshot.errors import WithdrawnError

FOLDER, TOKEN, EXECUTOR, SIGNED = "EARSHOT_RUN", "EARSHOT_TOKEN", "EARSHOT_EXECUTOR", "EARSHOT_SIGNED"

# Where this process signed in, and as whom. What a job starts, the ranks of an MPI program, writes in its name.
_signed: list[tuple[Path, str]] = [
    (Path(place), me) for place, _, me in [os.environ.get(SIGNED, "").partition("|")] if place
]


def state(folder: Path) -> Path:
    """Return where a working folder's runs keep what they know of each other."""
    return folder / ".snakemake" / "earshot"


def current_run(folder: Path) -> dict[str, Any]:
    """Return what is written about the latest run of a folder; nothing where there was none."""
    try:
        return json.loads((state(folder) / "run.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}


def open_run(folder: Path, executor: str) -> None:
    """Begin a run: whatever an earlier one left behind may write no more. What this process starts belongs to it."""
    token = uuid.uuid4().hex
    about = {"token": token, "executor": executor, "host": socket.gethostname(), "process": os.getpid()}
    place = state(folder)
    place.mkdir(parents=True, exist_ok=True)
    _write(place / "run.json", json.dumps(about | {"since": time.strftime("%Y-%m-%d %H:%M:%S")}))
    shutil.rmtree(place / "writers", ignore_errors=True)
    os.environ |= {FOLDER: str(folder), TOKEN: token, EXECUTOR: executor, SIGNED: ""}
    _signed.clear()


def require_current_run() -> None:
    """Raise WithdrawnError when another run has taken the folder since this process's run began."""
    folder, token = os.environ.get(FOLDER), os.environ.get(TOKEN)
    if folder and token and (now := current_run(Path(folder))).get("token") != token:
        raise WithdrawnError(
            f"{folder}: this job is of an earlier run; the folder was taken by process {now.get('process')} on "
            f"{now.get('host')}. It writes nothing more."
        )


def sign_in(outputs: Sequence[Path | str]) -> None:
    """Become the one writer of a job's outputs. Raises WithdrawnError for a job of an earlier run."""
    if not (outputs and os.environ.get(FOLDER)):
        return
    require_current_run()
    name = hashlib.sha256(str(outputs[0]).encode()).hexdigest()[:16]
    place = state(Path(os.environ[FOLDER])) / "writers" / name
    place.parent.mkdir(exist_ok=True)
    me = f"{uuid.uuid4().hex} process {os.getpid()} on {socket.gethostname()}"
    _write(place, me)
    _signed[:] = [(place, me)]
    os.environ[SIGNED] = f"{place}|{me}"


def require_right() -> None:
    """Raise WithdrawnError when another run has taken the folder, or another start of this job its outputs."""
    require_current_run()
    for place, me in _signed:
        now = place.read_text() if place.exists() else "another run"
        if now != me:
            raise WithdrawnError(
                f"this job was started once more, by {now.partition(' ')[2] or now}. It writes nothing more."
            )


def _write(path: Path, text: str) -> None:
    """Write a file that nobody ever reads a part of. `earshot.files` asks this module, so it cannot serve here."""
    temporary = path.with_name(f"{path.name}.{socket.gethostname()}-{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)
