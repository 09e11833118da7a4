"""Gather how well it is heard in scenes where sources are and what, draw it, and write a page of it."""

from functools import partial
from pathlib import Path

import pandas as pd
from _script import at_work, git_commit
from earshot.data.schemas.scene_times import SCENE_TIMES
from earshot.data.schemas.scenes import SCENE_ANSWERS, SCENE_HISTORY, SCENE_PEOPLE, SCENE_PIECES, SCENES
from earshot.data.sofa import read_hrirs
from earshot.data.sources import read_sources
from earshot.data.tables import read_table
from earshot.hardware import hardware
from earshot.learn.separation_network import read_network
from earshot.rooms.heads import Head
from earshot.scenes.drawing import scenes_of
from earshot.scenes.made_of import MadeOf, write_made_of
from earshot.scenes.making import Maker, MakingSettings
from earshot.scenes.people import who_hears
from earshot.scenes.places import read_places
from earshot.scenes.sounds import read_sounds
from earshot.score.listeners import refuse_excluded
from earshot.show import (
    figures_scaling,
    figures_scene_runs,
    figures_scenes,
    scenes_heard,
    summary,
    summary_scaling,
    summary_scene_runs,
    summary_scenes,
)
from earshot.show.page_scenes import render_scenes
from earshot.show.report import write_report

with at_work(snakemake) as params:
    files, per_piece = snakemake.input, params.config["scenes"]["stream"]["scenes_per_piece"]
    scenes, answers = read_table(files.scenes, SCENES), read_table(files.answers, SCENE_ANSWERS)
    pieces = read_table(files.pieces, SCENE_PIECES)
    hearers, teachers = (read_table(path, SCENE_PEOPLE) for path in (files.hearers, files.teachers))
    refuse_excluded(pd.concat([hearers, teachers]), params.bad_subject)
    histories = {path: read_table(path, SCENE_HISTORY) for path in files.histories}
    sounds = read_sounds(files.sounds, files.index)
    heard = summary_scenes.summarise(scenes, answers, params.config["seed"], files.answers)
    measured = [
        summary_scenes.measured_room(
            read_table(one, SCENES), read_table(other, SCENE_ANSWERS), params.config["seed"], other
        )
        for one, other in zip(files.measured_scenes, files.measured_answers, strict=True)
    ]
    answering = summary_scene_runs.answering(pieces, files.pieces)
    scaling = None
    for path in files.ranks:  # one, where it was measured
        seed = params.config["seed"]
        scaling = summary_scaling.scaling(read_table(path, SCENE_TIMES), params.modelled_scenes, seed, path)
    learnt = summary_scene_runs.learning(histories, per_piece)
    found = summary.provenance(params.config, git_commit(snakemake)) | {
        "hardware": hardware(params.device),
        "scenes": heard | {"per_s": answering["per_s"], "classes_known": summary_scenes.classes_known(sounds.index)},
        "measured": measured,
        "learning": learnt,
        "answering": answering,
        "scaling": scaling,
        "study_a": params.study_a,
        "taught_by": who_hears(teachers),
        "excluded": summary_scenes.excluded(hearers, teachers),
        "stages": summary.stage_times(params.jobs),
        "data": summary.data_sets(read_sources(files.sources), params.sources),
    }
    rows = summary_scenes.answered(scenes, answers)
    chosen = scenes_heard.median_scenes(rows)
    said = {name: scenes_heard.said_of(rows, name) for name in chosen}
    drawn = {
        "scene_errors": figures_scenes.scene_errors(heard["localisation"]),
        "own_ears": figures_scenes.own_ears(heard["localisation"]),
        "scene_classes": figures_scenes.scene_classes(heard["classes"]),
        "separation_gains": figures_scenes.separation_gains(heard["separation"]),
        "scene_directions": figures_scene_runs.scene_directions(list(said.values())),
        "scene_losses": figures_scene_runs.scene_losses(list(histories.values()), learnt, per_piece),
        "scene_ranks": figures_scene_runs.scene_ranks(pieces),
    }
    if "chords" in params.config["scenes"]["sounds"]:
        drawn["scene_chords"] = figures_scenes.scene_classes(heard["roots"], "chords")
    if measured:
        drawn["measured_rooms"] = figures_scenes.measured_rooms(measured)
    if scaling:
        drawn["scene_scaling"] = figures_scaling.scene_scaling(scaling)
    rooms = tuple(zip(map(Path, files.responses), map(Path, files.rooms), strict=True))
    places = read_places(rooms)
    shown = scenes_of(scenes.set_index("scene", drop=False).loc[chosen], places)
    sofa = dict(zip(params.people, files.sofa, strict=True))
    heads = {
        name: Head.of(read_hrirs(sofa[name], subject=name, rate_hz=sounds.rate_hz))
        for name in sorted({scene.person for scene in shown})
    }
    making = MakingSettings(**params.making)
    maker = Maker(sounds, places, heads, making)
    separators = [read_network(path)[0] for path in files.separators]
    output = snakemake.output
    who = {name: Path(sofa[name]) for name in who_hears(hearers)}
    write_made_of(output.made_of, MadeOf(who, Path(files.sounds), Path(files.index), rooms, Path(files.scenes), making))
    write_report(
        found,
        drawn,
        partial(
            render_scenes,
            sounds=[scenes_heard.heard(maker, scene, separators) for scene in shown],
            sounds_words={name: scenes_heard.words_of(rows, name) for name in chosen},
            tables=[files.scenes, files.answers, *files.measured_answers, files.pieces, *files.ranks, *files.histories],
        ),
        figures=output.figures,
        summary=output.summary,
        page=output.page,
    )
