"""Networks learn from the stream of scenes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from earshot.data.sofa import HrirSet
from earshot.learn.direction_network import DirectionNetwork, DirectionNetworkSettings, DirectionObjective
from earshot.learn.training import Course, train
from earshot.rooms.heads import Head
from earshot.scenes.drawing import Cast, DrawingSettings, draw_scenes
from earshot.scenes.making import Maker, MakingSettings
from earshot.scenes.places import Places
from earshot.scenes.sounds import Sounds
from earshot.scenes.stream import OverShards, SceneValues, directions_of
from earshot.seeds import generator
from earshot.settings import settings_from
from earshot.signal.binaural_spectra import binaural_settings

_STANDARDISED_BY = 256  # scenes, the first ones


def train_localiser(
    sounds: Sounds,
    places: Places,
    listener: HrirSet,
    settings: Mapping[str, Any],
    workers: int,
    device: torch.device,
    state: Path,
) -> tuple[DirectionNetwork, list[dict[str, float]]]:
    """Return a listener's localiser that has learnt from scenes of the training pool, and the losses of each piece.

    Each scene comes once, so that losses are of scenes that were not heard before. `settings` are those of a
    configuration: `seed`, `heard_in` (rooms, or anechoic), and the sections `drawing`, `making`, `stream`, `spectra`
    and `network`. In the folder `state` lies how far a training that was stopped has come.
    """
    stream = settings["stream"]
    values, order = _stream(sounds, places, listener, settings, workers)
    torch.manual_seed(int(generator(settings["seed"], "network", listener.subject).integers(2**62)))
    sizes = settings_from(DirectionNetworkSettings, settings["network"])
    network = DirectionNetwork(sizes, binaural_settings(settings["spectra"], sounds.rate_hz))
    network.standardise_by(values.rows(order(0)[:_STANDARDISED_BY]))
    pieces = stream["scenes"] // stream["scenes_per_piece"]
    course = settings_from(
        Course, settings["network"], epochs=pieces, batch_size=stream["batch_size"], schedule="cosine"
    ).fit_for(device)
    nothing = np.arange(0)
    wanted = directions_of(values.scenes)
    objective = DirectionObjective()
    history = train(network, values, wanted, order, nothing, objective, course, settings["seed"], device, state)
    return network, history


def _stream(
    sounds: Sounds, places: Places, listener: HrirSet, settings: Mapping[str, Any], workers: int
) -> tuple[SceneValues, OverShards]:
    """Return scenes that a listener hears, and the order in which they come."""
    stream = settings["stream"]
    drawing = settings_from(DrawingSettings, settings["drawing"], scenes_per_place=stream["scenes_per_place"])
    making = settings_from(
        MakingSettings,
        settings["making"],
        duration_s=stream["duration_s"],
        anechoic=settings["heard_in"] == "anechoic",
    )
    cast = Cast("training", sounds, places, {listener.subject: listener})
    scenes = draw_scenes(range(stream["scenes"]), cast, drawing)
    firsts = scenes[:: stream["scenes_per_place"]]
    order = OverShards(
        np.array([places.by_name[scene.room].shard for scene in firsts]),
        stream["scenes_per_place"],
        stream["scenes_per_piece"],
        stream["shards_at_once"],
        settings["seed"],
    )
    maker = Maker(sounds, places, {listener.subject: Head.of(listener)}, making)
    return SceneValues(maker, scenes, workers), order
