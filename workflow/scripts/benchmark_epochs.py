"""Time epochs of study E's networks in one of three ways."""

import json

import torch
from _script import at_work
from earshot import device
from earshot.data.clip_shards import read_shards
from earshot.data.schemas.clip_times import EPOCH_TIMES
from earshot.data.schemas.clips import clip_table
from earshot.data.tables import read_table, write_table
from earshot.hardware import hardware
from earshot.learn.batches import Values
from earshot.learn.classifier import tasks_of, true_classes
from earshot.learn.clip_training import TrainingSettings
from earshot.learn.clip_values import ClipValues
from earshot.learn.race_of_epochs import MadeAgain, time_epochs
from earshot.signal.melspectrogram import mel_settings

with at_work(snakemake) as params:
    files, wildcards = snakemake.input, snakemake.wildcards
    index, shards, made_with = read_shards(files["values"], files.indices, params.dataset)
    values: Values = ClipValues(shards)
    if wildcards.way != "shards":
        paths = read_table(files.table, clip_table(params.dataset)).set_index("item")["path"]
        settings = mel_settings(made_with["settings"], made_with["rate_hz"])
        values = MadeAgain(list(paths[index["item"]]), settings, made_with["duration_s"], made_with["padding"])
    name, batch_size, samples = params.timed
    task = next(one for one in tasks_of(index) if one.name == name)
    where, protocol = device.choose(wildcards.device), params.protocol
    control = wildcards.way == "control"
    training = TrainingSettings(
        epochs=protocol["epochs"],
        batch_size=batch_size,
        learning_rate=protocol["learning_rate"],
        softmax_before_loss=True,
        precision="float32" if control else protocol["precision"],
        control=control,
    ).fit_for(where)
    rows = time_epochs(
        values,
        true_classes(index, task),
        task,
        samples,
        protocol["iterations"],
        training,
        params.seed,
        where,
    )
    about = {
        "device": where.type,
        "machine": json.dumps(hardware(wildcards.device), sort_keys=True),
        "way": wildcards.way,
        "precision": training.precision,
        "task": task.name,
        "batch_size": training.batch_size,
        "samples": samples,
        "different": min(samples, len(index)),
        "cores": torch.get_num_threads(),
    }
    write_table(snakemake.output[0], rows.assign(**about), EPOCH_TIMES)
