"""Let listeners point at held-out directions as the published model of people does."""

from _script import at_work, bad_subject
from earshot.data.listeners import read_listeners
from earshot.data.schemas.training import HISTORY, PREDICTIONS
from earshot.data.tables import write_table
from earshot.learn.bayesian_person import point
from earshot.learn.split import Split

with at_work(snakemake) as params:
    settings = params.settings
    files = dict(zip(params.subjects, snakemake.input.sofa, strict=True))
    listeners, excluded = read_listeners(files, settings["rate_hz"], bad_subject(snakemake))
    split = Split(settings["seed"], settings["held_out"])
    outcome = point(listeners, excluded, split, settings["repetitions"], settings["seed"])
    write_table(snakemake.output.history, outcome.history, HISTORY)
    write_table(snakemake.output.predictions, outcome.predictions, PREDICTIONS)
