"""Models as graphs that can leave Python: modules from features to answers, and what goes in and out of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from earshot.errors import ConfigError
from earshot.learn import direction_network
from earshot.learn.classifier import TaskNetwork
from earshot.learn.direction_map import directions
from earshot.learn.direction_network import DirectionNetwork
from earshot.learn.localiser import read_localiser
from earshot.learn.prediction import read_classifier
from earshot.models.graphs_of_people import OfPeople, drawn_features
from earshot.models.manifest import Model
from earshot.models.networks import Kind, features_of_person

_OF_CLIPS = (
    "It is given spectrograms as earshot.signal.spectra makes them, and gives probabilities of classes in their order. "
    "What networks do to spectrograms before they hear them is a part of it."
)
_OF_PEOPLE = (
    "It is given features of sounds, in the order of features_are, and gives for each person unit vectors that point "
    "to their sources: x is ahead, y to the left, z up."
)
_OF_SCENES = (
    "It begins with spectra, as earshot.signal.binaural_spectra makes them of so many samples at two ears, since "
    "complex numbers are not exported. Templates, and which directions were measured, are a person's, as "
    "earshot.learn.direction_templates makes them. It gives a share for each of the directions: x is ahead, y to the "
    "left, z up."
)

Draw = Callable[[int, torch.Generator], tuple[Tensor, ...]]

_DURATION_S = 1.0  # of scenes, where nothing says how long those are that a network learnt from


@dataclass(frozen=True)
class Graph:
    """A module, and the names of what goes in and out of it.

    The first input has the `batch` as its first axis, of any size; others are the same for all of a batch. `draw` gives
    random inputs for a batch, of the kind that the module knows. `about` is what else its user has to know.
    """

    module: nn.Module
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    batch: str
    draw: Draw
    about: Mapping[str, Any] = field(default_factory=dict)


def graph_of(model: Model) -> Graph:
    """Return the graph of a model. Raises ConfigError for one that has none, and DataError for a damaged file."""
    if model.kind not in _GRAPHS:
        known = ", ".join(kind.replace("_", " ") for kind in _GRAPHS)
        raise ConfigError(f"{model.name}: a {model.kind.replace('_', ' ')} is not exported. Choose a {known}.")
    return _GRAPHS[model.kind](model)


class AnsweringTogether(nn.Module):
    """Spectrograms `(clips, bands, frames)` to the probabilities of each task's classes: the mean over networks.

    What networks make of spectrograms before they hear them is a part of it.
    """

    def __init__(self, networks: Sequence[TaskNetwork]) -> None:
        super().__init__()
        self._each = networks
        self.networks = nn.ModuleList(one.network for one in networks)

    def forward(self, spectra: Tensor) -> tuple[Tensor, ...]:
        """Return the probabilities of each task, `(clips, classes)`."""
        said: dict[str, list[Tensor]] = {}
        for own, network in zip(self._each, self.networks, strict=True):
            joint = network(own.inputs.judged(spectra)).softmax(1).unflatten(1, [len(one.classes) for one in own.tasks])
            for axis, task in enumerate(own.tasks, 1):
                others = [other for other in range(1, joint.ndim) if other != axis]
                said.setdefault(task.name, []).append(joint.sum(others) if others else joint)
        return tuple(torch.stack(each).mean(0) for each in said.values())


class Hearing(nn.Module):
    """What two ears hear in scenes, `(scenes, values, frames)`, to maps `(scenes, directions)` that add up to 1.

    Values are those of `signal.binaural_spectra`: a Fourier transform, with its complex numbers, is no part of the
    graph. All scenes are heard by one person, of
    whom it is given templates `(values, directions)` and which directions were measured.
    """

    def __init__(self, network: DirectionNetwork) -> None:
        super().__init__()
        self.network = network
        self.known = nn.Buffer(directions(network.settings.directions))

    def forward(self, spectra: Tensor, templates: Tensor, measured: Tensor) -> tuple[Tensor, Tensor]:
        """Return the maps, and the unit vectors `(directions, 3)` that they are of."""
        scenes = torch.arange(spectra.shape[0], device=spectra.device)
        return self.network.of_spectra(spectra, [(templates, measured, scenes)]).exp(), self.known.clone()


def _classifier(model: Model) -> Graph:
    read = read_classifier(model.name, model.files)
    for one in read.networks:
        one.network.eval()
    kind, shape = read.made_with["kind"], read.networks[0].shape

    def draw(clips: int, random: torch.Generator) -> tuple[Tensor, ...]:
        drawn = torch.randn(clips, *shape, generator=random)
        return (20 * drawn - 40 if kind in ("levels", "constant_q") else drawn.abs(),)

    tasks = tuple(task.name for task in read.tasks)
    about = {"graph": _OF_CLIPS, "spectra_are": dict(read.made_with) | {"shape": list(shape)}}
    return Graph(AnsweringTogether(read.networks), ("spectra",), tasks, "clips", draw, about)


def _people(model: Model) -> Graph:
    read = [read_localiser(path) for path in model.files]
    first, settings = read[0]

    def draw(sounds: int, random: torch.Generator) -> tuple[Tensor, ...]:
        return (drawn_features(first, sounds, random),)

    about = {"graph": _OF_PEOPLE, "features_are": features_of_person(settings)}
    names = tuple(path.stem for path in model.files)
    return Graph(OfPeople([localiser for localiser, _ in read]), ("features",), names, "sounds", draw, about)


def _hearing(model: Model) -> Graph:
    network, _ = direction_network.read_network(model.files[0])
    spectra, count = network.spectra, network.settings.directions
    samples = round((model.card.input.duration_s or _DURATION_S) * spectra.rate_hz)
    frames = 1 + (samples - spectra.window_samples) // spectra.hop_samples

    def draw(scenes: int, random: torch.Generator) -> tuple[Tensor, ...]:
        given = torch.randn(scenes, spectra.values, frames, generator=random)
        templates = torch.randn(spectra.values, count, generator=random)
        return given, templates, torch.rand(count, generator=random) < 0.9

    about = {"graph": _OF_SCENES, "spectra_are": vars(spectra) | {"samples": samples, "frames": frames}}
    return Graph(Hearing(network), ("spectra", "templates", "measured"), ("map", "directions"), "scenes", draw, about)


_GRAPHS: Mapping[Kind, Callable[[Model], Graph]] = {
    "classifier": _classifier,
    "scene_classifier": _classifier,
    "person_localiser": _people,
    "scene_localiser": _hearing,
}
