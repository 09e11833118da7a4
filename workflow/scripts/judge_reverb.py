"""Let a model give rooms their responses, and say how far they are from those that are simulated."""

import pandas as pd
from _script import at_work
from earshot import device
from earshot.data.schemas.reverb import REVERB_ERRORS
from earshot.data.tables import write_table
from earshot.errors import ConfigError
from earshot.learn.reverb_judging import judge
from earshot.learn.reverb_models import model_of, read_network
from earshot.rooms.room_shards import read_learnt, read_rooms, rooms_of
from earshot.rooms.simulation import SimulationSettings

with at_work(snakemake) as params:
    files, wildcards = snakemake.input, snakemake.wildcards
    known = read_learnt(zip(files.known, files.known_indices, strict=True)) if files.known else None
    network = read_network(files.network)[0] if files.network else None
    rows = []
    for judges, *shard in zip(params.judges, files.responses, files.indices, strict=True):
        index, tensors, made_with = read_rooms(*shard)
        simulation = SimulationSettings(**made_with["simulation"])
        model = model_of(params.settings, simulation, device.choose(params.device), network, known)
        rooms = rooms_of(index, made_with, tests_alone=judges == "standard")
        if rooms:
            found = judge(model, rooms, index, tensors["responses"], simulation.rate_hz)
            rows.append(found.assign(judges=judges))
    if "standard" not in {found["judges"].iloc[0] for found in rows}:
        raise ConfigError("config key rooms.count: none of these rooms tests. Raise it, or rooms.test_share.")
    about = {"model": wildcards.reverb_model, "number": int(wildcards.number)}
    write_table(snakemake.output[0], pd.concat(rows, ignore_index=True).assign(**about), REVERB_ERRORS)
