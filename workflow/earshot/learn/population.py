"""Templates of a person whom nobody has measured, from those of others, and what a few measured directions add.

People's templates are taken for draws of a Gaussian: a mean and as many modes as people differ by (as eigenvalue models
of HRTFs do since Kistler and Wightman 1992), and what these leave, independent from person to person. To measure some
directions of a person is to observe the Gaussian there; what the modes do not explain of them is carried to their
neighbours by a Gaussian process on the sphere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.learn.templates import Templates, answers, covariance, directions_near, on_the_circle

RESIDUAL_LENGTH = 0.5  # radii, over which what modes leave of a person is alike
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """What people's templates have in common."""

    people: Sequence[Templates]
    candidates: Array  # (candidates, 3), directions
    modes: Array  # (modes, people): what each person adds to a mode, modes of unit variance
    left: Array  # (values, values), covariance of what the modes leave of a person whom they do not know
    scatter: Array  # (values, values), covariance of sounds about a person's templates

    def person(self, directions: Array, measured: Array) -> "Person":
        """Return what is known of a person with these features `(measured, values)` in directions `(measured, 3)`.

        There may be none.
        """
        mean, modes = self._at(self.candidates)
        if not len(directions):
            return Person(self.candidates, mean, self.left + self.scatter + _spread(modes, np.eye(len(modes))))
        mean_there, modes_there = self._at(directions)
        precision = np.linalg.inv(self.left + self.scatter)
        weighted = modes_there @ precision  # (modes, measured, values)
        information = np.eye(len(modes)) + np.einsum("mdv,ndv->mn", weighted, modes_there, optimize=True)
        uncertain = np.linalg.inv(information)
        share = uncertain @ np.einsum("mdv,dv->m", weighted, measured - mean_there, optimize=True)
        templates = mean + np.tensordot(share, modes, 1)
        unexplained = measured - mean_there - np.tensordot(share, modes_there, 1)
        carried, remains = self._carry(directions, unexplained)
        left = self.left * remains
        return Person(self.candidates, templates + carried, left + self.scatter + _spread(modes, uncertain))

    def _at(self, directions: Array) -> tuple[Array, Array]:
        """Return the mean and the modes at directions, `(directions, values)` and `(modes, directions, values)`."""
        templates = np.stack([person.at(directions) for person in self.people])
        mean = templates.mean(0)
        return mean, np.tensordot(self.modes, templates - mean, 1)

    def _carry(self, directions: Array, unexplained: Array) -> tuple[Array, float]:
        """Return what residuals at directions say of the candidates, and the share of their variance that remains."""
        near, known = torch.from_numpy(self.candidates), torch.from_numpy(directions)
        noise = np.median(np.diag(self.scatter) / np.diag(self.left))
        among = covariance(known, known, RESIDUAL_LENGTH) + noise * torch.eye(len(known), dtype=known.dtype)
        across = covariance(near, known, RESIDUAL_LENGTH)
        weights = torch.linalg.solve(among, across.T).T
        remains = 1 - (weights * across).sum(1)
        return (weights @ torch.from_numpy(unexplained)).numpy(), float(remains.mean())


@dataclass(frozen=True)
class Person:
    """Templates of one person at the candidates, and how wrong they and a sound are together."""

    candidates: Array
    templates: Array  # (candidates, values)
    errors: Array  # (values, values)

    def __call__(self, features: NDArray[np.float32], periods: Array) -> Array:
        """Return mean directions `(sounds, 3)` for features `(sounds, features)` with these periods."""
        whitening = np.linalg.cholesky(np.linalg.inv(self.errors))
        return answers(on_the_circle(features, periods), self.candidates, self.templates, whitening)


def _spread(modes: Array, uncertain: Array) -> Array:
    """Return the covariance `(values, values)` that uncertain modes give templates, on average over directions."""
    rows = np.tensordot(np.linalg.cholesky(uncertain).T, modes, 1).reshape(-1, modes.shape[-1])
    return rows.T @ rows / modes.shape[1]


def population(people: Sequence[Templates], candidates: int) -> Population:
    """Learn from some people's templates what people have in common. There have to be two of them at least."""
    towards = directions_near(np.concatenate([person.directions for person in people]), candidates)
    scatter = np.mean([np.linalg.inv(person.whitening @ person.whitening.T) for person in people], 0)
    templates = np.stack([person.at(towards) for person in people])
    scale = np.sqrt(np.diag(scatter))
    likeness = _gram(templates / scale)
    left = np.zeros_like(scatter)
    for one in range(len(people)):
        others = np.arange(len(people)) != one
        about = templates - templates[others].mean(0)
        modes = _modes(likeness[np.ix_(others, others)])
        known = np.tensordot(modes, about[others], 1)
        flat, own = (known / scale).reshape(len(known), about[one].size), (about[one] / scale).ravel()
        share = np.linalg.solve(flat @ flat.T + np.eye(len(flat)), flat @ own)
        unknown = about[one] - np.tensordot(share, known, 1)
        left += unknown.T @ unknown / unknown.shape[0] / len(people)
    return Population(people, towards, _modes(likeness), left, scatter)


def _gram(templates: Array) -> Array:
    """Return products of people's templates `(people, directions, values)`, `(people, people)`."""
    flat = templates.reshape(len(templates), -1)
    return flat @ flat.T


def _modes(likeness: Array) -> Array:
    """Return what each person adds to each mode, `(modes, people)`, from products of their templates.

    Modes are principal components over people, scaled so that each is a standard deviation.
    """
    people = len(likeness)
    centre = np.eye(people) - 1 / people
    variances, vectors = np.linalg.eigh(centre @ likeness @ centre)
    used = variances > 1e-9 * variances.max()
    return np.asarray(vectors[:, used].T / np.sqrt(people - 1))


def spread_out(directions: Array, count: int) -> NDArray[np.int_]:
    """Return which `count` of directions `(n, 3)` to measure: each the farthest from those before, the front first."""
    chosen = [int(np.argmax(directions[:, 0]))] if count else []
    closest = directions @ directions[chosen[0]] if count else np.empty(0)
    while len(chosen) < count:
        chosen.append(int(np.argmin(closest)))
        closest = np.maximum(closest, directions @ directions[chosen[-1]])
    return np.array(chosen, int)
