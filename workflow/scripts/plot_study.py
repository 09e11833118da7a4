"""Draw the figures of the whole study."""

from pathlib import Path

import pandas as pd
from _script import at_work
from earshot.data.schemas.scores import SCORES
from earshot.data.schemas.training import PREDICTIONS
from earshot.data.schemas.trials import TRIALS
from earshot.data.tables import read_table
from earshot.show import figures, figures_search
from earshot.show.summary import agreement, published_p95

with at_work(snakemake):
    scores = pd.concat([read_table(path, SCORES) for path in snakemake.input.scores], ignore_index=True)
    predictions = pd.concat([read_table(path, PREDICTIONS) for path in snakemake.input.predictions], ignore_index=True)
    drawn = {
        "variants": figures.error_distribution(scores, published_p95(pd.read_csv(snakemake.input.published))),
        "winner_agreement": figures.agreement(scores, agreement(scores, "winner_"), "winner_"),
        "search_front": figures_search.search_front(read_table(snakemake.input.trials, TRIALS)),
        "error_map": figures.error_map(predictions),
        "predicted_against_true": figures.predicted_against_true(predictions),
    }
    for path in map(Path, snakemake.output):
        figures.save(drawn[path.stem], path)
