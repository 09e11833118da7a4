"""Time the model that heads the report: by batch, and against all images and a plain loop over pyroomacoustics."""

import json
from functools import partial

from _script import at_work
from earshot import device
from earshot.data.schemas.reverb import REVERB_TIMES
from earshot.data.tables import write_table
from earshot.hardware import hardware
from earshot.learn.race_of_reverb import time_reverb
from earshot.learn.reverb_models import read_model
from earshot.rooms.sampling import SamplingSettings, draw_room
from earshot.rooms.simulation import SimulationSettings

if __name__ == "__main__":  # workers of the benchmark import this file again
    with at_work(snakemake) as params:
        sampling, where = SamplingSettings(**params.sampling), device.choose(snakemake.wildcards.device)
        simulation = SimulationSettings(**params.simulation)
        largest = -(-max(params.benchmark["batches"]) // sampling.receivers)
        rooms = [draw_room(number, sampling) for number in range(max(largest, params.benchmark["plain_rooms"]))]
        network = snakemake.input.network[0] if snakemake.input.network else None
        make = partial(read_model, network, dict(params.settings), simulation, where)
        rows = time_reverb(
            make,
            rooms,
            params.benchmark["batches"],
            simulation,
            params.benchmark["repeats"],
            snakemake.threads,
            where,
            params.benchmark["plain_rooms"],
        )
        machine = json.dumps(hardware(snakemake.wildcards.device), sort_keys=True)
        write_table(snakemake.output[0], rows.assign(machine=machine), REVERB_TIMES)
