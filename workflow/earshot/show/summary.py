"""The headline figures, gathered from tables: what `report/summary.json` holds."""

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from earshot import __version__
from earshot.data.sources import Source
from earshot.score.equivalence import Equivalence, paired_equivalence
from earshot.score.listeners import KINDS
from earshot.score.speed import ratio

_MEASURES = {
    "p95_deg": "degree",
    "median_deg": "degree",
    "mean_deg": "degree",
    "lateral_rms_deg": "degree",
    "polar_rms_deg": "degree",
    "front_back_error": "share",
    "quadrant_error": "share",
} | {f"p95_{kind}_deg": "degree" for kind in KINDS}
_OF_KINDS = [f"p95_{kind}_deg" for kind in KINDS]
_VERSIONS = ["numpy", "scipy", "torch", "librosa", "scikit-learn", "sofar", "pyroomacoustics", "snakemake"]


def provenance(config: Mapping[str, Any], git_commit: str | None) -> dict[str, Any]:
    """Return what a run can be known by: its configuration with a digest, its seed, versions and commit."""
    text = json.dumps(config, sort_keys=True)
    return {
        "name": config["name"],
        "config_hash": hashlib.sha256(text.encode()).hexdigest()[:16],
        "git_commit": git_commit,
        "seed": config["seed"],
        "settings": dict(config),
        "versions": {"earshot": __version__, "python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in _VERSIONS},
    }


def localisation(
    scores: Mapping[str, pd.DataFrame], tables: Mapping[str, str], config: Mapping[str, Any], published: pd.DataFrame
) -> dict[str, Any]:
    """Return the figures of study A: each measure of each variant over listeners, and whether the variants agree.

    `scores` and the files `tables` that they are from are by variant. Listeners that settings were chosen on count in
    no figure.
    """
    counted = {variant: _counted(table) for variant, table in scores.items()}
    everyone = next(iter(scores.values()))
    summary: dict[str, Any] = {
        "collection": config["collection"],
        "listeners": int(everyone["excluded"].isna().sum()),
        "tuning_subjects": everyone.loc[everyone["tuning"], "subject"].tolist(),
        "excluded": everyone.loc[everyone["excluded"].notna(), ["subject", "excluded"]]
        .rename(columns={"excluded": "reason"})
        .to_dict("records"),
    }
    for variant, table in counted.items():
        summary[variant] = {
            measure: over_listeners(table[measure]) | {"unit": unit, "table": tables[variant]}
            for measure, unit in _MEASURES.items()
            if measure not in _OF_KINDS or table[measure].notna().any()
        }
    if test := agreement(pd.concat(scores.values())):
        summary["equivalence"] = equivalence_figures(test)
    summary["published"] = {"p95_deg": published_p95(published)}
    return summary


def equivalence_figures(test: Equivalence) -> dict[str, Any]:
    """Return the test as plain values."""
    return {
        "difference_deg": finite(test.difference),
        "low_deg": finite(test.low),
        "high_deg": finite(test.high),
        "margin_deg": test.margin,
        "n": test.n,
        "holds": test.holds,
    }


def _counted(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the listeners that count in figures: not those left out, nor those that settings were chosen on."""
    return scores[~scores["tuning"] & scores["excluded"].isna()]


def agreement(scores: pd.DataFrame, before: str = "") -> Equivalence | None:
    """Test whether both implementations are equally accurate; None where scores are of one alone.

    `before` comes before their names in the names of the variants.
    """
    p95 = _counted(scores).pivot(index="subject", columns="variant", values="p95_deg")
    accelerated, control = f"{before}accelerated", f"{before}control"
    if not {accelerated, control} <= set(p95.columns):
        return None
    return paired_equivalence(p95[accelerated].to_numpy(), p95[control].to_numpy())


def published_p95(published: pd.DataFrame) -> dict[str, float]:
    """Return mean, SD and n of the study's 95th percentile of the error, in degrees."""
    of_study = published[published["study"] == "A"].set_index("figure")["value"].astype(float)
    return {name: of_study[f"localisation_p95_{name}"] for name in ("mean", "sd", "n")}


def over_listeners(values: pd.Series) -> dict[str, Any]:
    """Return mean, standard deviation and number of values."""
    return {
        "mean": finite(values.mean()),
        "sd": finite(values.std(ddof=1)),
        "n": int(values.notna().sum()),
    }


def finite(value: float) -> float | None:
    """Return a number for JSON, which has no NaN and no infinity."""
    return float(value) if np.isfinite(value) else None


def speedup(benchmark: pd.DataFrame, table: str) -> dict[str, Any]:
    """Return how many times faster the accelerated variant is, with the spread of repeats, whole and by stage."""
    scaled = benchmark.assign(seconds=benchmark["seconds"] * benchmark["of_subjects"] / benchmark["subjects"])
    whole = scaled.groupby(["variant", "repeat"])["seconds"].sum()
    both = ratio(whole["control"].to_numpy(), whole["accelerated"].to_numpy())
    stages = {}
    for stage, rows in scaled.groupby("stage"):
        seconds = rows.groupby("variant")["seconds"].median()
        stages[str(stage)] = {
            "control_s": seconds["control"],
            "accelerated_s": seconds["accelerated"],
            "ratio": seconds["control"] / seconds["accelerated"],
        }
    control = benchmark[benchmark["variant"] == "control"].iloc[0]
    accelerated = benchmark[benchmark["variant"] == "accelerated"].iloc[0]
    return {
        "control_s": both.slow_s,
        "accelerated_s": both.fast_s,
        "ratio": both.ratio,
        "ratio_low": both.low,
        "ratio_high": both.high,
        "device": accelerated["device"],
        "cores": int(accelerated["cores"]),
        "repeats": int(benchmark["repeat"].max()),
        "scaled": bool(control["subjects"] < control["of_subjects"]),
        "control_subjects": int(control["subjects"]),
        "subjects": int(control["of_subjects"]),
        "peak_memory_mb": benchmark.groupby("variant")["peak_memory_mb"].max().to_dict(),
        "stages": stages,
        "table": table,
    }


def stage_times(jobs: Mapping[str, Sequence[Path | str]]) -> list[dict[str, Any]]:
    """Return jobs, seconds and peak memory of every rule, from the files that Snakemake wrote for each of its jobs.

    A rule none of whose files is there did not run, and is left out.
    """
    stages = []
    for rule, paths in jobs.items():
        if tables := [pd.read_csv(path, sep="\t", na_values="-") for path in paths if Path(path).exists()]:
            rows = pd.concat(tables)
            stages.append(
                {
                    "rule": rule,
                    "jobs": len(rows),
                    "seconds": float(rows["s"].sum()),
                    "peak_memory_mb": finite(rows["max_rss"].max()),
                }
            )
    return stages


def data_sets(sources: Mapping[str, Source], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return title, licence, citation and page of the data sets that were used."""
    wanted = ("title", "licence", "citation", "page")
    return [{key: getattr(sources[name], key) for key in wanted} for name in names if name in sources]
