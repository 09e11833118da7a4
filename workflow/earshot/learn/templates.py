"""Templates of one listener's features at every direction, interpolated, and what they say of a sound.

At each known direction the mean of a listener's features is a template. Between directions, templates are Gaussian
processes on the sphere, a process for each feature, whose length and noise leave the smallest error where each
direction in turn is left out (Sundararajan and Keerthi 2001; Rasmussen and Williams 2006, section 5.4.2). What features
scatter about their templates has one covariance; what templates err has another, which grows as the processes say where
known directions are far. So a sound has a likelihood at every direction, Student's t (Lange et al. 1989), and the
answer is the mean direction over the sphere. The ideal listener of Reijniers et al. (2014) works in this manner; that
errors are correlated, and templates lie between known directions and are less certain in gaps, is what is added here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.learn.perceptron import TrainingSet
from earshot.progress import progress

REACH_DEG = 12.0  # as far from any known direction may an answer lie: regions that are held out are smaller
FREEDOMS = 30.0  # of Student's t: errors are a little more often large than a Gaussian says
_SINGULAR = 1e-6  # share of each feature's own variance that keeps a covariance invertible
_CERTAIN = 0.05  # of the variance where one direction lacks, at least, is that of an interpolation anywhere
_AT_ONCE = 512  # sounds that are compared with all candidates at a time
_SHARED = 4  # covariances are kept for the next person, as many as there are lengths to choose from by default


@dataclass(frozen=True)
class TemplateSettings:
    """Which interpolations are tried for each feature, and how finely directions are compared."""

    lengths: tuple[float, ...]  # of the covariance over the sphere, in radii
    noises: tuple[float, ...]  # variance of what is not smooth, in units of what is
    candidates: int  # directions over the whole sphere, of which those near known ones are compared


@dataclass(frozen=True)
class Templates:
    """One listener's templates. Called with features, they say where the sounds came from."""

    directions: NDArray[np.float64]  # (directions, 3), the known ones
    weights: NDArray[np.float64]  # (directions, values) of the interpolation
    lengths: NDArray[np.float64]  # (values,) of the interpolation
    mean: NDArray[np.float64]  # (values,) over known directions
    whitening: NDArray[np.float64]  # (values, values): errors times this are uncorrelated and of unit variance ...
    interpolated: NDArray[np.float64]  # (values,), ... and this share of it is the interpolation's, the rest sounds'
    uncertainty: NDArray[np.float64]  # (candidates near,), variance of the interpolation, 1 where one direction lacks
    periods: NDArray[np.float64]  # (features,), after which a feature is the same again; infinite for most
    candidates: int
    loss: NDArray[np.float32]  # (0,): nothing was learnt epoch by epoch

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return mean directions `(..., 3)` for features `(..., features)`: the shorter, the less certain."""
        values = on_the_circle(features, self.periods)
        heard = torch.from_numpy(values.reshape(-1, values.shape[-1]) @ self.whitening)
        candidates = directions_near(self.directions, self.candidates)
        expected, towards = map(torch.from_numpy, (self.at(candidates) @ self.whitening, candidates))
        centre = expected.mean(0)  # for the sake of rounding
        heard, expected = heard - centre, expected - centre
        variances = torch.from_numpy(1 + np.outer(self.uncertainty - 1, self.interpolated))
        linear = expected / variances
        constant, determinants = (expected * linear).sum(1), variances.log().sum(1)
        said = []
        for few in torch.split(heard, _AT_ONCE):
            distance = few.square() @ (1 / variances).T - 2 * few @ linear.T + constant
            heavy = (FREEDOMS + few.shape[1]) * torch.log1p(distance.clamp(min=0) / FREEDOMS)
            said.append(torch.softmax(-(heavy + determinants) / 2, 1) @ towards)
        return torch.cat(said).numpy().reshape(*features.shape[:-1], 3)

    def at(self, directions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the templates at any directions, `(directions, values)`."""
        return templates_at([self], directions)[0]


def templates_at(people: Sequence[Templates], directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return people's templates at any directions, `(people, directions, values)`."""
    templates = np.empty((len(people), len(directions), len(people[0].mean)))
    for one, person in zip(templates, people, strict=True):
        one[:] = person.mean
        for length in np.unique(person.lengths).tolist():
            across = _covariance_of_bytes(directions.tobytes(), person.directions.tobytes(), length)
            own = person.lengths == length
            one[:, own] += (across @ torch.from_numpy(person.weights[:, own])).numpy()
    return templates


@lru_cache(maxsize=_SHARED)
def _covariance_of_bytes(first: bytes, second: bytes, length: float) -> torch.Tensor:
    """Return the covariance between directions once for all people who know the same: it costs more than they do."""
    wanted, known = (torch.from_numpy(np.frombuffer(some).reshape(-1, 3).copy()) for some in (first, second))
    return covariance(wanted, known, length)


def directions_near(known: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return those of so many directions all over the sphere that are near known ones, `(candidates, 3)`."""
    everywhere = spread_directions(count)
    return everywhere[(everywhere @ known.T).max(1) >= np.cos(np.radians(REACH_DEG))]


def train(
    listeners: Sequence[TrainingSet],
    settings: TemplateSettings,
    periods: NDArray[np.float64],
    device: torch.device,
) -> list[Templates]:
    """Make each listener's templates. Listeners who know the same directions share what depends on these alone."""
    made: list[Templates] = []
    grid = None
    for data in progress(listeners, "templates"):
        rounded: NDArray[np.float64] = np.round(data.targets, 5).astype(np.float64)
        directions, place = np.unique(rounded, axis=0, return_inverse=True)
        if grid is None or not np.array_equal(directions, grid.directions):
            grid = _Grid(directions, settings, device)
        made.append(_templates(data, grid, place.ravel(), periods))
    return made


class _Grid:
    """Known directions, and the interpolations between them that are tried, each a length and a noise."""

    def __init__(self, directions: NDArray[np.float64], settings: TemplateSettings, device: torch.device) -> None:
        self.directions, self.settings, self.device = directions, settings, device
        self._known = torch.from_numpy(directions).to(device)
        self.tried = [(length, noise) for length in settings.lengths for noise in settings.noises]
        self.inverses = []
        for length in settings.lengths:
            smooth = covariance(self._known, self._known, length)
            for noise in settings.noises:
                diagonal = noise * torch.eye(len(directions), dtype=smooth.dtype, device=device)
                self.inverses.append(torch.linalg.inv(smooth + diagonal))
        self._uncertainty: dict[int, NDArray[np.float64]] = {}

    def uncertainty(self, number: int) -> NDArray[np.float64]:
        """Return the variance of an interpolation at candidates near known directions, `(candidates near,)`.

        It is 1 where it is as large as at a known direction that is left out, on average. Rasmussen and Williams
        (2006), eq. 2.26.
        """
        if number not in self._uncertainty:
            (length, noise), inverse = self.tried[number], self.inverses[number]
            near = torch.from_numpy(directions_near(self.directions, self.settings.candidates)).to(self.device)
            across = covariance(near, self._known, length)
            variance = 1 + noise - (across @ inverse * across).sum(1)
            left_out = (1 / inverse.diagonal()).mean()
            self._uncertainty[number] = (variance / left_out).clamp(min=0).cpu().numpy()
        return self._uncertainty[number]


def _templates(data: TrainingSet, grid: _Grid, place: NDArray[np.int_], periods: NDArray[np.float64]) -> Templates:
    values = on_the_circle(data.features, periods)
    plain = np.ones(len(values), bool) if data.plain is None else data.plain
    known = np.zeros((len(grid.directions), values.shape[-1]))
    np.add.at(known, place[plain], values[plain])
    known /= np.bincount(place[plain], minlength=len(known))[:, None]
    mean = known.mean(0)
    about_mean = torch.from_numpy(known - mean).to(grid.device)
    weights = torch.zeros_like(about_mean)
    left_out = torch.full_like(about_mean, torch.inf)  # errors at each direction were it not known
    chosen = np.empty(len(mean), int)
    for number, inverse in enumerate(grid.inverses):
        tried = inverse @ about_mean
        errors = tried / inverse.diagonal()[:, None]
        better = errors.square().sum(0) < left_out.square().sum(0)
        weights[:, better], left_out[:, better] = tried[:, better], errors[:, better]
        chosen[better.cpu().numpy()] = number
    interpolation = (left_out.T @ left_out).cpu().numpy() / len(known)
    scatter = _scatter(values, known, place, plain) + interpolation
    scatter[np.diag_indices(len(scatter))] *= 1 + _SINGULAR
    whitening = np.linalg.cholesky(np.linalg.inv(scatter))
    # Turned so that the interpolation's share is uncorrelated too.
    shares, axes = np.linalg.eigh(whitening.T @ interpolation @ whitening)
    return Templates(
        grid.directions,
        weights.cpu().numpy(),
        np.array([grid.tried[number][0] for number in chosen]),
        mean,
        whitening @ axes,
        shares.clip(0, 1),
        np.mean([grid.uncertainty(number) for number in chosen], 0).clip(_CERTAIN),
        periods,
        grid.settings.candidates,
        np.empty(0, np.float32),
    )


def _scatter(
    values: NDArray[np.float64], known: NDArray[np.float64], place: NDArray[np.int_], plain: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the covariance of features about their direction's template, `(values, values)`.

    It is that of the sounds which no template is made from, where there are any.
    """
    about = values - known[place]
    if plain.all():
        return about.T @ about / max(len(about) - len(known), 1)  # as many freedoms less as there are templates
    coloured = about[~plain]
    return coloured.T @ coloured / len(coloured)


def covariance(first: torch.Tensor, second: torch.Tensor, length: float) -> torch.Tensor:
    """Return the covariance between directions `(n, 3)` and `(m, 3)`, `(n, m)`: Matern's, of smoothness 5/2.

    Of the chord between them, since as a function of the angle it is none on a sphere (Gneiting 2013).
    Rasmussen and Williams (2006), eq. 4.17.
    """
    chord = (first @ second.T).mul_(-2).add_(2).clamp_(min=0).sqrt_()  # in place: fresh memory costs more than the sums
    scaled = chord.mul_(5**0.5 / length)
    return torch.exp(-scaled).mul_(scaled.square().div_(3).add_(scaled).add_(1))


def spread_directions(count: int) -> NDArray[np.float64]:
    """Return directions spread evenly over the sphere, `(count, 3)`: a Fibonacci lattice (Gonzalez 2010)."""
    place = np.arange(count) + 0.5
    height = 1 - 2 * place / count
    around = np.pi * (1 + 5**0.5) * place
    level = np.sqrt(1 - height**2)
    return np.stack([level * np.cos(around), level * np.sin(around), height], 1)


def on_the_circle(features: NDArray[np.float32], periods: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return features `(..., values)` in which those that have a period are cosine and sine, after all others.

    A phase delay that is half a period is next to one that is minus half of it.
    """
    periodic = np.isfinite(periods)
    angle = 2 * np.pi * features[..., periodic].astype(np.float64) / periods[periodic]
    return np.concatenate([features[..., ~periodic], np.cos(angle), np.sin(angle)], -1)


def template_settings(settings: Mapping[str, Any]) -> TemplateSettings:
    """Return the settings that a configuration's section `templates` holds as plain values."""
    return TemplateSettings(tuple(settings["lengths"]), tuple(settings["noises"]), settings["candidates"])
