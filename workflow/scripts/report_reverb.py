"""Gather how far models of reverberation are from the truth and how fast they are, draw it, and write a page of it."""

from functools import partial

import numpy as np
import pandas as pd
from _script import at_work, git_commit
from earshot import device
from earshot.data.audio import read_audio
from earshot.data.schemas.reverb import REVERB_ERRORS, REVERB_HISTORY, REVERB_TIMES
from earshot.data.tables import read_table
from earshot.hardware import hardware
from earshot.learn.reverb_models import model_of, read_network
from earshot.learn.room_listening import heard_in
from earshot.rooms.room_shards import read_rooms, rooms_of
from earshot.rooms.simulation import SimulationSettings, arrivals
from earshot.show import figures_reverb, summary, summary_reverb
from earshot.show.listen import SoundOnPage
from earshot.show.page_reverb import render_reverb
from earshot.show.report import write_report
from earshot.signal.pluck import strummed

_HEARD_S = 4.0  # of each recording

with at_work(snakemake) as params:
    files, heading = snakemake.input, params.heading
    errors = pd.concat([read_table(path, REVERB_ERRORS) for path in files.errors], ignore_index=True)
    histories = [read_table(path, REVERB_HISTORY) for path in files.histories]
    history = pd.concat(histories, ignore_index=True) if histories else pd.DataFrame(columns=["model"])
    times = pd.concat([read_table(path, REVERB_TIMES) for path in files.speed], ignore_index=True)
    speed = summary_reverb.speed(times)
    standard = errors[errors["judges"] == "standard"]
    found = summary.provenance(params.config, git_commit(snakemake)) | {
        "hardware": hardware(params.device),
        "earlier": sorted(set(times["device"]) - set(params.devices)),
        "reverb": summary_reverb.summarise(summary_reverb.models(errors), heading, speed),
        "bands": summary_reverb.by_octave(standard),
        "speed": speed,
        "timed_t60_s": params.config["reverb"]["benchmark"]["t60_s"],
        "sets": params.sets,
        "stages": summary.stage_times(params.jobs),
        "data": [],
    }
    # The response that is shown: of rooms that no model has heard, the one whose error is the headline model's median.
    own = standard[(standard["model"] == heading) & (standard["number"] == 1)].dropna(subset="t60_error")
    shown = own.iloc[own["t60_error"].abs().argsort().iloc[len(own) // 2]]
    for shard in zip(files.responses, files.indices, strict=True):
        index, tensors, made_with = read_rooms(*shard)
        place = np.flatnonzero((index["room"] == shown["room"]) & (index["receiver"] == shown["receiver"]))
        if place.size:
            break
    simulation = SimulationSettings(**made_with["simulation"])
    (room,) = rooms_of(index[index["room"] == shown["room"]], made_with)
    true = tensors["responses"][place[0]].float().numpy()
    networks = {path: read_network(path) for path in files.networks}
    said = {}
    for name in params.shown:
        settings = params.config["reverb"]["models"][name] | {"frame_s": params.config["reverb"]["frame_s"]}
        of_model = [network for path, (network, _) in networks.items() if f"/reverb/{name}/" in path]
        model = model_of(settings, simulation, device.choose("cpu"), *of_model)
        said[name] = model.responses([room])[0][shown["receiver"]]
    rate_hz, arrival = simulation.rate_hz, int(arrivals(room, simulation.rate_hz)[shown["receiver"]])
    words = (
        f"{shown['room']}, {shown['volume_m3']:.0f} m³, {shown['distance_m']:.1f} m from the source: "
        f"T60 {shown['true_t60_s']:.2f} s simulated, {shown['said_t60_s']:.2f} s predicted"
    )
    drawn = {
        "errors_by_model": figures_reverb.errors_by_model(standard, heading),
        "errors_by_octave": figures_reverb.errors_by_octave(found["bands"], params.shown),
        "decays": figures_reverb.decays(true, said, rate_hz, arrival),
        "response_beside_response": figures_reverb.response_beside_response(true, said[heading], rate_hz, words),
        "model_rates": figures_reverb.model_rates(speed, heading),
        "reverb_losses": figures_reverb.reverb_losses(history),
    }
    # Recordings as they would sound there, a few seconds of each.
    clips = {name: read_audio(path, rate_hz)[0] for name, path in zip(params.clips, files.clips, strict=True)}
    clips = clips or {"strummed chord": strummed(rate_hz, _HEARD_S, params.config["seed"])}
    sounds = [
        SoundOnPage(
            name,
            {"dry": heard_in(clip, np.ones(1, np.float32))}
            | {"in the room, simulated": heard_in(clip, true)}
            | {f"in the room, by {model}": heard_in(clip, response) for model, response in list(said.items())[:1]},
            rate_hz,
        )
        for name, clip in ((name, clip[: round(_HEARD_S * rate_hz)]) for name, clip in clips.items())
    ]
    output = snakemake.output
    write_report(
        found,
        drawn,
        partial(
            render_reverb, heading=heading, sounds=sounds, sounds_words=words, tables=[*files.errors, *files.speed]
        ),
        figures=output.figures,
        summary=output.summary,
        page=output.page,
    )
