"""Train each of a job's listeners with scikit-learn and write networks, histories and answers."""

from _script import at_work
from earshot.data.listeners import read_features
from earshot.learn.control import train
from earshot.learn.localiser import localiser_settings, train_and_answer, write_outcome

with at_work(snakemake) as params:
    index, features, provenance = read_features(snakemake.input.features, snakemake.input.index)
    outcome = train_and_answer(index, features, localiser_settings(params.settings), train)
    settings = {"features": provenance, "training": params.settings, "variant": "control"}
    write_outcome(outcome, settings, **snakemake.output)
