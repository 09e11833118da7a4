"""An edit makes stale what depends on it, and nothing else."""

import os
import re
import shutil
from pathlib import Path
from typing import get_args

import pytest
from earshot.config import Config, read_config
from pydantic import BaseModel
from runs import TINY, changed, copy_project, planned_rules, run

NOTHING: set[str] = set()
REPORTED = {"summarise_localisation", "report_localisation"}
DRAWN = {"plot_localisation"} | REPORTED
SCORED = {"score_localisation"} | DRAWN
TIMED = {"benchmark_localisation"} | DRAWN
TRAINED = {"localise_control", "localise_accelerated"} | SCORED
HEARD = {"interaural_control", "interaural_accelerated"} | TRAINED
SYNTHESISED = {"synthesise_hrtfs"} | HEARD | TIMED


# Each key of the configuration: another value, and the rules that it makes stale.
# summary.json records the settings of the study, so each of them makes it stale. Where data come from, and how they
# are brought here, is no such setting.
CHANGES = {
    "name": ("other", SYNTHESISED),
    "data_dir": ("elsewhere", NOTHING),
    "seed": (2, SYNTHESISED),
    "device": ("cpu", {"interaural_accelerated", "localise_accelerated"} | SCORED | TIMED),
    "retrieve.mirror": ("http://127.0.0.1:9/", NOTHING),
    "retrieve.attempts": (2, NOTHING),
    "retrieve.connections_per_host": (1, NOTHING),
    "retrieve.stall_s": (5, NOTHING),
    "retrieve.longest_wait_s": (5, NOTHING),
    "synthetic.people": (4, SYNTHESISED),
    "synthetic.azimuths": (9, SYNTHESISED),
    "synthetic.elevations": (5, SYNTHESISED),
    "synthetic.lowest_deg": (-30, SYNTHESISED),
    "synthetic.sample_rate_hz": (48000, SYNTHESISED),
    "synthetic.taps": (512, SYNTHESISED),
    "localisation.collection": ("ita", {"retrieve_hrtf"} | HEARD | TIMED),
    # The same files, found as a folder of one's own: nothing is computed anew.
    "localisation.folder": ("results/tiny/hrtf", REPORTED),
    # The first job's people are still the same: nobody's features or network are made anew.
    "localisation.subjects": (["person01", "person02"], SCORED | TIMED),
    "localisation.tuning_subjects": ({"synthetic": ["person01"]}, SCORED),
    "localisation.bad_subject": ("exclude", SCORED | TIMED),
    "localisation.sample_rate_hz": (48000, HEARD | TIMED),
    "localisation.threads": (1, REPORTED),
    "localisation.subjects_per_job": (1, HEARD),
    "localisation.variants": (["accelerated"], DRAWN),
    "localisation.held_out": (0.3, TRAINED | TIMED),
    "localisation.stimulus.duration_s": (0.2, HEARD | TIMED),
    "localisation.stimulus.repetitions": (2, HEARD | TIMED),
    "localisation.features.window_samples": (2048, HEARD | TIMED),
    "localisation.features.hop_samples": (128, HEARD | TIMED),
    "localisation.features.level_bands.count": (16, HEARD | TIMED),
    "localisation.features.level_bands.spacing": ("mel", HEARD | TIMED),
    "localisation.features.level_bands.lowest_hz": (200, HEARD | TIMED),
    "localisation.features.level_bands.highest_hz": (12000, HEARD | TIMED),
    "localisation.features.phase_bands.count": (6, HEARD | TIMED),
    "localisation.features.phase_bands.spacing": ("mel", HEARD | TIMED),
    "localisation.features.phase_bands.lowest_hz": (200, HEARD | TIMED),
    "localisation.features.phase_bands.highest_hz": (1200, HEARD | TIMED),
    "localisation.features.levels": ("each_ear", HEARD | TIMED),
    # Models are in a report of their own (test_study_runs.py).
    "localisation.models": ({"interaural": None}, NOTHING),
    "localisation.templates.lengths": ([1.0], NOTHING),
    "localisation.templates.noises": ([0.1], NOTHING),
    "localisation.templates.candidates": (500, NOTHING),
    "localisation.curves.signal_to_noise_db": ([0.0], NOTHING),
    "localisation.curves.duration_s": ([0.05], NOTHING),
    "localisation.others.model": ("interaural", NOTHING),
    "localisation.others.folds": (2, NOTHING),
    "localisation.others.measured": ([0, 3], NOTHING),
    "localisation.others.candidates": (500, NOTHING),
    "localisation.others.bayesian_listener": (True, NOTHING),
    "localisation.network.hidden_layers": ([9], TRAINED | TIMED),
    "localisation.network.activation": ("tanh", TRAINED | TIMED),
    "localisation.network.learning_rate": (0.01, TRAINED | TIMED),
    "localisation.network.batch_size": (32, TRAINED | TIMED),
    "localisation.network.weight_decay": (0.1, TRAINED | TIMED),
    "localisation.network.max_epochs": (4, TRAINED | TIMED),
    "localisation.network.patience_epochs": (2, TRAINED | TIMED),
    "localisation.network.tolerance": (0.001, TRAINED | TIMED),
    "localisation.network.precision": ("float32", {"localise_accelerated"} | SCORED | TIMED),
    "localisation.network.schedule": ("cosine", TRAINED | TIMED),
    # The search has results of its own (test_search_runs.py).
    "localisation.search.trials": (5, NOTHING),
    "localisation.search.trials_at_once": (3, NOTHING),
    "localisation.search.arrangement": ("mpi", NOTHING),
    "localisation.search.workers": (2, NOTHING),
    "localisation.search.ranks": (2, NOTHING),
    "localisation.search.halving_epochs": ([2], NOTHING),
    "localisation.search.halving_kept": (0.4, NOTHING),
    "localisation.search.winner_within_deg": (1.0, NOTHING),
    "localisation.search.benchmark_trials": (3, NOTHING),
    "localisation.search.space.window_samples": ([512], NOTHING),
    "localisation.search.space.hops_per_window": ([4], NOTHING),
    "localisation.search.space.spacing": (["mel"], NOTHING),
    "localisation.search.space.level_bands": ([8, 9], NOTHING),
    "localisation.search.space.phase_bands": ([4, 5], NOTHING),
    "localisation.search.space.layers": ([1, 2], NOTHING),
    "localisation.search.space.width": ([8], NOTHING),
    "localisation.search.space.activation": (["relu"], NOTHING),
    "localisation.search.space.learning_rate": ([0.001, 0.01], NOTHING),
    "localisation.search.space.schedule": (["cosine"], NOTHING),
    "localisation.search.space.batch_size": ([64], NOTHING),
    "localisation.search.space.weight_decay": ([0.01, 0.1], NOTHING),
    "localisation.benchmark.repeats": (4, TIMED),
    "localisation.benchmark.control_subjects": (2, TIMED),
}
# Keys of the studies of clips, which are not in this report: all of them together make nothing stale
# (test_clip_runs.py tells what they do in their own).
OF_CLIPS = {
    "sounds.headline": "published",
    "sounds.models": {"residual": {"epochs": 3}},
    "sounds.seeds": 2,
    "sounds.threads": 2,
    "sounds.bad_clip": "exclude",
    "sounds.clips_per_job": 10,
    "sounds.collection": "folder",
    "sounds.folder": "own",
    "sounds.table": "own/clips.csv",
    "sounds.folds": 3,
    "sounds.clips_per_cell": 3,
    "sounds.sample_rate_hz": 48000,
    "sounds.duration_s": 2,
    "sounds.padding": "zeros",
    "sounds.image.window_samples": 1024,
    "sounds.image.hop_samples": 256,
    "sounds.image.bands": 64,
    "sounds.image.lowest_hz": 50,
    "sounds.image.highest_hz": 8000,
    "sounds.image.scale": "htk",
    "sounds.levels.window_samples": 1024,
    "sounds.levels.hop_samples": 256,
    "sounds.levels.bands": 64,
    "sounds.levels.lowest_hz": 50,
    "sounds.levels.highest_hz": 8000,
    "sounds.levels.scale": "slaney",
    "chords.headline": "published",
    "chords.models": {"transposable": {"epochs": 3}},
    "chords.seeds": 2,
    "chords.threads": 2,
    "chords.variations": 5,
    "chords.splits": ["random"],
    "chords.constant_q.hop_samples": 2048,
    "chords.constant_q.lowest_hz": 32.70319566257483,
    "chords.constant_q.octaves": 6,
    "chords.bad_clip": "exclude",
    "chords.clips_per_job": 10,
    "chords.collection": "synthetic_triads",
    "chords.clips_per_cell": 3,
    "chords.sample_rate_hz": 22050,
    "chords.duration_s": 2,
    "chords.padding": "reflect",
    "chords.mel.window_samples": 2048,
    "chords.mel.hop_samples": 256,
    "chords.mel.bands": 32,
    "chords.mel.lowest_hz": 50,
    "chords.mel.highest_hz": 7000,
    "chords.mel.scale": "slaney",
    "chords.amplifier.drive_db": [0, 1],
    "chords.amplifier.tone_db": [0, 1],
    "chords.other_pianos": {"upright": {"folder": "elsewhere"}},
    "chords.benchmark.batch_sizes": [16],
    "chords.benchmark.samples": [100],
    "chords.benchmark.iterations": 3,
    "chords.benchmark.epochs": 1,
    "chords.benchmark.ways": ["shards"],
    "chords.benchmark.learning_rate": 0.01,
    "chords.benchmark.precision": "float32",
    "chords.benchmark.clips": 10,
    "chords.benchmark.repeats": 4,
    "chords.benchmark.cores": 2,
}
# Those of rooms, likewise (test_room_runs.py and test_reverb_runs.py).
OF_ROOMS = {
    "rooms.count": 7,
    "rooms.rooms_per_job": 3,
    "rooms.sample_rate_hz": 24000,
    "rooms.length_s": 2,
    "rooms.volume_m3": [30, 40],
    "rooms.height_m": [3, 3],
    "rooms.proportion": [1, 1],
    "rooms.t60_s": None,
    "rooms.materials.floor": ["carpet_cotton"],
    "rooms.materials.ceiling": ["plasterboard"],
    "rooms.materials.walls": ["brickwork"],
    "rooms.receivers": 2,
    "rooms.grid_m": 1,
    "rooms.ears_m": 1.2,
    "rooms.from_walls_m": 0.3,
    "rooms.from_source_m": 0.5,
    "rooms.test_share": 0.5,
    "rooms.folds": 3,
    "rooms.most_images": 10000,
    "rooms.threads": 1,
    "rooms.others": {"larger": {"count": 3}},
    "rooms.benchmark.rooms": 2,
    "rooms.benchmark.repeats": 4,
    "rooms.benchmark.cores": 2,
    "reverb.headline": "fno",
    "reverb.frame_s": 0.02,
    "reverb.trainings": 2,
    "reverb.threads": 1,
    "reverb.models": {"fno": {"epochs": 3}},
    "reverb.clips": {"talk": "talk.wav"},
    "reverb.measured": {"office": {"file": "a.sofa", "dimensions_m": [4, 3, 2.5], "listener_m": [2, 1, 1]}},
    "reverb.search.trials": 3,
    "reverb.search.epochs": 2,
    "reverb.search.modes": [4],
    "reverb.search.widths": [8],
    "reverb.search.layers": [1],
    "reverb.search.ranks": [0.5],
    "reverb.search.batch_sizes": [16],
    "reverb.search.learning_rate": [0.001, 0.002],
    "reverb.benchmark.batches": [4],
    "reverb.benchmark.t60_s": 0.5,
    "reverb.benchmark.plain_rooms": 2,
    "reverb.benchmark.repeats": 4,
    "reverb.benchmark.cores": 2,
}
# Those of scenes, likewise (test_scene_runs.py).
OF_SCENES = {
    "scenes.count": 7,
    "scenes.scenes_per_piece": 3,
    "scenes.people": 1,
    "scenes.training_people": 1,
    "scenes.sounds": ["clips"],
    "scenes.most_of_a_shard": 3,
    "scenes.duration_s": 1,
    "scenes.two_sources": 1,
    "scenes.signal_to_noise_db": [0, 10],
    "scenes.level_db": [-1, 1],
    "scenes.apart_deg": 35,
    "scenes.reach_deg": 30,
    "scenes.exact_s": 0.05,
    "scenes.spectra.window_samples": 1024,
    "scenes.spectra.hop_samples": 128,
    "scenes.spectra.bands": 40,
    "scenes.spectra.lowest_hz": 100,
    "scenes.spectra.highest_hz": 7000,
    "scenes.stream.scenes": 16_000,
    "scenes.stream.duration_s": 0.5,
    "scenes.stream.scenes_per_place": 4,
    "scenes.stream.scenes_per_piece": 1000,
    "scenes.stream.shards_at_once": 2,
    "scenes.stream.workers": 2,
    "scenes.stream.batch_size": 32,
    "scenes.localiser.learning_rate": 0.001,
    "scenes.localiser.weight_decay": 0.1,
    "scenes.localiser.largest_gradient": 2,
    "scenes.localiser.times_each": 2,
    "scenes.localiser.dealt_over": 3,
    "scenes.localiser.precision": "bfloat16",
    "scenes.localiser.directions": 320,
    "scenes.localiser.width": 64,
    "scenes.localiser.dropped": 0.2,
    "scenes.separator.learning_rate": 0.001,
    "scenes.separator.weight_decay": 0.1,
    "scenes.separator.largest_gradient": 2,
    "scenes.separator.times_each": 2,
    "scenes.separator.dealt_over": 3,
    "scenes.separator.precision": "bfloat16",
    "scenes.separator.window_samples": 512,
    "scenes.separator.bands": 32,
    "scenes.separator.width": 64,
    "scenes.separator.dropped": 0.2,
    "scenes.levels.window_samples": 2048,
    "scenes.levels.hop_samples": 256,
    "scenes.levels.bands": 64,
    "scenes.levels.lowest_hz": 50,
    "scenes.levels.highest_hz": 7000,
    "scenes.levels.scale": "slaney",
    "scenes.classifier.learning_rate": 0.001,
    "scenes.classifier.weight_decay": 0.1,
    "scenes.classifier.largest_gradient": 2,
    "scenes.classifier.times_each": 2,
    "scenes.classifier.dealt_over": 3,
    "scenes.classifier.precision": "bfloat16",
    "scenes.classifier.label_smoothing": 0,
    "scenes.benchmark.ranks": [1],
    "scenes.benchmark.scenes": 5,
    "scenes.benchmark.repeats": 2,
    "scenes.benchmark.modelled_scenes": 1000,
    "scenes.chords.learning_rate": 0.001,
    "scenes.chords.weight_decay": 0.1,
    "scenes.chords.largest_gradient": 2,
    "scenes.chords.times_each": 2,
    "scenes.chords.dealt_over": 3,
    "scenes.chords.precision": "bfloat16",
    "scenes.measured": {"office": {"file": "office.sofa", "anechoic": "head.sofa"}},
    "scenes.ranks": 3,
    "scenes.arrangement": "mpi",
    "scenes.split": "static",
    "scenes.threads": 2,
}
ELSEWHERE = OF_CLIPS | OF_ROOMS | OF_SCENES
OF_MATERIALS = {key: value for key, value in OF_ROOMS.items() if key.startswith(("rooms.t60", "rooms.materials"))}
# What has to change with a key.
ALONGSIDE = dict.fromkeys(OF_MATERIALS, OF_MATERIALS) | {
    "localisation.folder": {"localisation.collection": "folder"},
    "sounds.collection": {"sounds.folder": "own"},
    "sounds.folder": {"sounds.collection": "folder"},
    "sounds.table": {"sounds.collection": "folder", "sounds.folder": "own"},
    "sounds.headline": {"sounds.models": {"published": {}}},
    "chords.headline": {"chords.models": {"published": {}}},
    "reverb.headline": {"reverb.models": {"fno": {}}},
}

# A module of the library (or another file of the project) and the rules that an edit of its code makes stale.
EDITS = {
    "workflow/scripts/score_localisation.py": SCORED,
    "workflow/earshot/data/synthetic_hrtf.py": SYNTHESISED,
    "workflow/earshot/data/listeners.py": HEARD | TIMED,
    "workflow/earshot/signal/bands.py": HEARD | TIMED,
    "workflow/earshot/signal/interaural_control.py": {"interaural_control", "localise_control"} | SCORED | TIMED,
    "workflow/earshot/signal/interaural_accelerated.py": (
        {"interaural_accelerated", "localise_accelerated"} | SCORED | TIMED
    ),
    "workflow/earshot/signal/short_time_sums.py": {"interaural_accelerated", "localise_accelerated"} | SCORED | TIMED,
    "workflow/earshot/learn/perceptron.py": TRAINED | TIMED,
    "workflow/earshot/learn/control.py": {"localise_control"} | SCORED | TIMED,
    "workflow/earshot/learn/cohort.py": {"localise_accelerated"} | SCORED | TIMED,
    "workflow/earshot/learn/stack.py": {"localise_accelerated"} | SCORED | TIMED,
    "workflow/earshot/signal/noise_lags.py": {"interaural_accelerated", "localise_accelerated"} | SCORED | TIMED,
    "workflow/earshot/learn/split.py": TRAINED | TIMED,
    "workflow/earshot/learn/race.py": TIMED,
    "workflow/earshot/files.py": SYNTHESISED,
    "workflow/earshot/data/tables.py": HEARD | TIMED,
    "workflow/earshot/data/schemas/training.py": TRAINED | TIMED,
    "workflow/earshot/data/schemas/scores.py": SCORED,
    "workflow/earshot/data/schemas/benchmark.py": TIMED,
    "workflow/earshot/directions.py": SYNTHESISED,
    "workflow/earshot/score/angles.py": SCORED,
    "workflow/earshot/score/speed.py": TIMED,
    "workflow/earshot/show/figures.py": {"plot_localisation", "report_localisation"},
    "workflow/earshot/show/page.py": {"report_localisation"},
    "workflow/earshot/show/page_localisation.py": {"report_localisation"},
    "workflow/earshot/show/captions.py": {"report_localisation"},
    "workflow/earshot/show/summary.py": DRAWN,
    # Keys of another study, other ways to retrieve and other words in a log change no result.
    "workflow/earshot/config.py": NOTHING,
    "workflow/earshot/config_localisation.py": NOTHING,
    "workflow/earshot/learn/templates.py": NOTHING,
    "workflow/earshot/signal/sources.py": NOTHING,
    "workflow/earshot/show/summary_search.py": NOTHING,
    "workflow/earshot/data/transfer.py": NOTHING,
    "workflow/earshot/data/archives.py": NOTHING,
    "workflow/earshot/errors.py": NOTHING,
    "workflow/earshot/fingerprint.py": NOTHING,
    "workflow/earshot/hardware.py": NOTHING,
    "workflow/earshot/progress.py": NOTHING,
    "workflow/earshot/writer.py": NOTHING,
    "workflow/scripts/_script.py": NOTHING,
}


def leaf_keys(model, above=""):
    for name, field in model.model_fields.items():
        sections = [kind for kind in (field.annotation, *get_args(field.annotation)) if isinstance(kind, type)]
        inner = next((kind for kind in sections if issubclass(kind, BaseModel)), None)
        yield from leaf_keys(inner, f"{above}{name}.") if inner else [f"{above}{name}"]


def test_the_table_has_every_key_of_the_configuration():
    assert set(leaf_keys(Config)) == set(CHANGES) | set(ELSEWHERE)


@pytest.mark.parametrize("key", [*CHANGES, *ELSEWHERE])
def test_a_key_can_be_set_and_its_neighbours_keep_their_defaults(key):
    value = ELSEWHERE[key] if key in ELSEWHERE else CHANGES[key][0]
    read_config(changed({key: value} | ALONGSIDE.get(key, {})))


def test_no_key_of_another_study_makes_anything_stale(finished):
    everything = read_config(TINY).model_dump(mode="json")
    config = changed({"rooms.materials": {}} | ELSEWHERE, everything)
    assert planned_rules(finished, config=config, project=finished) == {}


@pytest.mark.parametrize("key", CHANGES)
def test_a_changed_key_makes_stale_what_depends_on_it(key, finished):
    value, rules = CHANGES[key]
    everything = read_config(TINY).model_dump(mode="json")
    config = changed({key: value} | ALONGSIDE.get(key, {}), everything)
    assert read_config(config) != read_config(TINY)
    assert set(planned_rules(finished, config=config, project=finished)) == rules


@pytest.mark.parametrize("path", EDITS)
def test_edited_code_makes_stale_the_rules_that_import_it(path, project):
    edited = project / path
    edited.write_text(edited.read_text() + "\nANSWER = 42\n")
    assert set(planned_rules(project, project=project)) == EDITS[path]


def test_a_second_run_does_nothing(project):
    before = times_of_change(project / "results")
    assert "Nothing to be done" in run(project, project=project)
    assert times_of_change(project / "results") == before


@pytest.mark.parametrize("part", ["workflow/scripts", "workflow/earshot", "."])
def test_touched_files_make_nothing_stale(part, project):
    kept = ("results", "resources", "logs", ".snakemake")
    for path in (project / part).rglob("*"):
        if path.is_file() and path.relative_to(project).parts[0] not in kept:
            os.utime(path)
    assert not planned_rules(project, project=project)


def test_a_checkout_makes_nothing_stale(project, finished):
    shutil.rmtree(project / "workflow")
    copy_project(project, source=finished)
    assert not planned_rules(project, project=project)


def test_a_project_that_moves_stays_as_fresh(project):
    moved = project.rename(project.with_name("elsewhere"))
    assert not planned_rules(moved, project=moved)


def test_comments_and_docstrings_make_nothing_stale(project):
    for path in [*(project / "workflow/earshot").rglob("*.py"), *(project / "workflow/scripts").glob("*.py")]:
        text = path.read_text()
        rewritten = re.sub(r'"""(?=\w)', '"""In other words: ', text)
        path.write_text(f"# A remark\n\n\n{rewritten}\n# and another one\n")
    assert not planned_rules(project, project=project)


def times_of_change(folder: Path):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
