"""Pieces that tests make: a program of its own, with a work that stands for one of Earshot's.

python pieces_made_up.py description.json
mpiexec -n 3 python -m mpi4py -m pieces_made_up description.json
"""

import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from earshot import pieces
from earshot.errors import DataError

NAMES = [f"scene-{number:02}" for number in range(8)]


def work(settings):
    """A table of a few numbers for each name, and a file in `seen` for each name that a process is at."""
    seen = Path(settings["seen"])
    loaded = seen / f"loaded-{os.getpid()}"
    assert not loaded.exists(), "loads twice"
    loaded.touch()

    def make(name):
        (seen / f"{name}-{os.getpid()}").touch()
        if name == settings.get("fails"):
            raise DataError(f"{name}: no such room")
        if name == settings.get("breaks"):
            raise IndexError(name)
        time.sleep(settings.get("seconds", 0.0))
        draw = np.random.default_rng(int(name.rpartition("-")[2]))
        return pd.DataFrame({"item": [f"{name}/{n}" for n in range(50)], "error_deg": draw.normal(size=50)})

    return make


# As if it lay in the package: no other work is taken.
work.__module__ = "earshot.made_up"
sys.modules["earshot.made_up"] = sys.modules[__name__]


def job(folder, **changed):
    """A job in a folder, with these settings changed, or fields of the job."""
    (folder / "seen").mkdir(parents=True, exist_ok=True)
    settings = {"seen": str(folder / "seen")}
    settings |= {key: changed.pop(key) for key in ("fails", "breaks", "seconds") if key in changed}
    common = {"rule": "scenes", "task": "the scenes", "threads": 1, "state": str(folder / "state"), "names": NAMES}
    return pieces.Job(work="earshot.made_up:work", settings=settings, **(common | changed))


def described(job):
    """The arguments of a plain start of this program for a job."""
    path = Path(job.state).with_name("description.json")
    path.write_text(pieces.json.dumps(asdict(job)))
    return [sys.executable, __file__, str(path)]


if __name__ == "__main__":
    pieces.main(sys.argv[1])
