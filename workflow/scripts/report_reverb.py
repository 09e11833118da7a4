"""Gather how far models of reverberation are from the truth and how fast they are, draw it, and write a page of it."""

from functools import partial

import pandas as pd
from _script import at_work, git_commit
from earshot import device
from earshot.data.audio import read_audio
from earshot.data.schemas.reverb import REVERB_ERRORS, REVERB_HISTORY, REVERB_MEASURED, REVERB_TIMES
from earshot.data.tables import read_table
from earshot.hardware import hardware
from earshot.learn.reverb_models import read_model
from earshot.learn.shown_place import place_that_shows
from earshot.show import figures_reverb, summary, summary_reverb
from earshot.show.listen import in_a_room
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
    measured = [read_table(path, REVERB_MEASURED) for path in files.measured]
    standard = errors[errors["judges"] == "standard"]
    found = summary.provenance(params.config, git_commit(snakemake)) | {
        "hardware": hardware(params.device),
        "earlier": sorted(set(times["device"]) - set(params.devices)),
        "reverb": summary_reverb.summarise(summary_reverb.models(errors), heading, speed),
        "measured": [summary_reverb.measured(table) for table in measured],
        "bands": summary_reverb.by_octave(standard),
        "speed": speed,
        "timed_t60_s": params.config["reverb"]["benchmark"]["t60_s"],
        "sets": params.sets,
        "stages": summary.stage_times(params.jobs),
        "data": [],
    }
    own = standard[(standard["model"] == heading) & (standard["number"] == 1)]
    place = place_that_shows(own, zip(files.responses, files.indices, strict=True))
    networks = dict(zip(params.learnt, files.networks, strict=True))
    said = {}
    for name in params.shown:
        settings = params.config["reverb"]["models"][name] | {"frame_s": params.config["reverb"]["frame_s"]}
        said[name] = place.by(read_model(networks.get(name), settings, place.simulation, device.choose("cpu")))
    rate_hz = place.simulation.rate_hz
    drawn = {
        "errors_by_model": figures_reverb.errors_by_model(standard, heading),
        "errors_by_octave": figures_reverb.errors_by_octave(found["bands"], params.shown),
        "decays": figures_reverb.decays(place.response, said, rate_hz, place.arrival),
        "response_beside_response": figures_reverb.response_beside_response(
            place.response, said[heading], rate_hz, place.words
        ),
        "model_rates": figures_reverb.model_rates(speed, heading),
        "reverb_losses": figures_reverb.reverb_losses(history),
    }
    clips = {name: read_audio(path, rate_hz)[0] for name, path in zip(params.clips, files.clips, strict=True)}
    clips = clips or {"strummed chord": strummed(rate_hz, _HEARD_S, params.config["seed"])}
    clips = {name: clip[: round(_HEARD_S * rate_hz)] for name, clip in clips.items()}
    ways = {"simulated": place.response, f"by {heading}": said[heading]}
    output = snakemake.output
    write_report(
        found,
        drawn,
        partial(
            render_reverb,
            heading=heading,
            sounds=in_a_room(clips, ways, rate_hz),
            sounds_words=place.words,
            tables=[*files.errors, *files.measured, *files.speed],
        ),
        figures=output.figures,
        summary=output.summary,
        page=output.page,
    )
