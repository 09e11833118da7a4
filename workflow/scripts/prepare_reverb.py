"""Write what networks of reverberation are given of a shard's rooms, and what they are to say."""

from _script import at_work
from earshot import device
from earshot.data.shards import write_tensors
from earshot.learn.reverb_values import ReverbSettings, rows_of
from earshot.rooms.room_shards import read_rooms
from earshot.rooms.sampling import SamplingSettings, draw_room
from earshot.rooms.simulation import SimulationSettings

with at_work(snakemake) as params:
    _, tensors, _ = read_rooms(snakemake.input.responses, snakemake.input.index)
    sampling, simulation = SamplingSettings(**params.sampling), SimulationSettings(**params.simulation)
    rooms = [draw_room(number, sampling) for number in range(*params.numbers)]
    known = ReverbSettings(**params.known)
    rows = rows_of(rooms, tensors["responses"], known, simulation, device.choose(params.device))
    write_tensors(snakemake.output[0], rows, {"known": params.known, "simulation": params.simulation})
