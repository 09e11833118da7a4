"""A classifier of clips learns from the stream of scenes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from earshot.data.sofa import HrirSet
from earshot.learn import classifier, clip_training
from earshot.learn.classifier import Task, TaskNetwork, build
from earshot.learn.clip_training import TrainingSettings
from earshot.learn.kinds import Kind
from earshot.scenes.learning import stream_of
from earshot.scenes.places import Places
from earshot.scenes.sounds import Sounds, of_pool
from earshot.scenes.stream import SceneLevels
from earshot.seeds import generator
from earshot.settings import settings_from
from earshot.signal.melspectrogram import mel_settings

_NETWORK: Kind = "residual"
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
    """Return a network that has learnt from such scenes what a clip is, whoever hears it, and the losses.

    Scenes have one source, a clip. `settings` are those of a configuration: `seed`, `heard_in` (rooms, or anechoic),
    and the sections `drawing` (of which what is drawn of second sources is not needed), `making`, `stream`, `levels`
    and `network`. In the folder `state` lies how far a training that was stopped has come.
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
    network = build(_NETWORK, (task,), values.shape, made_with)
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


def write(path: Path | str, network: TaskNetwork, settings: Mapping[str, Any]) -> None:
    """Write a classifier with the settings that it was trained by."""
    about = {"settings": {**settings["network"], "network": _NETWORK}, "made_with": {"settings": settings["levels"]}}
    classifier.write_network(path, network, about)
