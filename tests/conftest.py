"""What tests share: where the real data are, and which tests may be skipped."""

import os
from pathlib import Path

import pytest
from chromium import missing as missing_browser
from mpi import missing as missing_mpi
from slurm.cluster import missing as missing_cluster

# Tests run side by side. Threads that spin while they wait for others of their kind, which have no core just now, would
# take more time than all tests do. Jobs of a run have as many threads as their rules say.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("EARSHOT_DATA", ROOT.parent / "shared" / "data")).resolve()


def pytest_collection_modifyitems(items):
    """Skip tests whose needs are not here, and say so; what EARSHOT_REQUIRE names (data, mpi) may not be missing."""
    required = os.environ.get("EARSHOT_REQUIRE", "").split()
    missing = {}
    if not DATA.is_dir():
        missing["data"] = f"the real data sets are not at {DATA}; set EARSHOT_DATA to their folder"
    if reason := missing_browser():
        missing["browser"] = reason
    if reason := missing_cluster():
        missing["slurm"] = reason
    if reason := missing_mpi():
        missing["mpi"] = reason
    if not _has_gpu():
        missing["gpu"] = "no CUDA GPU here"
    for name, reason in missing.items():
        wanting = [item for item in items if item.get_closest_marker(name)]
        if name in required and wanting:
            raise pytest.UsageError(f"EARSHOT_REQUIRE names {name}, but {reason}")
        for item in wanting:
            item.add_marker(pytest.mark.skip(reason=reason))


def _has_gpu():
    import torch

    return torch.cuda.is_available()


@pytest.fixture
def data():
    """The folder of the real data sets."""
    return DATA
