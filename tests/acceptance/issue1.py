"""The bars of issue 1: the localisation study, and a workflow that stands kills, damage and a fresh machine."""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from bars import DATA, ROOT, Bars, Log, Missed
from earshot.data.sofa import read_hrirs
from earshot.data.sources import read_sources
from earshot.errors import EarshotError
from kills import Arena, kill_often
from runs import copy_project

BARS = Bars()
SNAKEMAKE = [sys.executable, "-m", "snakemake"]


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="earshot-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def project() -> Iterator[Path]:
    """Give a copy of the project without results."""
    with scratch() as folder:
        yield copy_project(folder)


def summary_of(folder: Path, name: str) -> dict[str, Any]:
    """Return the headline figures of a run."""
    return json.loads((folder / "results" / name / "localisation" / "summary.json").read_text())


# A fresh clone


def fresh_clone(log: Log, targets: list[str], killed_after_s: float | None = None) -> tuple[str, bool]:
    """Make targets one after another in a clone of what is committed, where asked after a kill in mid-set-up."""
    environment = {"EARSHOT_DATA": str(DATA)} if DATA.is_dir() else {}
    measured, passed = [], True
    with scratch() as folder:
        clone = folder / "earshot"
        log.succeed(["git", "clone", "--quiet", str(ROOT), str(clone)], folder)
        if killed_after_s:
            log.run(["make", targets[0]], clone, environment, kill_after_s=killed_after_s)
            if (clone / ".venv" / "whole").exists():
                raise Missed(f"the set-up was whole after {killed_after_s} s: nothing was killed in its middle")
        for target in targets:
            finished = log.succeed(["make", target], clone, environment)
            setup_s = setup_seconds(clone, finished.seconds)
            seconds = finished.seconds - setup_s
            measured.append(f"make {target} {seconds:.0f} s after a set-up of {setup_s:.0f} s")
            log.say(measured[-1])
            if target == "demo":
                where = re.search(r"^The reports of the demo, in (.+):$", finished.output, re.MULTILINE)
                reports = re.findall(r"^  (\w+/index.html) ", finished.output, re.MULTILINE)
                told = len(reports) == 4 and all(where and Path(where[1], one).is_file() for one in reports)
                measured += [] if told else ["it does NOT say where the reports are"]
                passed &= told and seconds < 180
        if "demo" in targets:
            again = log.succeed(["make", "demo"], clone, environment)
            idle = "Nothing to be done" in again.output
            measured.append(f"again: {'nothing to be done' if idle else 'NOT up to date'}, {again.seconds:.0f} s")
            passed &= idle
    return "; ".join(measured), passed


def setup_seconds(clone: Path, made_s: float) -> float:
    """Return how much of the last so many seconds the environment took: until the file was there that says so."""
    clock = clone.parent / "clock"
    clock.touch()
    whole = clone / ".venv" / "whole"
    return max(0.0, made_s - (clock.stat().st_mtime - whole.stat().st_mtime))


for _name, _targets, _killed_after_s in (
    ("demo", ["demo"], None),
    ("demo-then-test", ["demo", "test"], None),
    ("test-then-demo", ["test", "demo"], None),
    ("killed-setup-demo", ["demo"], 8),
    ("killed-setup-test", ["test"], 8),
):
    _wanted = f"in a fresh clone make {' and make '.join(_targets)} end well"
    if _killed_after_s:
        _wanted += " after SIGKILL in the middle of the set-up"
    if "demo" in _targets:
        _wanted += "; the demo takes under 180 s, says where its report is, and has nothing to do the second time"
    BARS.add(_name, _wanted)(partial(fresh_clone, targets=_targets, killed_after_s=_killed_after_s))


# Real data


@BARS.add("ari", "8 times as fast; 90 % interval of the difference in p95 inside 1 degree; below 4,000 MB", "data")
def ari(log: Log) -> tuple[str, bool]:
    """Run the study on the people of ARI, as config/local.yaml says."""
    arguments = ["--cores", "2", "--configfile", "config/local.yaml", "--config", f"data_dir={DATA}"]
    with project() as folder:
        log.succeed([*SNAKEMAKE, *arguments, "--", "localisation"], folder)
        summary = summary_of(folder, "local")
    log.write(json.dumps(summary, indent=2))
    speed, study = summary["speedup"]["localisation"], summary["localisation"]
    equal, memory_mb = study["equivalence"], speed["peak_memory_mb"]["accelerated"]
    control, accelerated = (study[variant]["p95_deg"]["mean"] for variant in ("control", "accelerated"))
    measured = (
        f"{speed['ratio']:.1f} times as fast ({speed['ratio_low']:.1f} to {speed['ratio_high']:.1f}); "
        f"p95 {accelerated:.2f} against {control:.2f} degrees, n = {equal['n']}, "
        f"difference {equal['low_deg']:+.2f} to {equal['high_deg']:+.2f}; {memory_mb:,.0f} MB"
    )
    return measured, speed["ratio"] >= 8 and equal["holds"] and equal["high_deg"] < 1 and memory_mb < 4000


@BARS.add("ita-files", "all 48 files are read", "data")
def ita_files(log: Log) -> tuple[str, bool]:
    """Read everybody's file of ITA."""
    source = read_sources(ROOT / "config" / "sources.yaml")["ita"]
    read = 0
    for file in source.files:
        try:
            hrirs = read_hrirs(source.find(file, DATA))
            log.write(
                f"{file.item}: {hrirs.hrirs.shape}, {hrirs.rate_hz:g} Hz; {'; '.join(hrirs.doubts) or 'no doubts'}"
            )
            read += 1
        except EarshotError as error:
            log.say(str(error))
    return f"{read} of {len(source.files)}", read == len(source.files) == 48


@BARS.add("ita-workflow", "a report on people of ITA, MRT02 with its odd file among them", "data")
def ita_workflow(log: Log) -> tuple[str, bool]:
    """Run the study on a few people of ITA."""
    people = ["MRT01", "MRT02", "MRT03"]
    study = {"collection": "ita", "subjects": people, "tuning_subjects": {"ita": []}}
    with project() as folder:
        settings = folder / "few.json"
        settings.write_text(json.dumps({"name": "few", "data_dir": str(DATA), "localisation": study}))
        log.succeed([*SNAKEMAKE, "--profile", "profiles/local", "--configfile", str(settings)], folder)
        study = summary_of(folder, "few")["localisation"]
        there = (folder / "results" / "few" / "localisation" / "index.html").is_file()
    return f"{study['listeners']} listeners, {len(study['excluded'])} left out", there and study["listeners"] == 3


# The workflow


@BARS.add("kills", "20 of 20: no help, never two writers of a file, the bytes of an undisturbed run")
def kills(log: Log) -> tuple[str, bool]:
    """Kill ten demos with all their jobs, and ten from under them, at random moments."""
    with scratch() as folder:
        outcomes = kill_often(Arena(folder / "arena"), 10, log.say)
    good = sum(not outcome.faults for outcome in outcomes)
    outlived = sum(outcome.kind == "alone" and outcome.left > 0 for outcome in outcomes)
    measured = f"{good} of {len(outcomes)}; jobs outlived {outlived} of the kills of Snakemake alone"
    return measured, good == len(outcomes) == 20 and outlived > 0


@BARS.add("plan", "a dry run of the full study in under 3 s, the worst of five, downloaded or among 43,200 other files")
def plan(log: Log) -> tuple[str, bool]:
    """Time dry runs where nothing was made yet, so that every job is planned."""
    with project() as folder:
        data = folder / "data"
        for person in range(1, 49):  # planning looks at names alone
            write_empty(data / "ita" / f"MRT{person:02}.sofa")
        for clip in range(43_200):
            write_empty(data / "triads" / f"piano_{clip}.wav")
        runs = [log.succeed([*SNAKEMAKE, "--dry-run"], folder) for _ in range(5)]
        in_place = [log.succeed([*SNAKEMAKE, "--dry-run", "--config", f"data_dir={data}"], folder) for _ in range(5)]
    seconds, beside = ([run.seconds for run in some] for some in (runs, in_place))
    (jobs,) = {int(total) for run in runs for total in re.findall(r"^total +(\d+)$", run.output, re.MULTILINE)}
    measured = f"{min(seconds):.1f} to {max(seconds):.1f} s for {jobs} jobs"
    measured += f"; in place {min(beside):.1f} to {max(beside):.1f} s"
    return measured, max(seconds + beside) < 3 and jobs > 48


def write_empty(path: Path) -> None:
    """Make a file that holds nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


# What tests prove


def tests_pass(log: Log, *paths: str) -> tuple[str, bool]:
    """Run tests and return their counts; one that was skipped proves nothing."""
    finished = log.run([sys.executable, "-m", "pytest", *paths], ROOT)
    counts = re.findall(r"\d+ (?:passed|failed|errors?|skipped|xfailed)", finished.output.rstrip().rpartition("\n")[2])
    return ", ".join(counts) or "no tests", finished.code == 0 and not any("skipped" in count for count in counts)


@BARS.add("downloads", "all tests of downloads and archives pass, against a server of this machine")
def downloads(log: Log) -> tuple[str, bool]:
    """Run the tests that talk to a server on the loopback device."""
    return tests_pass(log, "tests/unit/test_download.py", "tests/unit/test_archives.py")


@BARS.add("features", "both variants agree to 1e-4 of each feature's RMS: all tests pass")
def features(log: Log) -> tuple[str, bool]:
    """Run the tests that hold both variants' features together."""
    # The GPU's own test is no bar for a machine without one.
    chosen = [] if torch.cuda.is_available() else ["-m", "not gpu"]
    return tests_pass(log, *chosen, "tests/unit/test_interaural.py")


@BARS.add("staleness", "an edit makes stale what depends on it and nothing else: all tests pass")
def staleness(log: Log) -> tuple[str, bool]:
    """Run the tests that edit settings, code and data and look at what a dry run plans."""
    return tests_pass(log, "tests/workflow/test_staleness.py")
