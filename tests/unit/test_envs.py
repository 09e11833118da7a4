"""pip, conda and the container install the same versions: the files are compared, since nothing can build them here."""

import re
from pathlib import Path

import pytest
import yaml

ENVS = Path(__file__).parents[2] / "envs"


def pins(name):
    """The lines of a requirements file."""
    lines = (line.partition("#")[0].strip() for line in (ENVS / name).read_text().splitlines())
    return [line for line in lines if line]


CPU = pins("requirements.txt")
GPU = CPU + pins("requirements-gpu.txt")
MPI = GPU + pins("requirements-mpi.txt")
LISTENER = CPU + pins("requirements-listener.txt")
CONDA = [("cpu.yaml", CPU), ("gpu.yaml", GPU), ("mpi.yaml", MPI), ("listener.yaml", LISTENER)]


def test_every_requirement_names_one_version():
    assert all(
        re.fullmatch(r"[\w.-]+==[\w.]+", line)
        for line in MPI + LISTENER + pins("requirements-app.txt") + pins("requirements-dev.txt")
    )


@pytest.mark.parametrize(("name", "wanted"), CONDA)
def test_conda_installs_what_pip_does(name, wanted):
    python, pip, packages = yaml.safe_load((ENVS / name).read_text())["dependencies"]
    assert (python, pip) == ("python=3.11", "pip")
    assert packages == {"pip": wanted}


def test_the_container_installs_what_pip_does():
    recipe = (ENVS / "earshot.def").read_text()
    assert "From: python:3.11-" in recipe
    copied = dict(re.findall(r"^    (envs/\S+) (\S+)$", recipe, re.MULTILINE))
    assert list(copied) == ["envs/requirements.txt", "envs/requirements-gpu.txt"]
    (installed,) = re.findall(r"^    pip install (.+)$", recipe, re.MULTILINE)
    assert installed == "--no-cache-dir " + " ".join(f"-r {path}" for path in copied.values())


def test_arrays_are_never_waited_for():
    """A limit that binds would leave jobs of an array unsubmitted for ever (profiles/slurm/config.yaml says why)."""
    profile = yaml.safe_load((ENVS.parent / "profiles/slurm/config.yaml").read_text())
    assert profile["slurm-array-jobs"]
    assert profile["jobs"] == profile["resources"]["gpu"] == int(profile["max-jobs-per-timespan"].removesuffix("/1s"))
    assert profile["jobs"] >= 10_000


def test_the_library_asks_for_nothing_that_is_not_pinned():
    project = (ENVS.parent / "pyproject.toml").read_text()
    (needed,) = re.findall(r"^dependencies = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    names = {re.split(r"[>=]", line)[0].lower() for line in re.findall(r'"(.+?)"', needed)}
    assert names <= {line.partition("==")[0].lower() for line in CPU}
