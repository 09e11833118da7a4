"""Libraries compute in as many threads as they are told, imported before or after, in this process or a child."""

import json
import os
import subprocess
import sys

import pytest

SCRIPT = """
import json, sys
{before}
from earshot.threads import use_threads
use_threads(1)
import numba, numpy, scipy.linalg, torch
from threadpoolctl import threadpool_info
pools = [pool["num_threads"] for pool in threadpool_info()]
child = "import torch; print(torch.get_num_threads())"
import subprocess
of_child = int(subprocess.check_output([sys.executable, "-c", child]))
print(json.dumps([*pools, torch.get_num_threads(), numba.get_num_threads(), of_child]))
"""


@pytest.mark.parametrize("before", ["", "import numpy, scipy.linalg, torch"], ids=["before", "after"])
def test_every_pool_has_the_threads_it_was_given(before):
    """One, where the machine has more."""
    unset = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    said = subprocess.check_output([sys.executable, "-c", SCRIPT.format(before=before)], text=True, env=unset)
    assert set(json.loads(said)) == {1}
