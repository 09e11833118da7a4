"""Gather the headline figures of all tables into one file."""

import json
from pathlib import Path

import pandas as pd
from _script import at_work, git_commit
from earshot.data.schemas.benchmark import BENCHMARK
from earshot.data.schemas.scores import SCORES
from earshot.data.sources import read_sources
from earshot.data.tables import read_table
from earshot.files import replacing
from earshot.show import summary

with at_work(snakemake) as params:
    study = params.config["localisation"]
    tables = dict(zip(study["variants"], snakemake.input.scores, strict=True))
    scores = {variant: read_table(path, SCORES) for variant, path in tables.items()}
    published = pd.read_csv(snakemake.input.published)
    figures = summary.provenance(params.config, git_commit(snakemake)) | {
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
