"""Networks learn from the stream of scenes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from earshot.data.sofa import HrirSet
from earshot.learn import clip_training
from earshot.learn.classifier import Task, TaskNetwork, build
from earshot.learn.clip_training import TrainingSettings
from earshot.learn.direction_map import directions
from earshot.learn.direction_network import DirectionNetwork, DirectionNetworkSettings
from earshot.learn.direction_objective import DirectionObjective
from earshot.learn.training import Course, train
from earshot.rooms.heads import Head
from earshot.scenes.drawing import Cast, DrawingSettings, draw_scenes
from earshot.scenes.making import Maker, MakingSettings
from earshot.scenes.places import Places
from earshot.scenes.sounds import Sounds, of_pool
from earshot.scenes.stream import OverShards, SceneLevels, SceneValues, directions_of
from earshot.seeds import generator
from earshot.settings import settings_from
from earshot.signal.binaural_spectra import binaural_settings
from earshot.signal.melspectrogram import mel_settings

_STANDARDISED_BY = 256  # scenes, the first ones
_BEGINS_WITH = 2000  # scenes at most, which say how what is heard errs


def train_localiser(
    sounds: Sounds,
    places: Places,
    people: Mapping[str, HrirSet],
    settings: Mapping[str, Any],
    workers: int,
    device: torch.device,
    state: Path,
) -> tuple[DirectionNetwork, list[dict[str, float]]]:
    """Return a localiser that has learnt from scenes of the training pool, and the losses of each piece.

    Each scene comes once, so that losses are of scenes that were not heard before. `settings` are those of a
    configuration: `seed`, `heard_in` (rooms, or anechoic), and the sections `drawing`, `making`, `stream`, `spectra`
    and `network`. In the folder `state` lies how far a training that was stopped has come.
    """
    stream, spectra = settings["stream"], binaural_settings(settings["spectra"], sounds.rate_hz)
    values, order = stream_of(sounds, places, people, settings, workers)
    torch.manual_seed(int(generator(settings["seed"], "network", "directions").integers(2**62)))
    sizes = settings_from(DirectionNetworkSettings, settings["network"])
    network = DirectionNetwork(sizes, spectra)
    number = {name: place for place, name in enumerate(people)}
    persons = np.array([number[scene.person] for scene in values.scenes])
    sources = directions_of(values.scenes)
    objective = DirectionObjective.of(people, spectra, sizes.directions)
    _begin(network, objective, list(people), stream_of(sounds, places, people, _of_one_source(settings), workers)[0])
    course = settings_from(
        Course,
        settings["network"],
        epochs=stream["scenes"] // stream["scenes_per_piece"],
        batch_size=stream["batch_size"],
        schedule="cosine",
    ).fit_for(device)
    wanted = np.concatenate([persons[:, None].astype(np.float32), sources.reshape(len(persons), -1)], axis=1)
    nothing = np.arange(0)
    history = train(network, values, wanted, order, nothing, objective, course, settings["seed"], device, state)
    return network, history


def _of_one_source(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a stream of scenes with one source, of which only the first are wanted."""
    stream = settings["stream"]
    together = stream["scenes_per_place"]
    few = min(_BEGINS_WITH // together * together or together, stream["scenes"])
    drawing, stream = {**settings["drawing"], "two_sources": 0.0}, {**stream, "scenes": few}
    return {**settings, "drawing": drawing, "stream": stream}


def _begin(network: DirectionNetwork, objective: DirectionObjective, people: list[str], values: SceneValues) -> None:
    """Let a localiser begin with scenes of one source."""
    known = directions(network.settings.directions).numpy()
    nearest = (directions_of(values.scenes, 1)[:, 0] @ known.T).argmax(1)
    told = [one for one, _ in objective.of_people]
    expected = [told[people.index(one.person)][:, at] for one, at in zip(values.scenes, nearest.tolist(), strict=True)]
    network.begin_with(values.rows(np.arange(len(expected))), torch.stack(expected), torch.stack(told))


def train_classifier(
    sounds: Sounds,
    places: Places,
    people: Mapping[str, HrirSet],
    settings: Mapping[str, Any],
    workers: int,
    device: torch.device,
    state: Path,
) -> tuple[TaskNetwork, list[dict[str, float]]]:
    """Return a network that has learnt from such scenes what a clip is, whoever hears it, and the losses.

    `settings` are as in `train_localiser`, with the section `levels` in place of `spectra`, the mel bands in which
    levels are heard; of `drawing` it has no need of what is drawn of second sources. Scenes have one source, a clip.
    """
    clips = replace(sounds, index=sounds.index[sounds.index["kind"] == "clip"])
    drawing = {**settings["drawing"], "two_sources": 0.0, "level_db": (0.0, 0.0)}
    stream, made_with = settings["stream"], dict(settings["levels"])
    scenes, order = stream_of(clips, places, people, {**settings, "drawing": drawing}, workers)
    values = SceneLevels(scenes, mel_settings(made_with, sounds.rate_hz))
    known = of_pool(clips.index, "training")["label"]  # a class that nobody can learn is no answer
    task = Task("category", tuple(sorted(known.unique())))
    label = dict(zip(clips.index["item"], clips.index["label"], strict=True))
    classes = np.array([task.classes.index(label[scene.sources[0].item]) for scene in scenes.scenes])
    torch.manual_seed(int(generator(settings["seed"], "network", "sounds").integers(2**62)))
    network = build("residual", (task,), values.shape, made_with)
    network.network.standardise_by(network.inputs.judged(values.rows(order(0)[:_STANDARDISED_BY])))  # type: ignore[operator]
    course = settings_from(
        TrainingSettings,
        settings["network"],
        epochs=stream["scenes"] // stream["scenes_per_piece"],
        batch_size=stream["batch_size"],
        schedule="cosine",
    ).fit_for(device)
    nothing = np.arange(0)
    history = clip_training.train(
        network.network, values, classes, order, nothing, network.inputs, course, settings["seed"], device, state
    )
    return network, history


def stream_of(
    sounds: Sounds, places: Places, people: Mapping[str, HrirSet], settings: Mapping[str, Any], workers: int
) -> tuple[SceneValues, OverShards]:
    """Return scenes of the training pool that people hear, and the order in which they come."""
    stream = settings["stream"]
    drawing = settings_from(DrawingSettings, settings["drawing"], scenes_per_place=stream["scenes_per_place"])
    making = settings_from(
        MakingSettings,
        settings["making"],
        duration_s=stream["duration_s"],
        anechoic=settings["heard_in"] == "anechoic",
    )
    scenes = draw_scenes(range(stream["scenes"]), Cast("training", sounds, places, people), drawing)
    firsts = scenes[:: stream["scenes_per_place"]]
    order = OverShards(
        np.array([places.by_name[scene.room].shard for scene in firsts]),
        stream["scenes_per_place"],
        stream["scenes_per_piece"],
        stream["shards_at_once"],
        settings["seed"],
    )
    heads = {name: Head.of(one) for name, one in people.items()}
    return SceneValues(Maker(sounds, places, heads, making), scenes, workers), order
