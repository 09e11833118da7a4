"""Score a classifier: each split, each seed and each task."""

import pandas as pd
from _script import at_work
from earshot.data.schemas.classes import CLASS_PREDICTIONS, CLASS_SCORES
from earshot.data.tables import read_table, write_table
from earshot.score.classes import score_trainings

with at_work(snakemake):
    predictions = pd.concat([read_table(path, CLASS_PREDICTIONS) for path in snakemake.input.predictions])
    write_table(snakemake.output[0], score_trainings(predictions), CLASS_SCORES)
