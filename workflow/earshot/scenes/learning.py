"""The stream of scenes that networks learn from."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from earshot.data.sofa import HrirSet
from earshot.rooms.heads import Head
from earshot.scenes.drawing import Cast, DrawingSettings, draw_scenes
from earshot.scenes.making import Maker, MakingSettings
from earshot.scenes.places import Places
from earshot.scenes.sounds import Sounds
from earshot.scenes.stream import OverShards, SceneValues
from earshot.settings import settings_from


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
