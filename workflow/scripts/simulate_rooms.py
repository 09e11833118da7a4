"""Draw the rooms of a shard and write their impulse responses, with what they measure."""

from _script import at_work
from earshot import device
from earshot.rooms.room_shards import simulate_rooms, write_rooms
from earshot.rooms.sampling import SamplingSettings, draw_room
from earshot.rooms.simulation import SimulationSettings

with at_work(snakemake) as params:
    sampling = SamplingSettings(**params.sampling)
    simulation = SimulationSettings(**params.simulation)
    rooms = [draw_room(number, sampling) for number in range(*params.numbers)]
    index, responses = simulate_rooms(rooms, simulation, device.choose(params.device))
    settings = {"sampling": params.sampling, "simulation": params.simulation}
    write_rooms(snakemake.output.responses, snakemake.output.index, rooms, index, responses, settings)
