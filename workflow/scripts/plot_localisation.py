"""Draw the figures of the localisation study."""

from pathlib import Path

import pandas as pd
from _script import at_work
from earshot.data.schemas.benchmark import BENCHMARK
from earshot.data.schemas.scores import SCORES
from earshot.data.schemas.training import PREDICTIONS
from earshot.data.tables import read_table
from earshot.show import figures
from earshot.show.summary import agreement, published_p95

with at_work(snakemake):
    scores = pd.concat([read_table(path, SCORES) for path in snakemake.input.scores], ignore_index=True)
    predictions = pd.concat([read_table(path, PREDICTIONS) for path in snakemake.input.predictions], ignore_index=True)
    drawn = {
        "error_distribution": figures.error_distribution(scores, published_p95(pd.read_csv(snakemake.input.published))),
        "agreement": figures.agreement(scores, agreement(scores)),
        "error_map": figures.error_map(predictions),
        "predicted_against_true": figures.predicted_against_true(predictions),
        "speed": figures.speed(read_table(snakemake.input.benchmark, BENCHMARK)),
    }
    for path in map(Path, snakemake.output):
        figures.save(drawn[path.stem], path)
