"""Draw the rooms of a shard and write their impulse responses, with what they measure."""

from pathlib import Path

from _script import at_work
from earshot import device
from earshot.rooms.heads import read_head
from earshot.rooms.room_shards import simulate_rooms, write_rooms
from earshot.rooms.sampling import SamplingSettings, draw_room
from earshot.rooms.simulation import SimulationSettings

with at_work(snakemake) as params:
    sampling = SamplingSettings(**params.sampling)
    simulation = SimulationSettings(**params.simulation)
    rooms = [draw_room(number, sampling) for number in range(*params.numbers)]
    file = snakemake.input.head
    head = read_head(file, simulation.rate_hz) if file else None
    index, responses = simulate_rooms(rooms, simulation, device.choose(params.device), head)
    settings = {"sampling": params.sampling, "simulation": params.simulation}
    if file:
        settings["head"] = Path(file).name
    write_rooms(snakemake.output.responses, snakemake.output.index, rooms, index, responses, settings)
