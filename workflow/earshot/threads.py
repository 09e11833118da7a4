"""How many threads this process computes in."""

import os
import sys

from threadpoolctl import threadpool_limits

_VARIABLES = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "PRA_NUM_THREADS",  # pyroomacoustics listens to nothing else
]


def use_threads(count: int) -> None:
    """Let every library compute in so many threads: what the job was given, not what its node has.

    Libraries that are imported later, and processes that are started, learn it from their environment.
    """
    os.environ |= dict.fromkeys(_VARIABLES, str(count))
    threadpool_limits(count)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(count)
    if numba := sys.modules.get("numba"):
        numba.set_num_threads(min(count, numba.config.NUMBA_NUM_THREADS))
