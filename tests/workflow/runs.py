"""Whole runs of the workflow at a small scale, started as a person would start them."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DRY = {"-n", "--dry-run"}
WATCH = ROOT / "tests/acceptance/watch"  # what Python imports at its start, in runs that are watched or held
PROJECT = ["Snakefile", "config", "envs", "profiles", "workflow"]  # what a checkout has and a run reads
TARGETS = {
    "all",
    "chords",
    "clip_features",
    "clip_speed",
    "data",
    "localisation",
    "localisation_study",
    "localisation_others",
    "reverb",
    "reverb_search",
    "rooms",
    "scene_ranks",
    "scenes",
    "search",
    "sounds",
}  # rules that gather files and make none

# Three people, a tenth of a second from each of 25 directions, and networks of eight neurons that learn for a moment.
TINY: dict[str, Any] = {
    "name": "tiny",
    "synthetic": {"people": 3, "azimuths": 8, "elevations": 4},
    "localisation": {
        "collection": "synthetic",
        "subjects_per_job": 2,
        "stimulus": {"duration_s": 0.1, "repetitions": 1},
        "network": {"hidden_layers": [8], "max_epochs": 3},
        "benchmark": {"control_subjects": 1},
    },
}
PEOPLE = ["person01", "person02", "person03"]


def changed(changes: dict[str, Any], config: dict[str, Any] = TINY) -> dict[str, Any]:
    """Return a configuration with other values at dotted keys."""
    config = copy.deepcopy(config)
    for key, value in changes.items():
        *sections, name = key.split(".")
        place = config
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = value
    return config


def start(
    folder: Path,
    *arguments: str,
    config: dict[str, Any] | None = TINY,
    project: Path = ROOT,
    environment: dict[str, str] | None = None,
) -> subprocess.Popen[str]:
    """Start snakemake in a working folder; `config` None is the full study's."""
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", *_arguments(folder, *arguments, config=config, project=project)],
        cwd=folder,
        env=_inherited() | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _arguments(folder: Path, *arguments: str, config: dict[str, Any] | None = TINY, project: Path = ROOT) -> list[str]:
    """Return what snakemake is given."""
    given = ["--snakefile", str(project / "Snakefile"), "--directory", str(folder)]
    if config is not None:
        with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".", suffix=".yaml", delete=False) as file:
            yaml.safe_dump(config, file)
        given += ["--configfile", file.name]
    # Last, since what follows --configfile is taken for one more.
    return [*given, "--cores", "2", *arguments]


def _inherited() -> dict[str, str]:
    """Return this process's environment. The Snakefile itself has to tell scripts where the library is."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@contextmanager
def held(folder: Path, rule: str) -> Iterator[dict[str, str]]:
    """Hold a rule's scripts until the block ends, in runs that are started in the environment that is given."""
    file = folder / f".held-{rule}"
    file.touch()
    try:
        yield {"PYTHONPATH": str(WATCH), "EARSHOT_HELD": f"{rule}={file}"}
    finally:
        file.unlink()


def run(folder: Path, *arguments: str, succeeds: bool = True, **how: Any) -> str:
    """Run snakemake (see `start`) and return all that it said; its end is the one that is expected."""
    if DRY & set(arguments) and "environment" not in how:
        status, said = _planned(folder, _arguments(folder, *arguments, **how))
    else:
        process = start(folder, *arguments, **how)
        said, _ = process.communicate()
        status = process.returncode
    assert (status == 0) == succeeds, said
    return said


def _planned(folder: Path, arguments: list[str]) -> tuple[int, str]:
    """Return exit status and words of a dry run, by a process that has imported Snakemake."""
    planner = _planner()
    assert planner.stdin and planner.stdout
    try:
        planner.stdin.write(json.dumps([str(folder), arguments]) + "\n")
        planner.stdin.flush()
        return tuple(json.loads(planner.stdout.readline()))
    except BaseException:  # a time-out among them: the next plan must not be given the answer to this one
        planner.kill()
        _planner.cache_clear()
        raise


@cache
def _planner() -> subprocess.Popen[str]:
    """Start it; it ends when this process does."""
    command = [sys.executable, str(Path(__file__).with_name("planner.py"))]
    return subprocess.Popen(command, env=_inherited(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def planned_rules(folder: Path, *arguments: str, **how: Any) -> Counter[str]:
    """Return how many jobs of each rule a dry run lists."""
    said = run(folder, "--dry-run", "--quiet", "host", "reason", *arguments, **how)
    if "Nothing to be done" in said:
        return Counter()
    table = re.search(r"^Job stats:\njob +count\n[- ]+\n(.*?)^total ", said, re.MULTILINE | re.DOTALL)
    assert table, said
    jobs = {rule: int(count) for rule, count in map(str.split, table[1].splitlines())}
    return Counter({rule: count for rule, count in jobs.items() if rule not in TARGETS})


def copy_project(folder: Path, source: Path = ROOT) -> Path:
    """Put a project's files into a folder, as a checkout does: with the present as their time of change."""
    for path in (file for name in PROJECT for file in (source / name, *(source / name).rglob("*"))):
        if path.is_file() and path.parent.name != "__pycache__":
            copied = folder / path.relative_to(source)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
    return folder


def write_person(path: Path) -> Path:
    """Write a small SOFA file of somebody made up, a different one for each name."""
    from earshot.data.sofa import write_hrirs
    from earshot.data.synthetic_hrtf import draw_person, grid, synthesise_hrirs

    write_hrirs(path, synthesise_hrirs(draw_person(1, path.stem), *grid(8, 4)))
    return path


def damage(path: Path) -> Path:
    """Cut a file in half, as a download that broke off leaves it."""
    os.truncate(path, path.stat().st_size // 2)
    return path
