"""Gather what rooms measure and how fast they are made, draw it, and write a page of it."""

from functools import partial

import pandas as pd
from _script import at_work, git_commit
from earshot import device
from earshot.data.schemas.room_times import ROOM_TIMES
from earshot.data.schemas.rooms import ROOM_INDEX
from earshot.data.tables import read_table
from earshot.hardware import hardware
from earshot.rooms.room_shards import read_rooms, rooms_of
from earshot.rooms.simulation import SimulationSettings
from earshot.rooms.wavefield import wavefield
from earshot.show import figures_rooms, summary, summary_rooms
from earshot.show.page_rooms import render_rooms
from earshot.show.report import write_report

_CELL_M = 0.08  # of the wavefield that is shown
_MOMENTS_S = (0.003, 0.006, 0.009, 0.014, 0.02, 0.03)

with at_work(snakemake) as params:
    files = snakemake.input
    index = pd.concat([read_table(path, ROOM_INDEX) for path in files.indices], ignore_index=True)
    times = pd.concat([read_table(path, ROOM_TIMES) for path in files.speed], ignore_index=True)
    speed = summary_rooms.speed(times)
    binaural = [
        read_table(path, ROOM_INDEX).assign(set=name)
        for path, name in zip(files.binaural, params.binaural, strict=True)
    ]
    first, tensors, settings = read_rooms(files.first, files.indices[0])
    shown = first[first["room"] == first["room"].iloc[0]]
    found = summary.provenance(params.config, git_commit(snakemake)) | {
        "hardware": hardware(params.device),
        "earlier": sorted(set(times["device"]) - set(params.devices)),
        "rooms": summary_rooms.rooms(index)
        | {key: summary_rooms.headline(speed)[key] for key in ("rirs_per_s", "plain_rirs_per_s", "ratio")},
        "binaural": summary_rooms.binaural(binaural, params.heads),
        "speed": speed,
        "stages": summary.stage_times(params.jobs),
        "data": [],
    }
    simulation = SimulationSettings(**settings["simulation"])
    rate_hz = simulation.rate_hz
    (room,) = rooms_of(shown, settings)
    drawn = {
        "expected_times": figures_rooms.expected_times(summary_rooms.of_rooms(index)),
        "times_by_octave": figures_rooms.times_by_octave(summary_rooms.exact(index)),
        "room_wireframe": figures_rooms.room_wireframe(shown),
        "wavefield": figures_rooms.wavefield(
            wavefield(room, _CELL_M, _MOMENTS_S, simulation, device.choose("cpu")), _MOMENTS_S, room.source_m, room.name
        ),
        "responses_by_distance": figures_rooms.responses_by_distance(
            shown, tensors["responses"][shown.index.to_list()].float().numpy(), rate_hz
        ),
        "room_rates": figures_rooms.room_rates(speed),
    }
    output = snakemake.output
    write_report(
        found,
        drawn,
        partial(render_rooms, tables=[*files.indices, *files.speed]),
        figures=output.figures,
        summary=output.summary,
        page=output.page,
    )
