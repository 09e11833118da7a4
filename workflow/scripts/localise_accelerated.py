"""Train a job's listeners as one cohort and write networks, histories and answers."""

from functools import partial

from _script import at_work
from earshot import device
from earshot.data.listeners import read_features
from earshot.learn.cohort import train
from earshot.learn.localiser import localiser_settings, train_and_answer, write_outcome

with at_work(snakemake) as params:
    index, features, provenance = read_features(snakemake.input.features, snakemake.input.index)
    on_device = partial(train, device=device.choose(params.device), precision=params.settings["network"]["precision"])
    outcome = train_and_answer(index, features, localiser_settings(params.settings), on_device)
    settings = {"features": provenance, "training": params.settings, "variant": "accelerated"}
    write_outcome(outcome, settings, **snakemake.output)
