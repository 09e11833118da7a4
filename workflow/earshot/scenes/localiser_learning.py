"""A localiser learns from the stream of scenes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from earshot.data.sofa import HrirSet
from earshot.learn import direction_network, training
from earshot.learn.direction_map import directions
from earshot.learn.direction_network import DirectionNetwork, DirectionNetworkSettings
from earshot.learn.direction_objective import DirectionObjective
from earshot.scenes.learning import course_of, stream_of
from earshot.scenes.places import Places
from earshot.scenes.sounds import Sounds
from earshot.scenes.stream import SceneValues, directions_of
from earshot.seeds import generator
from earshot.settings import settings_from
from earshot.signal.binaural_spectra import binaural_settings

_BEGINS_WITH = 2000  # scenes at most, which say how what is heard errs


def train(
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
    spectra = binaural_settings(settings["spectra"], sounds.rate_hz)
    values, order = stream_of(sounds, places, people, settings, workers)
    torch.manual_seed(int(generator(settings["seed"], "network", "directions").integers(2**62)))
    sizes = settings_from(DirectionNetworkSettings, settings["network"])
    network = DirectionNetwork(sizes, spectra)
    number = {name: place for place, name in enumerate(people)}
    persons = np.array([number[scene.person] for scene in values.scenes])
    sources = directions_of(values.scenes)
    objective = DirectionObjective.of(people, spectra, sizes.directions)
    _begin(network, objective, list(people), stream_of(sounds, places, people, _of_one_source(settings), workers)[0])
    course = course_of(training.Course, settings, device)
    wanted = np.concatenate([persons[:, None].astype(np.float32), sources.reshape(len(persons), -1)], axis=1)
    nothing = np.arange(0)
    history = training.train(
        network, values, wanted, order, nothing, objective, course, settings["seed"], device, state
    )
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


def write(path: Path | str, network: DirectionNetwork, settings: Mapping[str, Any]) -> None:
    """Write a localiser with the settings that it was trained by."""
    direction_network.write_network(path, network, {"settings": settings["network"]})
