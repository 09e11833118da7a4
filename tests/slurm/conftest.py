"""One cluster for all tests of this folder."""

import pytest
from slurm import cluster


@pytest.fixture(scope="session")
def slurm():
    """A running cluster, which is stopped afterwards."""
    cluster.start()
    yield cluster
    cluster.stop()
