"""The bars of issue 3: the search, and localisers that are far ahead of the published one."""

import json
import sys

import pandas as pd
from bars import DATA, Bars, Log
from earshot.score.search import search_speed
from issue1 import project

BARS = Bars()


@BARS.add(
    "search-speed", "trials at least 15 times as fast as by the control one after another, not less accurate", "data"
)
def speed(log: Log) -> tuple[str, bool]:
    """Search among 40 trials on three people of ARI, and run a sample of them by the control on the same cores."""
    with project() as folder:
        (folder / "few.json").write_text(json.dumps({"localisation": {"search": {"trials": 40}}}))
        command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", "config/local.yaml", "few.json"]
        took = log.succeed([*command, "--config", f"data_dir={DATA}", "--", "search"], folder)
        results = folder / "results/local/search"
        trials, benchmark = (pd.read_parquet(results / f"{name}.parquet") for name in ("trials", "benchmark"))
        winner = json.loads((results / "winner.json").read_text())
    figures = search_speed(trials, benchmark)
    ended = trials[~(trials["stopped_early"] | trials["diverged"])]
    both = ended.merge(benchmark, on=["trial", "subject"], suffixes=("", "_control"))
    log.write(trials.to_string())
    log.write(benchmark.to_string())
    log.say(f"{len(trials) // 3} trials; {took.seconds:.0f} s with the control's {figures.control_trials}")
    measured = (
        f"{figures.ratio:.1f} times ({figures.low:.1f} to {figures.high:.1f}): {figures.control_s:.1f} s against "
        f"{figures.cohort_s:.2f} s a trial; winner {winner['worst_deg']:.1f} degrees; of trials that ended in both, "
        f"control {both['p95_deg_control'].mean():.1f} against {both['p95_deg'].mean():.1f} degrees, n = {len(both)}"
    )
    as_good = both["p95_deg"].mean() < both["p95_deg_control"].mean() + 1
    return measured, bool(figures.ratio >= 15 and as_good)
