"""A run's results as the first page of its report finds them: summaries of chapters, and pages beside them."""

import json

import scenes_made_up as made
from earshot.show import summary_scenes

P95 = {"mean": 12.34, "sd": 4.0, "n": 45, "unit": "degree", "table": "scores.parquet"}


def of_localisation(mean=12.34, hidden=64):
    return {
        "localisation": {
            "accelerated": {"p95_deg": P95 | {"mean": mean}},
            "published": {"p95_deg": {"mean": 19.0, "sd": 4.0, "n": 45.0}},
        },
        "speedup": {
            "localisation": {
                "ratio": 12.0,
                "ratio_low": 11.0,
                "ratio_high": 13.0,
                "repeats": 3,
                "table": "times.parquet",
            }
        },
        "settings": {
            "localisation": {"collection": "ari", "variants": ["accelerated"], "network": {"hidden": hidden}},
        },
    }


def of_scenes():
    scenes = made.scenes()
    found = summary_scenes.summarise(scenes, made.answers(scenes), 1, made.TABLE)
    per_s = {"value": 11.0, "unit": "scenes per second", "n": 5, "table": "pieces.parquet"}
    return {"scenes": found | {"per_s": per_s}, "settings": {"scenes": {"count": 5}}}


def write(folder, **chapters):
    """A run's results: summaries of chapters, and pages beside them."""
    about = {
        "name": folder.name,
        "config_hash": "abc",
        "git_commit": "1234",
        "seed": 1,
        "hardware": {"cpu": "EPYC", "cores": 2, "memory_gb": 8.0, "device": "CPU", "host": "node1"},
        "versions": {"earshot": "0.1.0"},
        "stages": [{"rule": "all", "jobs": 1, "seconds": 2.0, "peak_memory_mb": 3.0}],
        "data": [{"title": "ARI", "licence": "CC BY-SA", "citation": "Majdak", "page": None}],
    }
    for name, own in chapters.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "summary.json").write_text(json.dumps(about | own))
        (folder / name / "index.html").write_text("<!DOCTYPE html>")
    return folder
