"""Train a person's localiser on scenes that are made while it learns."""

import shutil
from pathlib import Path

import pandas as pd
from _script import at_work
from earshot import device
from earshot.data.schemas.scenes import SCENE_HISTORY
from earshot.data.sofa import read_hrirs
from earshot.data.tables import write_table
from earshot.fingerprint import fingerprint, origin
from earshot.hardware import computing, hardware
from earshot.learn.direction_network import write_network
from earshot.scenes.learning import train_localiser
from earshot.scenes.places import read_places
from earshot.scenes.sounds import read_sounds
from earshot.threads import use_threads

with at_work(snakemake) as params:
    files, wildcards = snakemake.input, snakemake.wildcards
    use_threads(params.threads)
    sounds = read_sounds(files.sounds, files.index)
    places = read_places(zip(files.responses, files.rooms, strict=True))
    listener = read_hrirs(files.sofa, subject=wildcards.person, rate_hz=sounds.rate_hz)
    where = device.choose(params.device)
    here = Path(snakemake.scriptdir)
    code = fingerprint(here / "train_scene_localiser.py", here.parent)
    state = Path(params.state, origin(code, where.type, [files.sounds, files.sofa, *files.responses]))
    network, history = train_localiser(sounds, places, listener, params.settings, params.workers, where, state)
    write_network(snakemake.output.network, network, {"settings": dict(params.settings), "person": wildcards.person})
    on = computing(hardware(params.device), where.type, params.threads)
    about = {"network": wildcards.heard_in, "person": wildcards.person, "on": on}
    write_table(snakemake.output.history, pd.DataFrame(history).assign(**about), SCENE_HISTORY)
    shutil.rmtree(params.state, ignore_errors=True)
