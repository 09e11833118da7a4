"""Score every listener of a variant."""

import pandas as pd
from _script import at_work
from earshot.data.tables import HISTORY, PREDICTIONS, SCORES, read_table, write_table
from earshot.learn.localiser import score_listeners

with at_work(snakemake) as params:
    predictions = pd.concat([read_table(path, PREDICTIONS) for path in snakemake.input.predictions])
    history = pd.concat([read_table(path, HISTORY) for path in snakemake.input.history])
    scores = score_listeners(predictions, history, snakemake.wildcards.variant, params.tuning_subjects)
    write_table(snakemake.output[0], scores, SCORES)
