"""A separator learns from the stream of scenes with two sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.data.sofa import HrirSet
from earshot.learn import separation_network, training
from earshot.learn.separation_network import SeparationNetwork, SeparationNetworkSettings
from earshot.learn.separation_objective import SeparationObjective
from earshot.scenes.drawing import Scene
from earshot.scenes.learning import course_of, stream_of
from earshot.scenes.places import Places
from earshot.scenes.sounds import Sounds
from earshot.scenes.stream import SceneValues, directions_of
from earshot.seeds import generator
from earshot.settings import settings_from


@dataclass(frozen=True)
class SceneParts:
    """What the ears hear of each source and of noise, `(scenes, 3, ears, samples)`, as values to learn from."""

    scenes: SceneValues

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one scene."""
        return 3, *self.scenes.shape

    def rows(self, places: NDArray[np.int_]) -> torch.Tensor:
        """Return the parts of these scenes."""
        made = [self.scenes.maker.make(self.scenes.scenes[place]) for place in places.tolist()]
        return torch.from_numpy(np.stack([np.concatenate([heard.images, heard.noise[None]]) for heard in made]))

    def near(self, device: torch.device) -> "SceneParts":
        """Return the same: nothing is kept."""
        return self

    def workers_for(self, device: torch.device) -> int:
        """Return how many processes make scenes."""
        return self.scenes.workers


def to_the_left_deg(scenes: Sequence[Scene]) -> NDArray[np.float32]:
    """Return by how far each of two sources is to the left, `(scenes, 2)` degrees from -90 to 90."""
    return np.degrees(np.arcsin(directions_of(scenes)[..., 1].clip(-1, 1)))


def train(
    sounds: Sounds,
    places: Places,
    people: Mapping[str, HrirSet],
    settings: Mapping[str, Any],
    workers: int,
    device: torch.device,
    state: Path,
) -> tuple[SeparationNetwork, list[dict[str, float]]]:
    """Return a network that has learnt to tell two sources apart, whoever hears them, and the losses of each piece.

    All scenes have two sources. `settings` are those of a configuration: `seed`, `heard_in` (rooms, or anechoic), and
    the sections `drawing`, `making`, `stream` and `network`. In the folder `state` lies how far a training that was
    stopped has come.
    """
    of_two = {**settings["drawing"], "two_sources": 1.0}
    scenes, order = stream_of(sounds, places, people, {**settings, "drawing": of_two}, workers)
    torch.manual_seed(int(generator(settings["seed"], "network", "sources").integers(2**62)))
    network = SeparationNetwork(settings_from(SeparationNetworkSettings, settings["network"]), sounds.rate_hz)
    course = course_of(training.Course, settings, device)
    wanted, nothing, objective = to_the_left_deg(scenes.scenes), np.arange(0), SeparationObjective()
    history = training.train(
        network, SceneParts(scenes), wanted, order, nothing, objective, course, settings["seed"], device, state
    )
    return network, history


def write(path: Path | str, network: SeparationNetwork, settings: Mapping[str, Any]) -> None:
    """Write a separator with the settings that it was trained by."""
    separation_network.write_network(path, network, {"settings": settings["network"]})
