"""Trials of the search, many at a time: each trains its listeners' networks, and counts the worst of them.

Trials of one round and all of their listeners are one cohort. Hopeless ones stop early by successive halving (Jamieson
and Talwalkar 2016): at some epochs the trials are ranked by what they have reached, and the worse ones go. What a trial
reaches does not depend on its companions, whether it is stopped early does.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.data.sofa import HrirSet
from earshot.device import Precision
from earshot.directions import unit_vectors
from earshot.learn.candidate import Candidate
from earshot.learn.cohort import Cohort, Member
from earshot.learn.perceptron import Perceptron, TrainingSet
from earshot.learn.split import split_directions
from earshot.score.angles import p95_deg
from earshot.seeds import generator
from earshot.signal.bands import require_rate
from earshot.signal.interaural import InterauralSettings
from earshot.signal.interaural_accelerated import Frames
from earshot.signal.interaural_bins import InterauralBins, interaural_bins
from earshot.signal.noise import NoiseSettings


@dataclass(frozen=True)
class Halving:
    """At which epochs trials are ranked, and which share of those at work then goes on."""

    epochs: tuple[int, ...]
    kept: float


@dataclass(frozen=True)
class Reached:
    """What came of a trial."""

    p95_deg: tuple[float, ...]  # of each listener, on the held-out directions
    epochs: tuple[int, ...]  # of each listener
    stopped_early: bool  # for another trial was better
    diverged: bool  # a loss was not finite
    multiply_adds: int  # of the dearest listener's features and training; of all epochs where it was cut short
    seconds: float  # this trial's share of the round's

    @property
    def worst_deg(self) -> float:
        """Return the objective: the largest 95th percentile."""
        return max(self.p95_deg)


@dataclass(frozen=True)
class Task:
    """One listener's directions, the held-out ones among them."""

    listener: HrirSet
    held_out: NDArray[np.bool_]  # (measurements,)
    targets: NDArray[np.float64]  # (measurements, 3)

    def training_set(self, features: NDArray[np.float32]) -> TrainingSet:
        """Return what a network learns from, of features `(measurements, repetitions, features)`."""
        seen = features[~self.held_out]
        targets = np.repeat(self.targets[~self.held_out], seen.shape[1], axis=0)
        return TrainingSet(self.listener.subject, seen.reshape(-1, seen.shape[-1]), targets.astype(np.float32))

    def p95_deg(self, network: Perceptron, features: NDArray[np.float32]) -> float:
        """Return the 95th percentile of the error on held-out directions; 180 where an answer is not finite."""
        said = network(features[self.held_out]).astype(np.float64)
        return p95_deg(said, self.targets[self.held_out][:, None]) if np.isfinite(said).all() else 180.0


def split_seed(seed: int) -> int:
    """Return the seed by which the search of a study holds directions out.

    It is not the study's own: what is found shall not be fitted to the directions on which people are scored.
    """
    return int(generator(seed, "search", "split").integers(2**31))


def task_of(listener: HrirSet, held_out: float, seed: int) -> Task:
    """Hold a share of a listener's directions out, as the search of the study with this seed does."""
    return Task(
        listener,
        split_directions(listener.directions.tolist(), held_out, split_seed(seed)),
        unit_vectors(listener.azimuth_deg, listener.elevation_deg),
    )


class Search:
    """The listeners that every trial trains, and how.

    `highest_hz` is the upper end of bands of level and of phase. `frames` are windows and hops that trials may ask for:
    with the first of them come the bins of all, which costs less than each by itself.

    Raises DataError where a highest frequency is beyond what a listener's sampling rate holds.
    """

    def __init__(
        self,
        listeners: Sequence[HrirSet],
        noise: NoiseSettings,
        held_out: float,
        seed: int,
        halving: Halving,
        highest_hz: tuple[float, float],
        device: torch.device,
        precision: Precision,
        frames: Collection[Frames] = (),
    ) -> None:
        self.highest_hz = highest_hz
        self._frames = set(frames)
        self.noise, self.seed, self.halving, self.device, self.precision = noise, seed, halving, device, precision
        self.tasks = [task_of(listener, held_out, seed) for listener in listeners]
        for listener in listeners:
            require_rate(max(highest_hz), listener.rate_hz)
        self._bins: dict[Frames, list[InterauralBins]] = {}

    def __call__(self, candidates: Sequence[Candidate]) -> list[Reached]:
        """Run a round of trials."""
        began = time.perf_counter()
        self.make_bins(candidates)
        features = [self._features(candidate.interaural) for candidate in candidates]
        members = [
            Member(task.training_set(made), candidate.network)
            for candidate, of_listeners in zip(candidates, features, strict=True)
            for task, made in zip(self.tasks, of_listeners, strict=True)
        ]
        cohort = Cohort(members, self.seed, self.device, self.precision)
        count = len(self.tasks)
        at_work = list(range(len(candidates)))
        errors: dict[int, tuple[float, ...]] = {}
        dropped: set[int] = set()
        for epoch in self.halving.epochs:
            cohort.advance(epoch)
            errors |= self._errors(at_work, cohort.networks(), features)
            at_work = sorted(at_work, key=lambda trial: max(errors[trial]))[: ceil(self.halving.kept * len(at_work))]
            dropped |= cohort.drop([n for n in range(len(members)) if n // count not in at_work])
        cohort.advance()
        networks = cohort.networks()
        errors |= self._errors(at_work, networks, features)
        seconds = (time.perf_counter() - began) / len(candidates)
        return [
            self._reached(
                candidate,
                errors[trial],
                self._of_trial(networks, trial),
                [place in dropped for place in range(trial * count, (trial + 1) * count)],
                seconds,
            )
            for trial, candidate in enumerate(candidates)
        ]

    def make_bins(self, candidates: Sequence[Candidate]) -> None:
        """Make the sums by bins that candidates are in want of, and those to come with them; all are kept.

        A round does so by itself where it has not been done.
        """
        missing = {_frames(candidate.interaural) for candidate in candidates} - self._bins.keys()
        if not missing:
            return
        wanted = missing | self._frames - self._bins.keys()
        listeners = [task.listener for task in self.tasks]
        self._bins |= interaural_bins(listeners, self.noise, wanted, self.highest_hz, self.device)

    def _features(self, settings: InterauralSettings) -> list[NDArray[np.float32]]:
        """Return each listener's features."""
        return [bins.features(settings) for bins in self._bins[_frames(settings)]]

    def _of_trial(self, networks: Sequence[Perceptron], trial: int) -> Sequence[Perceptron]:
        count = len(self.tasks)
        return networks[trial * count : (trial + 1) * count]

    def _errors(
        self, trials: Sequence[int], networks: Sequence[Perceptron], features: Sequence[Sequence[NDArray[np.float32]]]
    ) -> dict[int, tuple[float, ...]]:
        """Return the 95th percentile of these trials' listeners on the directions that are held out, degrees."""
        return {
            trial: tuple(
                task.p95_deg(network, made)
                for network, task, made in zip(
                    self._of_trial(networks, trial), self.tasks, features[trial], strict=True
                )
            )
            for trial in trials
        }

    def _reached(
        self,
        candidate: Candidate,
        errors: tuple[float, ...],
        networks: Sequence[Perceptron],
        dropped: Sequence[bool],
        seconds: float,
    ) -> Reached:
        costs = []
        diverged = [not np.isfinite(network.loss[-1]) for network in networks]
        for task, network, cut_short in zip(self.tasks, networks, np.logical_or(dropped, diverged), strict=True):
            waveforms = task.held_out.size * self.noise.repetitions
            seen = int((~task.held_out).sum()) * self.noise.repetitions
            samples = round(self.noise.duration_s * task.listener.rate_hz)
            epochs = candidate.network.max_epochs if cut_short else len(network.loss)
            costs.append(
                candidate.feature_multiply_adds(waveforms, samples) + candidate.training_multiply_adds(seen, epochs)
            )
        return Reached(
            p95_deg=errors,
            epochs=tuple(len(network.loss) for network in networks),
            stopped_early=any(dropped),
            diverged=any(diverged),
            multiply_adds=max(costs),
            seconds=seconds,
        )


def _frames(settings: InterauralSettings) -> Frames:
    return settings.window_samples, settings.hop_samples
