"""Gather the headline figures of all tables into one file."""

import json
import subprocess
from pathlib import Path

import pandas as pd
from _script import at_work
from earshot.data.schemas.benchmark import BENCHMARK
from earshot.data.schemas.scores import SCORES
from earshot.data.sources import read_sources
from earshot.data.tables import read_table
from earshot.files import replacing
from earshot.show import summary

with at_work(snakemake) as params:
    git = ["git", "-C", snakemake.scriptdir, "rev-parse", "HEAD"]
    commit = subprocess.run(git, check=False, capture_output=True, text=True)
    study = params.config["localisation"]
    tables = dict(zip(study["variants"], snakemake.input.scores, strict=True))
    scores = {variant: read_table(path, SCORES) for variant, path in tables.items()}
    published = pd.read_csv(snakemake.input.published)
    figures = summary.provenance(params.config, commit.stdout.strip() or None) | {
        "hardware": json.loads(Path(snakemake.input.hardware).read_text()),
        "localisation": summary.localisation(scores, tables, study, published),
        "speedup": {
            "localisation": summary.speedup(read_table(snakemake.input.benchmark, BENCHMARK), snakemake.input.benchmark)
        },
        "stages": summary.stage_times(params.jobs),
        "data": summary.data_sets(read_sources(snakemake.input.sources), [study["collection"]]),
    }
    with replacing(snakemake.output[0]) as temporary:
        temporary.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
