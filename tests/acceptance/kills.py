"""Kill a run, start it again at once, and compare what it makes with what an undisturbed run makes.

Two ways to die: the whole process group (a closed terminal, a node that is taken away), and Snakemake alone while its
jobs live on (the out-of-memory killer). After both the rerun must need no help, never share the folder with a process
of the run before, and end with the same bytes.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import psutil
from earshot.data.schemas.benchmark import BENCHMARK
from earshot.data.schemas.scores import SCORES
from earshot.data.tables import read_table
from earshot.errors import EarshotError
from earshot.show.overview import read_run, render_overview
from earshot.show.page import FigureOnPage
from earshot.show.page_localisation import render_localisation
from runs import WATCH, copy_project

Kind = Literal["group", "alone"]


@dataclass(frozen=True)
class Outcome:
    """What came of one kill: when, during which rules, and what was wrong afterwards."""

    kind: Kind
    moment_s: float
    during: tuple[str, ...]
    left: int  # processes that outlived the kill
    rerun_s: float
    faults: tuple[str, ...]

    def __str__(self) -> str:
        during = " and ".join(self.during) or "Snakemake alone"
        result = "; ".join(self.faults) or "the same bytes"
        how = f"killed {self.kind} at {self.moment_s:5.1f} s"
        return f"{how} during {during} ({self.left} left), rerun {self.rerun_s:.1f} s: {result}"


class Arena:
    """A copy of the project in which runs are killed."""

    def __init__(
        self,
        folder: Path,
        smaller: dict[str, Any] | None = None,
        targets: Sequence[str] = (),
        profile: Sequence[str] = ("--profile", "profiles/local"),
        environment: Mapping[str, str] | None = None,
    ):
        self.project = folder / "project"
        self.project.mkdir(parents=True)
        copy_project(self.project)
        self.undisturbed = folder / "undisturbed"
        self.book = folder / "book.jsonl"  # in which every process of every run signs in
        self.output = folder / "output.log"
        self.runs = 0
        on_top = folder / "smaller.json"
        on_top.write_text(json.dumps(smaller or {}))
        # The command of `make demo`, where asked with a smaller configuration on top.
        self.command = [sys.executable, "-m", "snakemake", *targets]
        self.command += ["--configfile", "config/demo.yaml", str(on_top)]
        self.profile = list(profile)
        self.environment = dict(environment or {})

    def start(
        self, profile: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a run in a process group of its own; by another profile, or in another environment, where asked."""
        self.runs += 1
        path = os.pathsep.join(filter(None, [str(WATCH), os.environ.get("PYTHONPATH")]))
        watched = {"PYTHONPATH": path, "EARSHOT_WATCH": str(self.book), "EARSHOT_WATCH_RUN": str(self.runs)}
        with self.output.open("ab") as output:
            return subprocess.Popen(
                [*self.command, *(profile or self.profile)],
                cwd=self.project,
                env=os.environ | watched | self.environment | dict(environment or {}),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run_undisturbed(self) -> float:
        """Make the results that all others are compared with, and return how many seconds it took."""
        began = time.monotonic()
        self.finish(self.start())
        took_s = time.monotonic() - began
        (self.project / "results").rename(self.undisturbed)
        return took_s

    def kill_and_rerun(self, kind: Kind, moment_s: float) -> Outcome:
        """Begin from nothing, kill the run after so many seconds, start again at once and judge the results.

        Where the machine was faster than at the undisturbed run, so that nothing is left to kill, it is half as many.
        """
        self.clear()
        run = self.start()
        time.sleep(moment_s)
        during = tuple(sorted({rule for rule in map(_rule, self._alive()) if rule}))
        if run.poll() is not None:
            return self.kill_and_rerun(kind, moment_s / 2)
        if kind == "group":
            os.killpg(run.pid, signal.SIGKILL)
        else:
            run.kill()
        run.wait()
        left = len(self._alive())
        began = time.monotonic()
        faults = []
        try:
            self.finish(self.start())
        except subprocess.SubprocessError as error:
            faults.append(f"the rerun failed: {error}")
        rerun_s = time.monotonic() - began
        faults += self.meetings()
        faults += differences(self.undisturbed, self.project / "results")
        return Outcome(kind, moment_s, during, left, rerun_s, tuple(faults))

    def clear(self) -> None:
        """Begin from nothing."""
        for made in ("results", "logs", ".snakemake"):
            shutil.rmtree(self.project / made, ignore_errors=True)
        self.book.unlink(missing_ok=True)

    def finish(self, run: subprocess.Popen[bytes]) -> None:
        """Wait for a run. Raises SubprocessError with the end of its output unless it ends well."""
        try:
            code = run.wait(timeout=600)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            raise
        said = self.output.read_text()
        if code or "sitecustomize" in said:  # a process that could not sign in has not looked around
            raise subprocess.SubprocessError(f"exit status {code}: {said[-2000:]}")

    def meetings(self) -> list[str]:
        """Return every meeting of a job with a process of an earlier run that the book tells of."""
        return meetings(_entries(self.book))

    def scripts_cpu_s(self) -> float:
        """Return the seconds of the processor that all scripts of the runs in the book took."""
        return sum(entry["cpu_s"] for entry in _entries(self.book) if "cpu_s" in entry)

    def scripts(self) -> list[Counter[str]]:
        """Return of each run in the book how many scripts of each rule began."""
        entries = [entry for entry in _entries(self.book) if entry.get("job") and _rule(entry)]
        last = max((entry["run"] for entry in entries), default=0)
        return [Counter(str(_rule(entry)) for entry in entries if entry["run"] == run) for run in range(1, last + 1)]

    def _alive(self) -> list[dict[str, Any]]:
        """Return the book's entries of jobs that are alive."""
        return [entry for entry in _entries(self.book) if entry.get("job") and _is_alive(entry["pid"])]


def meetings(entries: Sequence[dict[str, Any]]) -> list[str]:
    """Return every meeting of two runs in a book: a job beside an earlier run's process, or one that came later."""
    found = []
    at_work = 0  # the latest run of which a job has begun
    for entry in (entry for entry in entries if "run" in entry):
        if entry.get("beside"):
            found.append(f"a job of run {entry['run']} began beside processes {entry['beside']} of an earlier run")
        elif entry["run"] < at_work:
            found.append(f"process {entry['pid']} of run {entry['run']} began after a job of run {at_work}")
        elif entry.get("job"):
            at_work = entry["run"]
    return found


def _entries(book: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in book.read_text().splitlines()] if book.exists() else []


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _rule(entry: dict[str, Any]) -> str | None:
    """Return the rule of a job by its script, which Snakemake copies to tmpXXXXXXXX.<rule>.py."""
    script = Path(entry["command"][0]).name if entry["command"] else ""
    return script.split(".")[1] if script.startswith("tmp") and script.endswith(".py") else None


def differences(expected: Path, found: Path) -> list[str]:
    """Return a line for every file that one folder of results lacks or that differs, times aside.

    Hidden files are not results: a writer that is killed leaves its temporary file, which nothing reads.
    """
    wanted, there = ({path.relative_to(folder) for path in _results(folder)} for folder in (expected, found))
    faults = [f"{path} is missing" for path in sorted(wanted - there)]
    faults += [f"{path} is too much" for path in sorted(there - wanted)]
    for path in sorted(wanted & there):
        if path.suffix == ".tsv":  # Snakemake's measurement of a job: nothing but times and memory
            continue
        content = CONTENT.get(path.name, Path.read_bytes)
        try:
            if content(expected / path) != content(found / path):
                faults.append(f"{path} differs")
        except (EarshotError, ValueError, KeyError) as error:
            faults.append(f"{path} cannot be compared: {error}")
    return faults


def _results(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _without_times(benchmark: Path) -> bytes:
    """Return the benchmark's table but for seconds and memory."""
    return read_table(benchmark, BENCHMARK).drop(columns=["seconds", "peak_memory_mb"]).to_csv().encode()


def _without_seconds(history: Path) -> bytes:
    """Return the history of a training but for how long epochs took."""
    losses = pd.read_parquet(history)
    return losses.drop(columns=[name for name in losses if "seconds" in name]).to_csv().encode()


def _without_speed(summary: Path) -> bytes:
    """Return the summary but for figures of speed, and of the stages their names and jobs."""
    figures = json.loads(summary.read_text())
    del figures["speedup"], figures["hardware"], figures["git_commit"]
    figures["stages"] = [{"rule": stage["rule"], "jobs": stage["jobs"]} for stage in figures["stages"]]
    return json.dumps(figures, sort_keys=True).encode()


def _is_what_its_inputs_give(page: Path) -> bytes:
    """Return whether the page is, byte for byte, what summary, scores and figures beside it are rendered to.

    Times are all over the page, so two pages are never alike. But a page is a function of files that are compared
    themselves: where each page is that function of its own files, pages differ by nothing that these do not. The first
    page is one of what chapters there are.
    """
    if page.parent.name == "report":
        rendered = render_overview(read_run(page.parents[1]))
        return b"" if rendered == page.read_text(encoding="utf-8") else b"not what its chapters give"
    summary = json.loads(page.with_name("summary.json").read_text())
    results = page.parents[1]
    variants = summary["settings"]["localisation"]["variants"]
    scores = [read_table(results / "localisation" / variant / "scores.parquet", SCORES) for variant in variants]
    pictured = {"error_map": variants[-1], "predicted_against_true": variants[-1]}
    names = ["error_distribution", "agreement", "error_map", "predicted_against_true", "speed"]
    figures = [
        FigureOnPage(name, (page.parent / "figures" / f"{name}.svg").read_text(), pictured.get(name)) for name in names
    ]
    rendered = render_localisation(summary, figures, pd.concat(scores, ignore_index=True))
    return b"" if rendered == page.read_text(encoding="utf-8") else b"not what its inputs give"


# Files in which times stand, by what must be equal in them all the same; of the figure of speed, only that it is there.
CONTENT: dict[str, Callable[[Path], bytes]] = {
    "benchmark.parquet": _without_times,
    "history.parquet": _without_seconds,
    "summary.json": _without_speed,
    "index.html": _is_what_its_inputs_give,
    "speed.svg": lambda figure: b"",
}


def random_moments(length_s: float, count: int, seed: int) -> list[float]:
    """Return moments of a run in no order: one in each of so many equal parts of it, anywhere in its part."""
    generator = random.Random(seed)
    moments = [(part + generator.random()) / count * length_s for part in range(count)]
    generator.shuffle(moments)
    return moments


def kill_often(arena: Arena, count: int, say: Callable[[str], None], seed: int = 1) -> list[Outcome]:
    """Kill so many runs in each way, and say how each went. Raises SubprocessError when the undisturbed run fails."""
    length_s = arena.run_undisturbed()
    say(f"undisturbed: {length_s:.1f} s")
    outcomes = []
    kinds: tuple[Kind, ...] = ("group", "alone")
    moments = (random_moments(length_s, count, seed + number) for number in range(len(kinds)))
    for moments_s in zip(*moments, strict=True):
        for kind, moment_s in zip(kinds, moments_s, strict=True):
            outcomes.append(arena.kill_and_rerun(kind, moment_s))
            say(str(outcomes[-1]))
    return outcomes
