"""What earlier jobs took."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EarlierJob:
    """A job that ran: its time, and the size of its inputs where that was kept."""

    seconds: float
    input_mb: float | None = None


def earlier_jobs(folder: Path, rule: str) -> list[EarlierJob]:
    """Return the jobs of a rule whose times stand anywhere below a folder, in files that Snakemake wrote."""
    found = []
    for path in sorted({*folder.rglob(f"benchmarks/{rule}.tsv"), *folder.rglob(f"benchmarks/{rule}/**/*.tsv")}):
        with path.open(newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                size = row.get("input_size_mb")
                found.append(EarlierJob(float(row["s"]), float(size) if size and size not in {"-", "NA"} else None))
    return found
