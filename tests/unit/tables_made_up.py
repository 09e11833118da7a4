"""Tables of a localisation study that never was, and its summary."""

from typing import Any

import numpy as np
import pandas as pd
from earshot.config import read_config
from earshot.data.schemas.benchmark import BENCHMARK
from earshot.data.schemas.scores import SCORES
from earshot.data.schemas.search_benchmark import SEARCH_BENCHMARK
from earshot.data.schemas.training import PREDICTIONS
from earshot.data.schemas.trials import TRIALS
from earshot.data.schemas.workers import WORKERS
from earshot.directions import great_circle_deg

REASON = "the file ends too early <half of it is missing>"
DOUBT = "the ears hardly differ (1.2 dB at the sides)"


def scores(listeners: int = 8, variants: tuple[str, ...] = ("control", "accelerated")) -> pd.DataFrame:
    """The first listener is a tuning subject, the second has a doubtful file, the last was left out."""
    random = np.random.default_rng(1)
    p95 = random.normal(14, 2, listeners)
    rows: list[dict[str, Any]] = []
    for variant in variants:
        for person in range(listeners):
            row: dict[str, Any] = {"subject": f"nh{person + 1}", "variant": variant, "tuning": person == 0, "items": 0}
            if listeners > 2 and person == listeners - 1:
                rows.append(row | {"excluded": REASON})
                continue
            error = p95[person] + (random.normal(-0.2, 0.3) if variant == "accelerated" else 0)
            row |= {"p95_deg": error, "median_deg": error / 2.5, "mean_deg": error / 2, "items": 310, "epochs": 120}
            row |= {"lateral_rms_deg": error / 4, "polar_rms_deg": error / 1.5}
            row |= {"front_back_error": 0.031, "quadrant_error": 0.042, "doubts": DOUBT if person == 1 else None}
            rows.append(row)
    return _checked(rows, SCORES)


def predictions(listeners: int = 6, items: int = 30) -> pd.DataFrame:
    """Answers that scatter around the truth, more so at the back, with a listener who was left out."""
    random = np.random.default_rng(2)
    true = random.normal(size=(listeners * items, 3))
    true[:, 2] = abs(true[:, 2]) - 0.3
    true /= np.linalg.norm(true, axis=1, keepdims=True)
    said = true + random.normal(size=true.shape) * np.where(true[:, :1] < 0, 0.12, 0.06)
    said /= np.linalg.norm(said, axis=1, keepdims=True)
    people = pd.DataFrame(
        {
            "subject": np.repeat([f"nh{person + 1}" for person in range(listeners)], items),
            "azimuth_deg": _azimuth(true),
            "elevation_deg": np.degrees(np.arcsin(true[:, 2])),
            "predicted_azimuth_deg": _azimuth(said),
            "predicted_elevation_deg": np.degrees(np.arcsin(said[:, 2])),
            "error_deg": great_circle_deg(said, true),
            "repetition": 0,
        }
    )
    return _checked([*people.to_dict("records"), {"subject": "left_out", "excluded": REASON}], PREDICTIONS)


def benchmark(variants: tuple[str, ...] = ("control", "accelerated")) -> pd.DataFrame:
    """Three repeats; the control was timed on 6 of 48 listeners."""
    seconds = {"control": {"features": 5.0, "training": 9.0}, "accelerated": {"features": 6.0, "training": 6.2}}
    rows = [
        {"variant": variant, "stage": stage, "repeat": repeat + 1, "seconds": middle * (0.97 + 0.03 * repeat)}
        | {"subjects": 6 if variant == "control" else 48, "of_subjects": 48}
        | {"peak_memory_mb": 900.0, "cores": 2, "device": "CPU"}
        for variant in variants
        for stage, middle in seconds[variant].items()
        for repeat in range(3)
    ]
    return _checked(rows, BENCHMARK)


def search() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Six trials of two rounds on two listeners, three stopped early; the control ran the first and the third."""
    rows: list[dict[str, Any]] = []
    for trial in range(1, 7):
        for listener in (1, 2):
            row: dict[str, Any] = {
                "trial": trial,
                "round": 1 + (trial > 3),
                "window_samples": 512,
                "hops_per_window": 4,
            }
            row |= {"level_spacing": "erb", "level_bands": 16, "phase_spacing": "mel", "phase_bands": 8, "layers": 2}
            row |= {"width": 64, "activation": "relu", "learning_rate": 0.003, "schedule": "cosine", "batch_size": 64}
            row |= {"weight_decay": 0.1, "multiply_adds": 1e10 * trial, "seconds": 2.0, "diverged": False}
            row |= {"stopped_early": trial > 2 and trial != 5, "on_front": trial < 3, "winner": trial == 2}
            rows.append(row | {"subject": f"nh{listener}", "p95_deg": 14.0 + listener - trial / 4, "epochs": 30})
    trials = _checked(rows, TRIALS)
    some = trials[trials["trial"].isin([1, 3])]
    again = some[["trial", "subject", "p95_deg"]].assign(p95_deg=some["p95_deg"] + 0.5, seconds=20.0, wall_s=45.0)
    return trials, SEARCH_BENCHMARK.validate(again.assign(cores=2))


def workers(setup_s: float = 6.0, round_s: float = 10.0, listener_s: float = 8.0) -> pd.DataFrame:
    """One worker and two, each of whom takes half as long again beside the other."""
    rows: list[dict[str, Any]] = []
    for count, slower in ((1, 1.0), (2, 1.5)):
        for worker in range(1, count + 1):
            for repeat in (1, 2, 3):
                row = {"workers": count, "worker": worker, "repeat": repeat, "device": "CPU"}
                seconds = (round_s + repeat - 2) * slower
                rows.append(row | {"implementation": "accelerated", "setup_s": setup_s * slower, "seconds": seconds})
                rows.append(row | {"implementation": "control", "setup_s": 0.0, "seconds": listener_s * slower})
    return _checked(rows, WORKERS)


def measures(p95: float) -> dict[str, Any]:
    """One variant's headline figures."""
    degrees = {"p95_deg": p95, "median_deg": 5.4, "mean_deg": 6.2, "lateral_rms_deg": 3.3, "polar_rms_deg": 9.1}
    table = "results/local/localisation/scores.parquet"
    found = {
        name: {"mean": mean, "sd": 2.06, "n": 45, "unit": "degree", "table": table} for name, mean in degrees.items()
    }
    for name in ("front_back_error", "quadrant_error"):
        found[name] = {"mean": 0.034, "sd": 0.012, "n": 45, "unit": "share", "table": table}
    return found


def summary() -> dict[str, Any]:
    """What a report says of a whole study."""
    settings = read_config(
        {"name": "local", "localisation": {"collection": "ari", "tuning_subjects": {"ari": ["nh1"]}}}
    )
    stage = {"control_s": 40.0, "accelerated_s": 6.0, "ratio": 6.7}
    return {
        "name": "local",
        "config_hash": "3f2a91c07b5d4e68",
        "git_commit": "60f574f0c1",
        "seed": 1,
        "hardware": {"cpu": "AMD EPYC", "cores": 2, "memory_gb": 23.4, "device": "CPU", "host": "node1"},
        "versions": {"earshot": "0.1.0", "python": "3.11.7", "torch": "2.13.0"},
        "localisation": {
            "collection": "ari",
            "title": "ARI HRTF database",
            "listeners": 48,
            "control": measures(14.21),
            "accelerated": measures(13.93),
            "equivalence": {
                "difference_deg": -0.28,
                "low_deg": -0.66,
                "high_deg": 0.11,
                "margin_deg": 1.0,
                "n": 45,
                "holds": True,
            },
            "published": {"p95_deg": {"mean": 19, "sd": 4, "n": 45}},
            "tuning_subjects": ["nh1"],
            "excluded": [{"subject": "nh48", "reason": REASON}],
        },
        "speedup": {
            "localisation": {
                "control_s": 112.0,
                "accelerated_s": 12.2,
                "ratio": 9.18,
                "ratio_low": 8.87,
                "ratio_high": 9.52,
                "device": "CPU",
                "cores": 2,
                "repeats": 3,
                "scaled": True,
                "control_subjects": 6,
                "subjects": 48,
                "peak_memory_mb": {"control": 900, "accelerated": 1500},
                "stages": {"features": stage, "training": stage | {"ratio": 11.6}},
                "table": "results/local/localisation/benchmark.parquet",
            }
        },
        "stages": [
            {"rule": "interaural_control", "jobs": 4, "seconds": 80.1, "peak_memory_mb": 700},
            {"rule": "train_localiser_control", "jobs": 4, "seconds": 4210.0, "peak_memory_mb": 1410.2},
        ],
        "data": [
            {
                "title": "ARI HRTF database",
                "licence": "CC BY-SA 3.0",
                "citation": "P. Majdak, M. J. Goupell & B. Laback (2010). 3-D localization of virtual sound sources.",
                "page": "https://doi.org/10.3758/APP.72.2.454",
            }
        ],
        "settings": settings.model_dump(mode="json"),
    }


def _azimuth(vectors: np.ndarray) -> np.ndarray:
    return np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])) % 360


def _checked(rows: list[dict[str, Any]], schema: Any) -> pd.DataFrame:
    return schema.validate(pd.DataFrame(rows).reindex(columns=list(schema.columns)))
