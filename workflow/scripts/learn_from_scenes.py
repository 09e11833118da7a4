"""Train a network on scenes that are made while it learns."""

import shutil
from pathlib import Path

import pandas as pd
from _script import at_work, bad_subject, scenes
from earshot import device
from earshot.data.schemas.scenes import SCENE_HISTORY, SCENE_PEOPLE
from earshot.data.tables import write_table
from earshot.fingerprint import fingerprint, origin
from earshot.hardware import computing, hardware
from earshot.scenes.learners import LEARNERS, learner
from earshot.scenes.people import read_people
from earshot.scenes.places import read_places
from earshot.scenes.sounds import read_sounds
from earshot.threads import use_threads

with at_work(snakemake) as params:
    files, wildcards = snakemake.input, snakemake.wildcards
    threads, workers = scenes(snakemake).threads, scenes(snakemake).stream.workers
    use_threads(threads)
    sounds = read_sounds(files.sounds, files.index)
    places = read_places(zip(files.responses, files.rooms, strict=True))
    sofa = dict(zip(params.people, files.sofa, strict=True))
    people, teachers = read_people(sofa, sounds.rate_hz, bad_subject(snakemake))
    where = device.choose(params.device)
    here = Path(snakemake.scriptdir)
    code = fingerprint(here / "learn_from_scenes.py", here.parent, LEARNERS[wildcards.learner])
    made_of = [files.sounds, files.index, *files.responses, *files.rooms, *files.sofa]
    state = Path(params.state, origin(code, where.type, made_of))
    learns = learner(wildcards.learner)
    network, history = learns.train(sounds, places, people, params.settings, workers, where, state)
    learns.write(snakemake.output.network, network, params.settings)
    on = computing(hardware(params.device), where.type, threads)
    on += f", and {workers} beside it to make scenes" if workers else ""
    rows = pd.DataFrame(history).assign(network=wildcards.learner, heard_in=wildcards.heard_in, on=on)
    write_table(snakemake.output.history, rows, SCENE_HISTORY)
    write_table(snakemake.output.teachers, teachers, SCENE_PEOPLE)
    shutil.rmtree(params.state, ignore_errors=True)
