"""Say what a run would cost, before anything is submitted: hours of cores and GPUs, rule by rule.

    python workflow/hours.py --profile profiles/slurm
    python workflow/hours.py --configfile config/demo.yaml --cores 2

Give it what you would give to `snakemake`. Expected hours are drawn from the times of earlier jobs of the same rules,
of any configuration, below `results` and `resources`, in proportion to the size of their inputs; the most is what the
jobs ask for. An input that is not there yet counts 10 MB.
"""

import logging
import sys
from pathlib import Path

import pandas as pd
from snakemake.cli import main as snakemake
from snakemake_interface_logger_plugins.common import LogEvent

sys.path.insert(0, str(Path(__file__).resolve().parent))

from earshot.show.earlier import earlier_jobs
from earshot.show.hours import PlannedJob, cost_by_rule

HEADINGS = {
    "core_h": "core hours",
    "gpu_h": "GPU hours",
    "most_core_h": "at most core hours",
    "most_gpu_h": "at most GPU hours",
    "earlier_jobs": "earlier jobs",
}


class Planned(logging.Filter):
    """Takes down every job that a dry run tells of, and lets nothing but errors through to the terminal.

    A filter and no handler, since Snakemake begins with handlers of its own alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[PlannedJob] = []

    def filter(self, record: logging.LogRecord) -> bool:
        """Take down a job."""
        told = vars(record)
        asked = told.get("resources")
        # A rule that only gathers files asks for no time.
        if told.get("event") == LogEvent.JOB_INFO and hasattr(asked, "runtime"):
            size = input_mb([Path(str(file)) for file in told["input"]])
            # With srun the threads are those of each task.
            tasks = asked.tasks if str(asked.get("mpi", "")).startswith("srun") else 1
            cores, gpus = told["threads"] * tasks, asked.get("gpu") or 0
            self.jobs.append(PlannedJob(told["rule_name"], cores, gpus, asked.runtime, size))
        return record.levelno >= logging.ERROR


def input_mb(files: list[Path]) -> float:
    """Return the size of files together."""
    return sum(file.stat().st_size / 1e6 if file.exists() else 10 for file in files)


def show(table: pd.DataFrame) -> str:
    """Return the table as a terminal shows it."""
    hours = [name for name in table.columns if name.endswith("_h")]
    shown = table.assign(**{name: table[name].map("{:.2f}".format).replace("nan", "?") for name in hours})
    return shown.rename(columns=HEADINGS).to_string(index=False)


def main() -> int:
    """Plan what the command line asks for and print what it would cost."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        return 0
    planned = Planned()
    logging.getLogger("snakemake.logging").addFilter(planned)
    try:
        # Without cores of its own a plan would take every job for one of a single thread.
        snakemake(["--dry-run", "--cores", "all", *sys.argv[1:]])
    except SystemExit as end:
        if end.code:
            return int(end.code)
    if not planned.jobs:
        print("Nothing to be done: it would cost nothing.")
        return 0
    earlier = {rule: earlier_jobs(Path.cwd(), rule) for rule in {job.rule for job in planned.jobs}}
    table = cost_by_rule(planned.jobs, earlier)
    print(show(table))
    if table["core_h"].isna().any():
        print("?: no earlier job of this rule tells; not in the sum.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
