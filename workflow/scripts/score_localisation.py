"""Score every listener of a variant."""

import pandas as pd
from _script import at_work
from earshot.data.schemas.scores import SCORES
from earshot.data.schemas.training import HISTORY, PREDICTIONS
from earshot.data.tables import read_table, write_table
from earshot.score.listeners import refuse_excluded, score_listeners

with at_work(snakemake) as params:
    predictions = pd.concat([read_table(path, PREDICTIONS) for path in snakemake.input.predictions])
    history = pd.concat([read_table(path, HISTORY) for path in snakemake.input.history])
    refuse_excluded(predictions, params.bad_subject)
    scores = score_listeners(predictions, history, snakemake.wildcards.variant, params.tuning_subjects)
    write_table(snakemake.output[0], scores, SCORES)
