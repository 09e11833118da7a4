"""A run that has learnt nothing: small networks of every kind where a workflow leaves them, and its chapters."""

import json
from dataclasses import asdict
from pathlib import Path

import classes_made_up
import numpy as np
import pandas as pd
import scenes_made_up
import tables_made_up
import torch
from earshot.config_clips import ConstantQOfChords, LevelsOfSounds, MelOfChords
from earshot.data.sources import read_sources
from earshot.learn import classifier, direction_network, reverb_models, separation_network, templates
from earshot.learn.classifier import TYPES, Task, build
from earshot.learn.direction_network import DirectionNetwork, DirectionNetworkSettings
from earshot.learn.localiser import write_localiser
from earshot.learn.perceptron import Perceptron, TrainingSet
from earshot.learn.separation_network import SeparationNetwork, SeparationNetworkSettings
from earshot.learn.templates import TemplateSettings, spread_directions
from earshot.rooms.simulation import SimulationSettings
from earshot.show import summary, summary_classes, summary_reverb, summary_scenes
from earshot.signal.binaural_spectra import BinauralSettings
from earshot.signal.interaural import interaural_settings
from test_page_reverb import errors
from test_reverb_models import SETTINGS as OF_ROOMS

PROJECT = Path(__file__).parents[2]
PUBLISHED = pd.read_csv(PROJECT / "workflow/report/published.csv")
SOURCES = read_sources(PROJECT / "config/sources.yaml")
RATE = 16_000
ROOTS = ("Cn", "Df", "Dn", "Ef", "En", "Fn", "Gf", "Gn", "Af", "An", "Bf", "Bn")
SOUND, ROOT, TYPE = Task("category", ("dog", "sea_waves")), Task("root", ROOTS), Task("type", TYPES)
LEVELS = LevelsOfSounds(highest_hz=8000, bands=32).model_dump()
FEATURES = {
    "window_samples": 512,
    "hop_samples": 256,
    "level_bands": {"count": 6, "spacing": "erb", "lowest_hz": 200, "highest_hz": 7000},
    "phase_bands": {"count": 3, "spacing": "erb", "lowest_hz": 200, "highest_hz": 1200},
}
NAMES = interaural_settings({"features": FEATURES}).names
SPECTRA = BinauralSettings(RATE, 512, 256, 8, 80.0, 7800.0)
NAMES_OF_ALL = [
    "mine/chords/ours",
    "mine/chords/published",
    "mine/localisation/control",
    "mine/localisation/templates",
    "mine/reverb/fno",
    "mine/scenes/classifier_rooms",
    "mine/scenes/localiser_rooms",
    "mine/scenes/separator_rooms",
    "mine/scenes/without_rooms",
    "mine/sounds/residual",
]


def write_run(folder):
    """Write networks of every kind into a run's folder."""
    for split, seed in (("fold1", 1), ("fold2", 2)):
        write_clips(folder, "residual", "sounds", "residual", (SOUND,), LEVELS, "levels", (32, 48), split, seed)
    for task in (ROOT, TYPE):
        write_clips(folder, "triad", "chords", "published", (task,), MelOfChords().model_dump(), "mel", (32, 32))
    transforms = ConstantQOfChords().model_dump()
    for seed in (1, 2):
        write_clips(
            folder, "transposable", "chords", "ours", (ROOT, TYPE), transforms, "constant_q", (252, 4), seed=seed
        )
    write_people(folder)
    write_scenes(folder)
    path = folder / "reverb/fno/1/network.safetensors"
    path.parent.mkdir(parents=True)
    simulation = SimulationSettings(1, RATE, 0.3, 500)
    network, _ = reverb_models.build(OF_ROOMS, simulation)
    about = {"settings": OF_ROOMS | {"validates": 1}, "simulation": asdict(simulation)}
    reverb_models.write_network(path, network, about)
    return folder


def write_clips(folder, kind, study, model, tasks, spectra, of, shape, split="random", seed=1):
    """Write one network of a classifier, which takes spectrograms as they usually are."""
    torch.manual_seed(seed)
    made_with = {"rate_hz": RATE, "duration_s": 1.0, "padding": "zeros", "kind": of, "settings": spectra}
    made = standardised(build(kind, tasks, shape, spectra))
    about = {"study": study, "model": model, "split": split, "seed": seed, "settings": {"network": kind}}
    path = folder / study / model / split / f"{seed}" / "networks" / f"{made.name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    classifier.write_network(path, made, about | {"made_with": made_with})
    return path


def standardised(made):
    """Let a network take the scale of levels, where it does."""
    if hasattr(made.network, "standardise_by"):
        made.network.standardise_by(made.inputs.judged(20 * torch.randn(16, *made.shape) - 40))
    return made


def perceptron(seed):
    random = np.random.default_rng(seed)
    sizes = [(len(NAMES), 8), (8, 3)]
    weights = [random.normal(size=size).astype(np.float32) for size in sizes]
    biases = [random.normal(size=size[1]).astype(np.float32) for size in sizes]
    mean, scale = random.normal(size=(2, len(NAMES))).astype(np.float32)
    return Perceptron(weights, biases, mean, abs(scale) + 1, "tanh", np.ones(3, np.float32))


def person_with_templates(name, seed):
    """Templates of features that change smoothly over the sphere, phase delays among them."""
    interaural = interaural_settings({"features": FEATURES})
    known = spread_directions(60)
    random = np.random.default_rng(seed)
    smooth = np.repeat(known @ random.normal(size=(3, len(NAMES))), 3, axis=0)
    features = smooth * np.where(np.isfinite(interaural.periods), 100, 3) + random.normal(size=smooth.shape)
    data = TrainingSet(name, features.astype(np.float32), np.repeat(known, 3, axis=0).astype(np.float32))
    how = TemplateSettings((0.5, 1.0), (1e-2,), 300)
    return templates.train([data], how, interaural.periods, torch.device("cpu"))[0]


def write_people(folder):
    """Write localisers of two people, a shard each: networks, templates, and networks at the rate of scenes."""
    stimulus = {"duration_s": 0.5, "repetitions": 4}
    whole = {"features": FEATURES, "rate_hz": None, "seed": 1, "stimulus": stimulus}
    own = {"seed": 1, "held_out": 0.2, "stimulus": stimulus, "features": FEATURES, "network": {}}
    for number, name in enumerate(("anna", "bert")):
        control = {"features": whole, "training": {"seed": 1, "held_out": 0.2, "network": {}}, "variant": "control"}
        modelled = {"settings": own | {"rate_hz": RATE, "method": "templates", "held": "regions"}, "names": NAMES}
        for place, localiser, about in (
            (f"localisation/control/models/0{number}", perceptron(number), control),
            (f"localisation/templates/models/0{number}", person_with_templates(name, number), modelled),
            ("scenes/without_rooms", perceptron(number), own),
        ):
            path = folder / place / f"{name}.safetensors"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_localiser(path, localiser, about | {"subject": name})


def write_scenes(folder):
    """Write what learns from scenes, in rooms."""
    torch.manual_seed(1)
    where = {name: folder / f"scenes/{name}/rooms.safetensors" for name in ("localiser", "separator", "classifier")}
    for path in where.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    hears = DirectionNetwork(DirectionNetworkSettings(60, 16, 0.1), SPECTRA)
    direction_network.write_network(where["localiser"], hears, {"settings": {}})
    separates = SeparationNetwork(SeparationNetworkSettings(16, 0.1, 8, 512), RATE)
    separation_network.write_network(where["separator"], separates, {"settings": {}})
    made_with = {"kind": "levels", "settings": LEVELS}
    tells = standardised(build("residual", (SOUND,), (32, 16), LEVELS))
    classifier.write_network(where["classifier"], tells, {"settings": {"network": "residual"}, "made_with": made_with})


def write_chapters(folder):
    """Write the summaries of all chapters, as their scripts gather them of made-up tables."""
    sounds = summary_classes.sounds(
        classes_made_up.told("sounds", "residual"), classes_made_up.CONFIG["sounds"], PUBLISHED
    )
    told = classes_made_up.told("chords", "transposable")
    chords = summary_classes.chords(told, classes_made_up.CONFIG["chords"], PUBLISHED)
    chords["models"]["ours"] = chords["models"]["transposable"]
    scores = {"control": tables_made_up.scores(variants=("control",))}
    own = {"collection": "ita"}
    localisation = summary.localisation(scores, {"control": "control/scores.parquet"}, own, PUBLISHED)
    scenes = scenes_made_up.scenes()
    heard = summary_scenes.summarise(scenes, scenes_made_up.answers(scenes), 1, scenes_made_up.TABLE)
    of_scenes = {"rooms": {"sample_rate_hz": RATE}, "scenes": {"stream": {"duration_s": 0.5}}}
    of_rooms = {"rooms": {"folds": 5}}
    write_chapter(folder, "sounds", {"sounds": sounds}, ["esc50"])
    write_chapter(folder, "chords", {"chords": chords}, ["piano_triads"])
    write_chapter(folder, "localisation", {"localisation": localisation}, ["ita"])
    write_chapter(folder, "scenes", {"scenes": heard, "taught_by": ["bert", "carl"]}, ["ari", "esc50"], of_scenes)
    write_chapter(
        folder, "reverb", {"reverb": summary_reverb.summarise(summary_reverb.models(errors()), "fno", [])}, [], of_rooms
    )


def write_chapter(folder, chapter, own, data, settings=None):
    """Write a chapter's summary of a run, with the data sets of the project's table of sources."""
    whole = summary.provenance({"name": "mine", "seed": 1, **(settings or {})}, "0123abc")
    path = folder / chapter / "summary.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(whole | own | {"data": summary.data_sets(SOURCES, data)}, allow_nan=False))
