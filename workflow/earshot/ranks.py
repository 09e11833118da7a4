"""Programs of MPI: how their ranks are started, how they find each other, and how all end with the first that fails.

A program is a module that is started as `python -m mpi4py -m MODULE description.json`, by mpiexec or srun. Whoever
starts ranks must not begin MPI itself, so mpi4py is imported in the ranks alone.
"""

import importlib.util
import json
import logging
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earshot.errors import EarshotError
from earshot.files import replacing
from earshot.progress import PROGRESS
from earshot.threads import use_threads

log = logging.getLogger(__name__)

HEAD = 0

# What tells a rank of how many there are: whoever started them here; MPICH and srun by PMI; Open MPI; and srun by any
# plugin. What SLURM says of a whole job is none of it, since a job's script is alone.
_RANKS = "EARSHOT_RANKS"
_SIZES = (_RANKS, "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")


@dataclass(frozen=True)
class Program:
    """A program of ranks, as its errors speak of it."""

    rule: str  # whose resource `mpi` is the launcher
    task: str  # what the ranks do together: "the search"
    kept: str  # a sentence: what of it is kept when a rank dies


def start(
    program: Program, module: str, description: Mapping[str, Any], path: Path, launcher: str, ranks: int, threads: int
) -> None:
    """Start so many ranks of a module by an MPI launcher and wait for them; what they say goes to the log.

    `launcher` may have options: "srun --mpi=pmi2". The description is written to `path` as JSON, and each rank computes
    in so many threads. Raises EarshotError when the launcher is not there, and when ranks do not end well.
    """
    name, *options = shlex.split(launcher)
    found = _program(name)
    if not found:
        raise EarshotError(f"{name}: no such MPI launcher here. Set the resource mpi of {program.rule} to one that is.")
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(description))
    command = [found, *options, "-n", str(ranks), sys.executable, "-m", "mpi4py", "-m", module, str(path)]
    use_threads(threads)
    # Where srun starts them: all end with the first that fails, and each has all of its cores.
    for_srun = {"SLURM_KILL_BAD_EXIT": "1", "SRUN_CPUS_PER_TASK": str(threads)}
    environment = os.environ | for_srun | {_RANKS: str(ranks)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as started:
        for line in started.stdout or ():
            log.log(PROGRESS, "%s", line.rstrip())
    if started.returncode:
        raise EarshotError(
            f"{name}: a rank of {program.task} ended before its time (exit status {started.returncode}; what it said "
            f"is above). {program.kept}"
        )


def can_start(launcher: str) -> bool:
    """Return whether ranks can be started here: by this launcher, for programs that import mpi4py."""
    return bool(launcher and _program(shlex.split(launcher)[0]) and importlib.util.find_spec("mpi4py"))


def _program(name: str) -> str | None:
    """Return where a program is: beside Python, or else on the path."""
    beside_python = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return shutil.which(name, path=beside_python)


def started_with() -> int:
    """Return how many ranks a launcher started this process with, by its environment: 1 without one."""
    return max(int(os.environ.get(name) or 1) for name in _SIZES)


def world() -> Any:
    """Return the communicator of all ranks, `MPI.COMM_WORLD`; this begins MPI."""
    from mpi4py import MPI  # noqa: PLC0415

    return MPI.COMM_WORLD


def require_all(comm: Any, ranks: int, program: Program) -> None:
    """Raise EarshotError unless as many ranks see each other as were started."""
    if comm.size != ranks:
        raise EarshotError(
            f"resource mpi of {program.rule}: {ranks} ranks were started, and they see {comm.size} of them. With "
            "srun the site's plugin must be one that its MPI library knows: srun --mpi=list, then for example "
            "mpi='srun --mpi=pmi2'."
        )


def neighbour(comm: Any, computes: bool) -> int:
    """Return this rank's number among those of its node that compute as it does, or do not. All ranks must ask."""
    from mpi4py import MPI  # noqa: PLC0415

    return comm.Split(computes).Split_type(MPI.COMM_TYPE_SHARED).rank


def take_gpu(number: int) -> None:
    """Let this process see one GPU of its node, in turn with the others there, of which it has this number."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is None:
        import torch  # noqa: PLC0415 - a second of loading, which whoever has no need of it is spared

        names = [str(n) for n in range(torch.cuda.device_count())]
    else:
        names = given.split(",")
    os.environ["CUDA_VISIBLE_DEVICES"] = names[number % len(names)] if names else ""


def receive(comm: Any, pause_s: float = 0.002) -> Any:
    """Wait for a message without a busy core, as MPI's own way to wait would have it."""
    while not comm.iprobe():
        time.sleep(pause_s)
    return comm.recv()


@contextmanager
def ending_all(comm: Any) -> Iterator[None]:
    """End all ranks where this one's block fails: others would wait for it for ever.

    What a person can put right is said in its own sentence, everything else with where it happened.
    """
    try:
        yield
    except EarshotError as error:
        log.error("%s", error)
        comm.Abort(1)
    except Exception:
        log.exception("a rank failed, and Earshot does not know why:")
        comm.Abort(1)
