"""What earlier jobs took."""

import csv
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PLACES = ["results", "resources"]  # where a working folder's benchmarks are


@dataclass(frozen=True)
class EarlierJob:
    """A job that ran: its time, and the size of its inputs where that was kept."""

    seconds: float
    input_mb: float | None = None


def earlier_jobs(folder: Path, rule: str) -> list[EarlierJob]:
    """Return a rule's jobs that ran in a working folder, of any configuration, from files that Snakemake wrote."""
    found = []
    patterns = (f"benchmarks/{rule}.tsv", f"benchmarks/{rule}/**/*.tsv")
    for path in sorted({path for place in PLACES for name in patterns for path in (folder / place).rglob(name)}):
        with path.open(newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                with suppress(KeyError, TypeError, ValueError):  # a job that is writing it, or was killed then
                    found.append(EarlierJob(float(row["s"]), _size_mb(row.get("input_size_mb"))))
    return found


def _size_mb(sizes: str | None) -> float | None:
    """Return the size of a job's inputs together, which Snakemake writes as a dictionary of MiB by file."""
    of_files = re.findall(r": ([0-9.e+-]+)", sizes or "")
    return sum(map(float, of_files)) * 2**20 / 1e6 if of_files else None
