"""Whether programs of MPI can be started here."""

import sys
from importlib.util import find_spec
from pathlib import Path


def missing() -> str | None:
    """Say why none can be, or None."""
    if find_spec("mpi4py") and Path(sys.executable).with_name("mpiexec").exists():
        return None
    return "mpi4py and mpiexec are not here; install envs/requirements-mpi.txt"
