"""Templates of a person whom nobody has measured, from those of others, and what a few measured directions add.

People's templates are taken for draws of a Gaussian: a mean and as many modes as people differ by (as eigenvalue models
of HRTFs do since Kistler and Wightman 1992), and what these leave, a Gaussian process on the sphere that is independent
from person to person. To measure some directions of a person is to observe the Gaussian there. What is left and what
sounds scatter have, but for a scale, the same covariances between values everywhere. So there are coordinates of values
and of measured directions in which all is independent but for the modes, and what is exact is cheap (Stegle et al.
2011).

How wrong templates are differs from direction to direction, so each has a covariance of its own. People differ by more
than a Gaussian says, since few of them have told it: the likelihood is Student's t (Lange et al. 1989).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.learn.templates import Templates, covariance, directions_near, on_the_circle, templates_at

RESIDUAL_LENGTHS = (0.25, 1.0)  # radii, over which what modes leave of a person is alike, in equal parts
SIZE_LENGTH = 0.15  # radii, over which the size of what modes leave is averaged
FREEDOMS = 5.0  # of Student's t
_AT_ONCE = 256  # sounds that are compared with all candidates at a time
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """What people's templates have in common. Values are whitened: sounds scatter about templates by one in each."""

    people: Sequence[Templates]
    mirror: Array | None  # (values, values), if people count twice: as they are and as in a mirror
    candidates: Array  # (candidates, 3), directions
    templates: Array  # (people, candidates, values), whitened; who is in the mirror comes after all others
    modes: Array  # (modes, people): what each person adds to a mode, modes of unit variance
    left: Array  # (values,), variance of what the modes leave of a person whom they do not know, where its size is one
    sizes: Array  # (candidates,), standard deviation of what is left, relative to its mean over directions
    whitening: Array  # (values, values): values times this are whitened

    def person(self, directions: Array, measured: Array) -> "Person":
        """Return what is known of a person with these features `(measured, values)` in directions `(measured, 3)`.

        There may be none. What is measured of a direction is taken to scatter as a sound does.
        """
        mean, modes = self._gaussian(self.templates)
        mean_there, modes_there = self._gaussian(_whitened(self.people, directions, self.mirror, self.whitening))
        sizes_there = _smooth(self.candidates, self.sizes, directions)
        among = _alike(directions, directions) * np.outer(sizes_there, sizes_there)
        variances, axes = np.linalg.eigh(among)
        precision = 1 / (np.outer(variances.clip(0), self.left) + 1)  # (measured, values), of all but the modes
        across = (_alike(self.candidates, directions) * np.outer(self.sizes, sizes_there)) @ axes
        observed, seen = axes.T @ (measured @ self.whitening - mean_there), axes.T @ modes_there
        flat = (seen * np.sqrt(precision)).reshape(len(modes), -1)
        uncertain = np.linalg.inv(np.eye(len(modes)) + flat @ flat.T)
        share = uncertain @ (flat @ (observed * np.sqrt(precision)).ravel())
        # What is observed of the residual, or of a mode, tells of the residual at candidates by the same weights.
        carried = precision * self.left
        templates = (
            mean + np.tensordot(share, modes, 1) + across @ (carried * (observed - np.tensordot(share, seen, 1)))
        )
        remains = np.outer(self.sizes**2, self.left) - across**2 @ (carried * self.left)
        root = np.tensordot(np.linalg.cholesky(uncertain).T, modes - across @ (carried * seen), 1).transpose(1, 0, 2)
        errors = root.transpose(0, 2, 1) @ root
        errors[:, np.arange(len(self.left)), np.arange(len(self.left))] += remains.clip(0) + 1
        return Person(self.candidates, templates, errors, self.whitening)

    def _gaussian(self, templates: Array) -> tuple[Array, Array]:
        """Return the mean `(directions, values)` and modes `(modes, directions, values)` of people's templates."""
        mean = templates.mean(0)
        return mean, np.tensordot(self.modes, templates - mean, 1)


@dataclass(frozen=True)
class Person:
    """Templates of one person at the candidates, and how wrong they and a sound are together; values are whitened."""

    candidates: Array
    templates: Array  # (candidates, values)
    errors: Array  # (candidates, values, values)
    whitening: Array  # (values, values)

    def __call__(self, features: NDArray[np.float32], periods: Array) -> Array:
        """Return mean directions `(sounds, 3)` for features `(sounds, features)` with these periods."""
        said = torch.softmax(torch.from_numpy(self.likelihoods(on_the_circle(features, periods))), 1)
        return (said @ torch.from_numpy(self.candidates)).numpy()

    def likelihoods(self, values: Array) -> Array:
        """Return log likelihoods `(sounds, candidates)` of values `(sounds, values)`, but for a constant.

        A squared distance is a sum over products of two values, so all of them are one product of matrices.
        """
        centre = self.templates.mean(0)  # for the sake of rounding
        heard, expected = torch.from_numpy(values @ self.whitening - centre), torch.from_numpy(self.templates - centre)
        roots = torch.linalg.cholesky(torch.from_numpy(self.errors))
        precisions = torch.cholesky_inverse(roots)
        determinants = roots.diagonal(dim1=1, dim2=2).log().sum(1)
        first, second = torch.triu_indices(*precisions.shape[1:])
        quadratic = precisions[:, first, second] * torch.where(first == second, 1.0, 2.0)
        linear = (precisions @ expected[:, :, None])[:, :, 0]
        constant = (linear * expected).sum(1)
        found = []
        for few in torch.split(heard, _AT_ONCE):
            distance = (few[:, first] * few[:, second]) @ quadratic.T - 2 * few @ linear.T + constant
            heavy = (FREEDOMS + few.shape[1]) / 2 * torch.log1p(distance.clamp(min=0) / FREEDOMS)
            found.append(-heavy - determinants)
        return torch.cat(found).numpy()


def population(people: Sequence[Templates], candidates: int, mirror: Array | None = None) -> Population:
    """Learn from some people's templates what people have in common. There have to be two of them at least.

    With a `mirror` (`earshot.signal.interaural.InterauralSettings.mirror`), what is as likely to be a person's left as
    another's right makes two people of each.
    """
    towards = directions_near(np.concatenate([person.directions for person in people]), candidates)
    scatter = np.mean([np.linalg.inv(person.whitening @ person.whitening.T) for person in people], 0)
    if mirror is not None:
        scatter = (scatter + mirror.T @ scatter @ mirror) / 2
    whitening: Array = np.linalg.cholesky(np.linalg.inv(scatter)).astype(np.float64)
    templates = _whitened(people, towards, mirror, whitening)
    left = _left(templates, len(people))
    within = np.einsum("pdv,pdw->vw", left, left, optimize=True) / (left.shape[0] * left.shape[1])
    squares = np.einsum("pdv,vw,pdw->d", left, np.linalg.inv(within + np.eye(len(within))), left, optimize=True)
    sizes = np.sqrt(_smooth(towards, squares / squares.mean(), towards))
    left /= sizes[:, None]
    within = np.einsum("pdv,pdw->vw", left, left, optimize=True) / (left.shape[0] * left.shape[1])
    variances, axes = np.linalg.eigh(within)
    modes = _modes(_gram(templates))
    return Population(people, mirror, towards, templates @ axes, modes, variances.clip(0), sizes, whitening @ axes)


def _whitened(people: Sequence[Templates], directions: Array, mirror: Array | None, whitening: Array) -> Array:
    """Return whitened templates at directions, `(people, directions, values)`; those in the mirror come last."""
    templates = templates_at(people, directions)
    if mirror is not None:
        templates = np.concatenate([templates, templates_at(people, directions * [1, -1, 1]) @ mirror])
    return templates @ whitening


def _left(templates: Array, people: int) -> Array:
    """Return what the modes of all others leave of each person's templates, `(people, directions, values)`.

    Of a person who is there twice, as in a mirror, neither is among the others. A person's share of a mode is fitted.
    """
    likeness = _gram(templates)
    left = np.empty_like(templates)
    for one in range(len(templates)):
        others = np.flatnonzero(np.arange(len(templates)) % people != one % people)
        modes = _modes(likeness[np.ix_(others, others)])
        modes -= modes.mean(1, keepdims=True)  # so that they take the others' mean off
        among = modes @ likeness[np.ix_(others, others)] @ modes.T
        own = modes @ (likeness[others, one] - likeness[np.ix_(others, others)].mean(1))
        share = np.linalg.solve(among + np.eye(len(modes)), own)
        left[one] = templates[one] - np.tensordot(share @ modes + 1 / len(others), templates[others], 1)
    return left


def _alike(first: Array, second: Array) -> Array:
    """Return the correlation of what modes leave at directions `(n, 3)` and `(m, 3)`, `(n, m)`."""
    pairs = torch.from_numpy(first), torch.from_numpy(second)
    return np.mean([covariance(*pairs, length).numpy() for length in RESIDUAL_LENGTHS], 0)


def _smooth(directions: Array, values: Array, wanted: Array) -> Array:
    """Return averages of values at directions `(directions,)` around those that are wanted, `(wanted,)`."""
    weights = covariance(torch.from_numpy(wanted), torch.from_numpy(directions), SIZE_LENGTH).numpy()
    return np.asarray(weights @ values / weights.sum(1))


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
