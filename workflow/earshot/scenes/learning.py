"""The stream of scenes that networks learn from, and how they learn from it."""

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import torch

from earshot.data.sofa import HrirSet
from earshot.learn.training import Course
from earshot.rooms.heads import Head
from earshot.scenes.drawing import Cast, DrawingSettings, draw_scenes
from earshot.scenes.making import Maker, MakingSettings
from earshot.scenes.places import Places
from earshot.scenes.sounds import Sounds
from earshot.scenes.stream import OverShards, SceneValues
from earshot.settings import settings_from

C = TypeVar("C", bound=Course)


def stream_of(
    sounds: Sounds, places: Places, people: Mapping[str, HrirSet], settings: Mapping[str, Any], workers: int
) -> tuple[SceneValues, OverShards]:
    """Return scenes of the training pool that people hear, and the order in which they come."""
    stream = settings["stream"]
    drawing = settings_from(DrawingSettings, settings["drawing"], scenes_per_place=stream["scenes_per_place"])
    making = settings_from(
        MakingSettings,
        {"exact_s": 0.0, **settings["making"]},  # of which anechoic scenes have no need
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


def course_of(kind: type[C], settings: Mapping[str, Any], device: torch.device) -> C:
    """Return how a network is trained on the stream, to which a piece of scenes is an epoch."""
    stream = settings["stream"]
    return settings_from(
        kind,
        settings["network"],
        epochs=stream["scenes"] // stream["scenes_per_piece"],
        batch_size=stream["batch_size"],
        schedule="cosine",
    ).fit_for(device)
