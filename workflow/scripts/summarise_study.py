"""Gather the headline figures of the whole study into one file."""

import json
from pathlib import Path

import pandas as pd
from _script import at_work, git_commit
from earshot.data.schemas.benchmark import BENCHMARK
from earshot.data.schemas.scores import SCORES
from earshot.data.schemas.search_benchmark import SEARCH_BENCHMARK
from earshot.data.schemas.trials import TRIALS
from earshot.data.schemas.workers import WORKERS
from earshot.data.sources import read_sources
from earshot.data.tables import read_table
from earshot.files import replacing
from earshot.show import summary, summary_search

with at_work(snakemake) as params:
    files = snakemake.input
    tables = dict(zip(params.variants, files.scores, strict=True))
    scores = {variant: read_table(path, SCORES) for variant, path in tables.items()}
    trials, benchmark = read_table(files.trials, TRIALS), read_table(files.search_benchmark, SEARCH_BENCHMARK)
    stages = summary.stage_times(params.jobs)
    speed = summary_search.search_speedup(trials, benchmark, files.search_benchmark)
    winner = json.loads(Path(files.winner).read_text())
    speed_of_both = summary.speedup(read_table(files.benchmark, BENCHMARK), files.benchmark)
    study = summary.localisation(scores, tables, params.config["localisation"], pd.read_csv(files.published))
    figures = summary.provenance(params.config, git_commit(snakemake)) | {
        "hardware": json.loads(Path(files.hardware).read_text()),
        "localisation": study
        | {
            "search": summary_search.search(trials, winner, files.trials),
            "winner": summary_search.winner_figures(pd.concat(scores.values())),
        },
        "speedup": {
            "localisation": speed_of_both,
            "search": speed,
            "study": summary_search.study_speedup(
                speed, speed_of_both, stages, study["listeners"], params.threads, params.of_trials
            ),
            "workers": summary_search.scaling_figures(
                read_table(files.workers, WORKERS),
                benchmark,
                params.of_trials,
                params.config["localisation"]["search"]["trials_at_once"],
                params.of_workers,
                files.workers,
            ),
        },
        "stages": stages,
        "data": summary.data_sets(read_sources(files.sources), params.sources),
    }
    with replacing(snakemake.output[0]) as temporary:
        temporary.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
