"""Say how far a run is, from its working folder, on any machine that sees it.

    python workflow/progress.py                the latest run
    python workflow/progress.py --every 60     again and again, until it ends

The run itself adds a line to `logs/<name>/progress.log` whenever a job begins or ends. A run that was told to be quiet
about progress (`snakemake --quiet progress` or `all`) says of no job that it ended.
"""

import argparse
import json
import logging
import sys
import time
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from snakemake_interface_logger_plugins.common import LogEvent

sys.path.insert(0, str(Path(__file__).resolve().parent))

from earshot import cluster, run, writer
from earshot.errors import EarshotError
from earshot.show.earlier import earlier_jobs
from earshot.show.standing import line, standing, table


def journal_of_latest(folder: Path) -> Path:
    """Return where the latest run of a folder keeps its journal, which it opens a moment after it has begun."""
    return writer.state(folder) / f"journal-{writer.current_run(folder).get('token')}.jsonl"


class Journal(logging.Filter):
    """Takes down what begins and ends, as Snakemake tells its log. It lets everything pass."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []
        self.journal: Path | None = None
        self.log: Path | None = None

    def open(self, folder: Path, logs: Path, gathering: set[str]) -> None:
        """Write from here on: a line for each event, and one that says how far the run is.

        Rules that only gather files are no work.
        """
        for event in self.events:
            if event["what"] == "plan":
                event["rules"] = {rule: jobs for rule, jobs in event["rules"].items() if rule not in gathering}
        self.journal, self.log = journal_of_latest(folder), logs / "progress.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        for earlier in self.journal.parent.glob("journal-*.jsonl"):
            earlier.unlink()
        self.journal.write_text("".join(json.dumps(event) + "\n" for event in self.events))

    def filter(self, record: logging.LogRecord) -> bool:
        """Take down an event."""
        told = vars(record)
        match told.get("event"):
            case LogEvent.RUN_INFO:
                self._add("plan", rules={rule: jobs for rule, jobs in told["stats"].items() if rule != "total"})
            case LogEvent.JOB_INFO if hasattr(told["resources"], "runtime"):
                logs = [str(log) for log in told["log"]]
                self._add(
                    "begin",
                    job=told["jobid"],
                    rule=told["rule_name"],
                    said=told["rule_msg"],
                    log=logs[0] if logs else None,
                )
            case LogEvent.JOB_FINISHED:
                self._add("end", job=told["job_id"])
            case LogEvent.JOB_ERROR:
                self._add("fail", job=told["jobid"])
        return True

    def _add(self, what: str, **about: Any) -> None:
        self.events.append({"time": time.time(), "what": what} | about)
        if not (self.journal and self.log):
            return
        try:
            with self.journal.open("a") as file:
                file.write(json.dumps(self.events[-1]) + "\n")
            now = standing(self.events)
            said = line(now, earlier_s(Path.cwd(), tuple(now)), time.time())
            with self.log.open("a") as file:
                file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {said}\n")
        except OSError as error:  # no reason to stop a run
            self.journal = None
            print(f"progress is not written any more: {error}", file=sys.stderr)


@cache
def earlier_s(folder: Path, rules: tuple[str, ...]) -> dict[str, float]:
    """Return what a job of each rule took in earlier runs in a working folder, where there were any."""
    earlier = {rule: [job.seconds for job in earlier_jobs(folder, rule)] for rule in rules}
    return {rule: median(seconds) for rule, seconds in earlier.items() if seconds}


def show(folder: Path) -> bool:
    """Print how far the latest run of a folder is, and return whether it is at work."""
    at_work = run.is_claimed(folder)
    path = journal_of_latest(folder)
    if not path.exists():
        print(f"{folder}: {'a run is about to begin' if at_work else 'no run has begun here yet'}")
        return at_work
    rules = standing([json.loads(text) for text in path.read_text().splitlines()])
    print(table(rules))
    about = writer.current_run(folder)
    state = "at work" if at_work else "over"
    print(f"process {about.get('process')} on {about.get('host')}, since {about.get('since')}: {state}")
    said = line(rules, earlier_s(folder, tuple(rules)), time.time())
    print(said if at_work else said.partition(";")[0])
    if at_work and about.get("executor") == "slurm":
        try:
            states = list(cluster.jobs(folder).values())
            print(f"in SLURM: {states.count('RUNNING')} running, {states.count('PENDING')} in the queue")
        except EarshotError:
            print("SLURM does not answer here")
    return at_work


def main() -> None:
    """Say it once, or again and again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=float, metavar="SECONDS", help="say it again after so many seconds")
    parser.add_argument("--directory", type=Path, default=Path.cwd(), help="the run's working folder, where not here")
    given = parser.parse_args()
    while show(given.directory.resolve()) and given.every:
        time.sleep(given.every)
        print()


if __name__ == "__main__":
    main()
