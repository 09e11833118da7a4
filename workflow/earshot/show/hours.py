"""What a run will cost before it runs: hours of cores and GPUs, from limits and from the times of earlier jobs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from earshot.show.earlier import EarlierJob


@dataclass(frozen=True)
class PlannedJob:
    """A job that would run. `input_mb` is the size of its inputs, as far as it is known."""

    rule: str
    cores: int
    gpus: int
    limit_min: float
    input_mb: float | None = None


def expected_s(job: PlannedJob, earlier: Sequence[EarlierJob]) -> float | None:
    """Return how long a job will take, None where no earlier job tells.

    The median of the rule's earlier jobs, in proportion to the size of the inputs where it is known of both.
    """
    if not earlier:
        return None
    sized = [one.seconds / one.input_mb for one in earlier if one.input_mb]
    if sized and job.input_mb:
        return float(np.median(sized)) * job.input_mb
    return float(np.median([one.seconds for one in earlier]))


def cost_by_rule(jobs: Iterable[PlannedJob], earlier: Mapping[str, Sequence[EarlierJob]]) -> pd.DataFrame:
    """Return a row for each rule, and one for all of them, with hours of cores and of GPUs.

    Expected ones are NaN for a rule that never ran; the most that the jobs ask for is always known. `earlier_jobs` is
    how many jobs the expectation is drawn from.
    """
    rows = []
    for job in jobs:
        seconds = expected_s(job, earlier.get(job.rule, []))
        hours = np.nan if seconds is None else min(seconds / 3600, job.limit_min / 60)
        rows.append(
            {
                "rule": job.rule,
                "jobs": 1,
                "core_h": job.cores * hours,
                "gpu_h": job.gpus * hours if job.gpus else 0.0,
                "most_core_h": job.cores * job.limit_min / 60,
                "most_gpu_h": job.gpus * job.limit_min / 60,
            }
        )
    columns = ["jobs", "core_h", "gpu_h", "most_core_h", "most_gpu_h"]
    table = pd.DataFrame(rows, columns=["rule", *columns]).groupby("rule", sort=False)[columns]
    by_rule = table.sum(min_count=1)
    by_rule.loc["all"] = by_rule.sum()
    by_rule["earlier_jobs"] = [len(earlier.get(str(rule), [])) for rule in by_rule.index]
    by_rule.loc["all", "earlier_jobs"] = by_rule["earlier_jobs"].sum()
    return by_rule.reset_index()
