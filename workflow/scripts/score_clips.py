"""Score a classifier: each split, each seed and each task, and what the networks of all seeds say together."""

import pandas as pd
from _script import at_work
from earshot.data.schemas.classes import CLASS_PREDICTIONS, CLASS_SCORES
from earshot.data.schemas.clips import clip_index
from earshot.data.schemas.ensembles import CLASS_ENSEMBLES
from earshot.data.tables import read_table, write_table
from earshot.learn.classifier import tasks_of
from earshot.score.classes import refuse_excluded, score_ensembles, score_trainings

with at_work(snakemake) as params:
    clips = pd.concat([read_table(path, clip_index(params.dataset)) for path in snakemake.input.indices])
    pianos = [read_table(path, clip_index("piano_triads")) for path in snakemake.input.pianos]
    for index in (clips, *pianos):
        refuse_excluded(index, snakemake.wildcards.study, params.bad_clip)
    predictions = pd.concat([read_table(path, CLASS_PREDICTIONS) for path in snakemake.input.predictions])
    write_table(snakemake.output.scores, score_trainings(predictions), CLASS_SCORES)
    classes = {task.name: task.classes for task in tasks_of(clips[clips["excluded"].isna()])}
    write_table(snakemake.output.ensembles, score_ensembles(predictions, classes), CLASS_ENSEMBLES)
