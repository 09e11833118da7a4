"""Let models give a room that was measured its responses, and say how far these are from what was measured."""

import pandas as pd
from _script import at_work
from earshot import device
from earshot.config_reverb import SIMULATION
from earshot.data.schemas.reverb import REVERB_MEASURED
from earshot.data.tables import write_table
from earshot.learn.reverb_floors import EveryImage
from earshot.learn.reverb_judging import judge_by_measured
from earshot.learn.reverb_models import model_of, read_network
from earshot.rooms.measured import MeasuredPlace, read_measured
from earshot.rooms.room_shards import read_learnt
from earshot.rooms.simulation import SimulationSettings

with at_work(snakemake) as params:
    files, name = snakemake.input, snakemake.wildcards.measured
    simulation, where = SimulationSettings(**params.simulation), device.choose("cpu")
    measured = read_measured(files.measured, MeasuredPlace(name, **params.place), simulation)
    networks = dict(zip(params.learnt, files.networks, strict=True))
    known = read_learnt(zip(files.known, files.known_indices, strict=True)) if files.known else None
    models = {SIMULATION: EveryImage(simulation, where)}
    for model, settings in params.models.items():
        network = read_network(networks[model])[0] if model in networks else None
        models[model] = model_of(settings, simulation, where, network, known)
    rows = [judge_by_measured(one, measured).assign(model=model) for model, one in models.items()]
    write_table(snakemake.output[0], pd.concat(rows, ignore_index=True).assign(measured=name), REVERB_MEASURED)
