"""Searches that several processes share: who is at work, what was finished when, and whether it is as it should be."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import torch
import yaml
from earshot import writer
from earshot.config import read_config
from earshot.learn import study
from earshot.learn.journal import Journal
from earshot.learn.search import Halving
from earshot.learn.search_setup import read_listeners, search_of
from earshot.learn.space import search_space
from runs import ROOT, TINY, changed
from threadpoolctl import threadpool_limits

# Some seconds of work in rounds of two trials.
SHARED = changed(
    {
        "device": "cpu",
        "localisation.threads": 1,
        "localisation.network.max_epochs": 300,
        "localisation.network.patience_epochs": 300,
        "localisation.tuning_subjects": {"synthetic": ["person01", "person02", "person03"]},
        "localisation.search": {
            "trials": 16,
            "trials_at_once": 2,
            "halving_epochs": [100],
            "space": {"width": [8, 16], "layers": [1, 2], "batch_size": [4, 8]},
        },
    },
    TINY,
)
WORKERS = changed({"localisation.search.workers": 2}, SHARED)
POOL = changed({"localisation.search.arrangement": "mpi", "localisation.search.ranks": 2}, SHARED)

# On the test cluster: memory for no two workers on one node; and ranks on two, by the plugin of the profile, whose own
# resources this option replaces. Ranks sometimes do not find each other (slurmstepd gets a broken request of MPICH's by
# PMI2) and end at once: that is tried again as often as it takes, without asking for more than a node has.
_PROFILE = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())["set-resources"]
WORKERS_APART = ["--set-resources", "search_trials:mem_mb=5000"]
_OF_POOL = {"nodes": 2, "mpi": _PROFILE["search_pool"]["mpi"], "mem_mb": 1500, "mem_mb_per_cpu": 1500, "runtime": 30}
POOL_APART = ["--set-resources", *(f"search_pool:{name}={value}" for name, value in _OF_POOL.items()), "--retries", "8"]


def trials(folder: Path) -> pd.DataFrame:
    """Return the table of trials."""
    return pd.read_parquet(folder / "results/tiny/search/trials.parquet")


def without_times(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of trials as it is whoever ran them, and when."""
    return table.drop(columns="seconds")


def journal_of(folder: Path) -> Path | None:
    """Return the journal of the search in a folder, where there is one by now."""
    return next(folder.glob("results/tiny/state/*/*/journal.log"), None)


def added(folder: Path) -> list[str]:
    """Return the journal's lines of finished trials, whole ones."""
    path = journal_of(folder)
    lines = path.read_text().splitlines(keepends=True) if path else []
    return [line for line in lines if '"op_code":4' in line and line.endswith("\n")]


def wait_for_trials(folder: Path, count: int, of_worker: int = 1, patience_s: float = 300) -> None:
    """Wait until a worker has finished so many trials."""
    give_up = time.monotonic() + patience_s
    while sum(json.loads(line)["user_attrs"]["worker"] == of_worker for line in added(folder)) < count:
        if time.monotonic() > give_up:
            raise TimeoutError(f"worker {of_worker} did not finish {count} trials in {patience_s:.0f} s")
        time.sleep(0.01)


def at_work(folder: Path, word: str) -> Iterator[psutil.Process]:
    """Go through the processes of a folder's run that have a word in their command; launchers of ranks are none."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            command = process.cmdline()
            mine = process.environ().get(writer.FOLDER) == os.path.realpath(folder)
            if mine and "python" in Path(command[0]).name and any(word in part for part in command[1:]):
                yield process


def ranks(folder: Path, module: str = "earshot.learn.search_pool") -> dict[int, psutil.Process]:
    """Return the ranks of a program of MPI at work in a folder, by their numbers."""
    found = {}
    for process in at_work(folder, module):
        with suppress(psutil.Error):
            environment = process.environ()
            found[int(environment.get("SLURM_PROCID") or environment["PMI_RANK"])] = process
    return found


class Killing:
    """Somebody at work on a search is killed in mid-trial: on which nodes all of them were, and what was finished."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.nodes: set[str] = set()
        self.before: list[str] = []

    def of_a_worker(self, job: str = "") -> None:
        """Kill one of two workers when both have finished trials."""
        for worker in (1, 2):
            wait_for_trials(self.folder, 1, worker)
        self._kill(list(at_work(self.folder, ".search_trials.py")))

    def of_a_rank(self, job: str = "") -> None:
        """Kill the last rank when some trials are finished."""
        wait_for_trials(self.folder, 3)
        self._kill([rank for _, rank in sorted(ranks(self.folder).items())])

    def _kill(self, there: list[psutil.Process]) -> None:
        self.nodes = {process.environ().get("SLURMD_NODENAME", "") for process in there}
        self.before = added(self.folder)
        there[-1].kill()


def faults(folder: Path, config: dict[str, Any], before: list[str]) -> list[str]:
    """Say what is wrong with a finished search of which these lines had been written when somebody was killed.

    Each round must be what its trials say that they knew, each trial be there once, and a round that is run again alone
    come to the same.
    """
    found = [] if added(folder)[: len(before)] == before else ["a finished trial was lost"]
    path = journal_of(folder)
    assert path is not None
    there = Journal(path).trials()
    settings = _settings(config)
    if len(there) != len(added(folder)) or len(there) != settings["trials"]:
        found.append(f"{len(there)} trials of {settings['trials']} in {len(added(folder))} lines")
    space = search_space(settings)
    files = {subject: str(folder / f"results/tiny/hrtf/{subject}.sofa") for subject in settings["subjects"]}
    halving = Halving(tuple(settings["halving"]["epochs"]), settings["halving"]["kept"])
    # Windows and hops that are made together share work, and round by it.
    again = search_of(settings, space, read_listeners(files, None), torch.device("cpu"), halving, space.frames)
    for number in sorted({number for number, _ in there}):
        own = [trial for (of_round, _), trial in there.items() if of_round == number]
        (knew,) = {tuple(trial.user_attrs["knew"]) for trial in own}
        earlier = [trial for (of_round, _), trial in there.items() if of_round in knew]
        drawn = study.ask(space, earlier, len(own), settings["seed"], number)
        if drawn != [trial.params for trial in own]:
            found.append(f"round {number + 1} is not what was to be asked")
            continue
        with _one_thread():
            reached = again([space.candidate(parameters) for parameters in drawn])
        if [list(one.p95_deg) for one in reached] != [trial.user_attrs["p95_deg"] for trial in own]:
            found.append(f"round {number + 1} comes to something else when it is run again")
    return found


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    """Return what the rules of the search make of a configuration, and its trials and subjects."""
    given = read_config(config)
    localisation = given.localisation.model_dump(mode="json")
    search = localisation["search"]
    return {
        "seed": given.seed,
        "held_out": localisation["held_out"],
        "stimulus": localisation["stimulus"],
        "features": localisation["features"],
        "network": localisation["network"],
        "space": search["space"],
        "halving": {"epochs": search["halving_epochs"], "kept": search["halving_kept"]},
        "trials": search["trials"],
        "subjects": localisation["tuning_subjects"]["synthetic"],
    }


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute as a job of one thread does: with more of them sums are rounded in another way."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield
    torch.set_num_threads(threads)
