"""Time the model that heads the report: by batch, and against all images and a plain loop over pyroomacoustics."""

import json

from _script import at_work
from earshot import device
from earshot.data.schemas.reverb import REVERB_TIMES
from earshot.data.tables import write_table
from earshot.hardware import hardware
from earshot.learn.race_of_reverb import time_reverb
from earshot.learn.reverb_models import model_of, read_network
from earshot.rooms.sampling import SamplingSettings, draw_room
from earshot.rooms.simulation import SimulationSettings

if __name__ == "__main__":  # workers of the benchmark import this file again
    with at_work(snakemake) as params:
        sampling, where = SamplingSettings(**params.sampling), device.choose(snakemake.wildcards.device)
        simulation = SimulationSettings(**params.simulation)
        largest = -(-max(params.benchmark["batches"]) // sampling.receivers)
        rooms = [draw_room(number, sampling) for number in range(max(largest, params.benchmark["plain_rooms"]))]
        network = read_network(snakemake.input.network[0])[0] if snakemake.input.network else None
        model = model_of(params.settings, simulation, where, network)
        rows = time_reverb(
            model,
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
