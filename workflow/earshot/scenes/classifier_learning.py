"""A classifier of clips or of chords learns from the stream of scenes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from earshot.data.sofa import HrirSet
from earshot.learn import classifier, clip_training
from earshot.learn.classifier import TaskNetwork, build, tasks_of
from earshot.learn.classifier_training import Standardising, classes_of
from earshot.learn.clip_training import TrainingSettings
from earshot.learn.kinds import Kind
from earshot.scenes.learning import course_of, stream_of
from earshot.scenes.levels import SceneLevels, levels_of
from earshot.scenes.places import Places
from earshot.scenes.sounds import Sounds, as_clips, of_pool
from earshot.seeds import generator

_NETWORKS: dict[str, Kind] = {"clip": "residual", "chord": "transposable"}  # by the sounds that they hear
_STANDARDISED_BY = 256  # scenes, the first ones


def train(
    sounds: Sounds,
    places: Places,
    people: Mapping[str, HrirSet],
    settings: Mapping[str, Any],
    workers: int,
    device: torch.device,
    state: Path,
) -> tuple[TaskNetwork, list[dict[str, float]]]:
    """Return a network that has learnt from such scenes what a clip or a chord is, whoever hears it, and the losses.

    Scenes have one source. `settings` are those of a configuration: `seed`, `heard_in` (rooms, or anechoic), `sounds`
    (clip, or chord), the sections `drawing` (of which what is drawn of second sources is not needed), `making`,
    `stream` and `network`, and `made_with`, kind and settings of the levels that are heard. In the folder `state` lies
    how far a training that was stopped has come.
    """
    kind, made_with = settings["sounds"], settings["made_with"]
    own = replace(sounds, index=sounds.index[sounds.index["kind"] == kind])
    drawing = {**settings["drawing"], "two_sources": 0.0, "level_db": (0.0, 0.0)}
    scenes, order = stream_of(own, places, people, {**settings, "drawing": drawing}, workers)
    values = SceneLevels(scenes, levels_of(made_with, sounds.rate_hz))
    clips = as_clips(of_pool(own.index, "training"), kind).set_index("item")
    tasks = tasks_of(clips)  # a class that nobody can learn is no answer
    classes = classes_of(clips.loc[[scene.sources[0].item for scene in scenes.scenes]], tasks)
    torch.manual_seed(int(generator(settings["seed"], "network", f"{kind}s").integers(2**62)))
    network = build(_NETWORKS[kind], tasks, values.shape, made_with["settings"])
    if isinstance(network.network, Standardising):
        network.network.standardise_by(network.inputs.judged(values.rows(order(0)[:_STANDARDISED_BY])))
    course = course_of(TrainingSettings, settings, device)
    nothing = np.arange(0)
    history = clip_training.train(
        network.network, values, classes, order, nothing, network.inputs, course, settings["seed"], device, state
    )
    return network, history


def write(path: Path | str, network: TaskNetwork, settings: Mapping[str, Any]) -> None:
    """Write a classifier with the settings that it was trained by."""
    of_network = {**settings["network"], "network": _NETWORKS[settings["sounds"]]}
    classifier.write_network(path, network, {"settings": of_network, "made_with": settings["made_with"]})
