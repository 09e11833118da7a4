"""One finished run that all workers of a test session share."""

import fcntl
import os
import shutil

import pytest
from runs import copy_project, run


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A project's folder with a finished run of the tiny study: to read and to plan in, not to change."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "finished"
    # The first worker that gets here makes the run; the others wait for it.
    with (shared / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "results/tiny/localisation/index.html").exists():
            folder.mkdir(exist_ok=True)
            (folder / "own").mkdir()  # clips of one's own, to plan with
            (folder / "own/clips.csv").write_text("filename,category\na.wav,bell\nb.wav,drum\n")
            run(copy_project(folder), project=folder)
    return folder


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the finished run's folder, times of change kept: to do anything with."""
    return shutil.copytree(finished, tmp_path / "project")
