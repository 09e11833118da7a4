"""Train a classifier on the clips of a split's training part, and let it answer for those that test."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from _script import at_work
from earshot import device
from earshot.data.clip_shards import read_shards
from earshot.data.schemas.classes import CLASS_HISTORY, CLASS_PREDICTIONS
from earshot.data.tables import write_table
from earshot.files import replacing_folder
from earshot.fingerprint import fingerprint, origin
from earshot.hardware import computing, hardware
from earshot.learn.classifier import answers, write_network
from earshot.learn.classifier_training import train_networks
from earshot.learn.clip_training import TrainingSettings
from earshot.learn.clip_values import ClipValues
from earshot.learn.kinds import BUILDERS
from earshot.learn.partition import parts
from earshot.settings import settings_from

with at_work(snakemake) as params:
    settings, wildcards = params.settings, snakemake.wildcards
    index, shards, made_with = read_shards(snakemake.input["values"], snakemake.input.indices, params.dataset)
    values = ClipValues(shards)
    split = parts(
        index,
        wildcards.split,
        settings["split_seed"],
        variations=settings.get("variations", 1),
        validation=settings["validation"] if settings["patience_epochs"] else 0,
    )
    where = device.choose(params.device)
    training = settings_from(TrainingSettings, settings).fit_for(where)
    here = Path(snakemake.scriptdir)
    code = fingerprint(here / "classify_clips.py", here.parent, [BUILDERS[settings["network"]]])
    shards_and_indices = [*snakemake.input["values"], *snakemake.input.indices]
    state = Path(params.state, origin(code, f"{where.type} {training.precision}", shards_and_indices))
    trained = train_networks(
        index,
        values,
        split,
        settings["network"],
        made_with["settings"],
        training,
        settings["seed"],
        where,
        state,
    )
    about = {
        "study": wildcards.study,
        "model": wildcards.classifier,
        "split": wildcards.split,
        "seed": settings["seed"],
    }
    set_of_clips = Path(snakemake.input["values"][0]).parents[2].name
    with replacing_folder(snakemake.output.networks) as folder:
        for one in trained:
            own = about | {"clips": set_of_clips, "settings": dict(settings), "made_with": made_with}
            write_network(folder / f"{one.network.name}.safetensors", one.network, own)
    history = pd.concat([pd.DataFrame(one.history).assign(task=one.network.name) for one in trained])
    on = computing(hardware(params.device), where.type, torch.get_num_threads())
    write_table(snakemake.output.history, history.assign(**about, on=f"{on}, {training.precision}"), CLASS_HISTORY)
    said = answers([one.network for one in trained], index, values, np.flatnonzero(split == "test"), where)
    write_table(snakemake.output.predictions, said.assign(**about), CLASS_PREDICTIONS)
    shutil.rmtree(params.state, ignore_errors=True)
