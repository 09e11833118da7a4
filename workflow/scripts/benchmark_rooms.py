"""Time the simulation of the first rooms: ours, and a plain loop over pyroomacoustics."""

import json

from _script import at_work
from earshot import device
from earshot.data.schemas.room_times import ROOM_TIMES
from earshot.data.tables import write_table
from earshot.hardware import hardware
from earshot.rooms.race_of_rooms import time_rooms
from earshot.rooms.sampling import SamplingSettings, draw_room
from earshot.rooms.simulation import SimulationSettings

if __name__ == "__main__":  # workers of the benchmark import this file again
    with at_work(snakemake) as params:
        sampling, where = SamplingSettings(**params.sampling), snakemake.wildcards.device
        rooms = [draw_room(number, sampling) for number in range(params.rooms)]
        simulation = SimulationSettings(**params.simulation)
        rows = time_rooms(rooms, simulation, params.repeats, snakemake.threads, device.choose(where))
        machine = json.dumps(hardware(where), sort_keys=True)
        write_table(snakemake.output[0], rows.assign(machine=machine), ROOM_TIMES)
