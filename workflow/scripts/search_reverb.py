"""Gather the trials of the search for an operator's settings, the best first."""

import logging

import pandas as pd
from _script import at_work
from earshot.data.schemas.reverb import REVERB_HISTORY, REVERB_TRIALS
from earshot.data.tables import read_table, write_table
from earshot.progress import PROGRESS

_SAID = 3  # trials, the best

with at_work(snakemake) as params:
    rows = []
    for (name, settings), history, network in zip(
        params.trials.items(), snakemake.input.histories, snakemake.input.networks, strict=True
    ):
        losses = read_table(history, REVERB_HISTORY)
        last = losses.iloc[-1]
        about = {key: settings[key] for key in ("modes", "width", "layers", "rank", "batch_size", "learning_rate")}
        rows.append(
            about
            | {"trial": name, "training": last["training"], "validation": last["validation"]}
            | {"seconds": losses["seconds"].sum(), "network": network}
        )
    trials = pd.DataFrame(rows).sort_values("validation", ignore_index=True)
    for _, best in trials.head(_SAID).iterrows():
        told = {key: best[key] for key in ("modes", "width", "layers", "rank", "batch_size", "learning_rate")}
        said = ", ".join(f"{key} {'whole' if pd.isna(value) else f'{value:g}'}" for key, value in told.items())
        logging.getLogger(snakemake.rule).log(PROGRESS, "%s: loss %.3f; %s", best["trial"], best["validation"], said)
    write_table(snakemake.output[0], trials, REVERB_TRIALS)
