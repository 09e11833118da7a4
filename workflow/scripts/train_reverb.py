"""Train a network on how rooms decay."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from _script import at_work
from earshot import device
from earshot.data.schemas.reverb import REVERB_HISTORY
from earshot.data.shards import map_tensors
from earshot.data.tables import write_table
from earshot.fingerprint import fingerprint, origin
from earshot.hardware import computing, hardware
from earshot.learn.clip_values import ClipValues
from earshot.learn.reverb_models import LEARNT, write_network
from earshot.learn.reverb_training import train_network
from earshot.rooms.room_shards import read_rooms
from earshot.rooms.simulation import SimulationSettings

with at_work(snakemake) as params:
    settings, files, wildcards = params.settings, snakemake.input, snakemake.wildcards
    read = [read_rooms(*pair) for pair in zip(files.responses, files.indices, strict=True)]
    index = pd.concat([one for one, _, _ in read], ignore_index=True)
    prepared = [map_tensors(path)[0] for path in files["values"]]
    simulation = read[0][2]["simulation"]
    if LEARNT[settings["kind"]] == "energy":
        wanted = np.concatenate([one["energy"].numpy() for one in prepared])
    else:
        wanted = np.concatenate([tensors["responses"].numpy() for _, tensors, _ in read])
    where = device.choose(params.device)
    here = Path(snakemake.scriptdir)
    code = fingerprint(here / "train_reverb.py", here.parent)
    state = Path(params.state, origin(code, where.type, files["values"]))
    values = ClipValues([one["given"] for one in prepared])
    network, history = train_network(index, values, wanted, settings, SimulationSettings(**simulation), where, state)
    write_network(snakemake.output.network, network, {"settings": dict(settings), "simulation": simulation})
    on = computing(hardware(params.device), where.type, torch.get_num_threads())
    about = {"model": wildcards.reverb_model, "number": int(wildcards.number), "on": on}
    write_table(snakemake.output.history, pd.DataFrame(history).assign(**about), REVERB_HISTORY)
    shutil.rmtree(params.state, ignore_errors=True)
