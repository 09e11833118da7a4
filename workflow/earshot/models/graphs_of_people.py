"""Study A's localisers as modules: from a sound's features to the direction that it came from, for each person."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from earshot.learn.localiser import Localiser
from earshot.learn.perceptron import Perceptron
from earshot.learn.templates import FREEDOMS, Templates, directions_near


class OfPeople(nn.Module):
    """Localisers of several people beside each other, of which each says its own."""

    def __init__(self, people: Sequence[Localiser]) -> None:
        super().__init__()
        self.people = nn.ModuleList(map(_module, people))

    def forward(self, features: Tensor) -> tuple[Tensor, ...]:
        """Return unit vectors of each person, `(sounds, 3)`, for features `(sounds, features)`."""
        return tuple(person(features) for person in self.people)


def drawn_features(person: Localiser, sounds: int, random: torch.Generator) -> Tensor:
    """Return random features as a person may hear them, `(sounds, features)`."""
    if isinstance(person, Perceptron):
        drawn = torch.randn(sounds, len(person.mean), generator=random)
        return torch.from_numpy(person.mean) + torch.from_numpy(person.scale) * drawn
    assert isinstance(person, Templates)
    periodic = np.isfinite(person.periods)
    drawn = torch.randn(sounds, len(person.periods), generator=random)
    drawn[:, ~periodic] += torch.from_numpy(person.mean[: (~periodic).sum()]).float()
    drawn[:, periodic] *= torch.from_numpy(person.periods[periodic]).float() / 4
    return drawn


def _module(person: Localiser) -> nn.Module:
    if isinstance(person, Perceptron):
        return Pointing(person)
    assert isinstance(person, Templates)  # nothing else is kept in files
    return Comparing(person)


class Pointing(nn.Module):
    """A perceptron with the statistics of its features: `(sounds, features)` to unit vectors `(sounds, 3)`."""

    def __init__(self, person: Perceptron) -> None:
        super().__init__()
        self.mean, self.scale = nn.Buffer(torch.from_numpy(person.mean)), nn.Buffer(torch.from_numpy(person.scale))
        layers: list[nn.Module] = []
        for weight, bias in zip(person.weights, person.biases, strict=True):
            layer = nn.Linear(*weight.shape)
            layer.load_state_dict({"weight": torch.from_numpy(weight.T.copy()), "bias": torch.from_numpy(bias)})
            layers += [layer, nn.ReLU() if person.activation == "relu" else nn.Tanh()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, features: Tensor) -> Tensor:
        """Return where sounds came from."""
        return nn.functional.normalize(self.layers((features - self.mean) / self.scale))


class Comparing(nn.Module):
    """Templates of a person: features `(sounds, features)` to unit vectors `(sounds, 3)`, in double precision.

    What `earshot.learn.templates.Templates` finds out anew each time, of no sound, is kept.
    """

    def __init__(self, person: Templates) -> None:
        super().__init__()
        towards = directions_near(person.directions, person.candidates)
        expected = person.at(towards) @ person.whitening
        centre = expected.mean(0)
        expected -= centre
        variances = 1 + np.outer(person.uncertainty - 1, person.interpolated)
        periodic = np.isfinite(person.periods)
        self.towards, self.whitening, self.centre = map(_kept, (towards, person.whitening, centre))
        self.sharpness, self.linear = _kept((1 / variances).T), _kept((expected / variances).T)
        self.constant, self.determinants = _kept((expected**2 / variances).sum(1)), _kept(np.log(variances).sum(1))
        self.plain, self.periodic = _kept(np.flatnonzero(~periodic)), _kept(np.flatnonzero(periodic))
        self.turns = _kept(2 * np.pi / person.periods[periodic])

    def forward(self, features: Tensor) -> Tensor:
        """Return where sounds came from."""
        features = features.double()
        angle = features[:, self.periodic] * self.turns
        heard = torch.cat([features[:, self.plain], angle.cos(), angle.sin()], 1) @ self.whitening - self.centre
        distance = heard.square() @ self.sharpness - 2 * heard @ self.linear + self.constant
        heavy = (FREEDOMS + heard.shape[1]) * torch.log1p(distance.clamp(min=0) / FREEDOMS)
        said = torch.softmax(-(heavy + self.determinants) / 2, 1) @ self.towards
        return nn.functional.normalize(said).float()


def _kept(values: NDArray[Any]) -> nn.Buffer:
    return nn.Buffer(torch.from_numpy(np.ascontiguousarray(values)))
