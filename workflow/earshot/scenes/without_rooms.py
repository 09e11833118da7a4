"""The localisers of study A, which know no rooms, as they hear scenes: half a second at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.data.sofa import HrirSet
from earshot.directions import unit_vectors
from earshot.learn import cohort
from earshot.learn.localiser import Localiser, LocaliserSettings
from earshot.learn.perceptron import Perceptron, TrainingSet, TrainingSettings
from earshot.signal.interaural import InterauralSettings
from earshot.signal.interaural_accelerated import interaural_features
from earshot.signal.interaural_waveforms import features_of_ears
from earshot.signal.noise import NoiseSettings


def train(
    listeners: Sequence[HrirSet],
    noise: NoiseSettings,
    interaural: InterauralSettings,
    settings: LocaliserSettings[TrainingSettings],
    device: torch.device,
) -> list[Perceptron]:
    """Return a network for each listener that has learnt from white noise from all measured directions."""
    sets = []
    for listener, features in zip(listeners, interaural_features(listeners, noise, interaural, device), strict=True):
        targets = unit_vectors(listener.azimuth_deg, listener.elevation_deg).astype(np.float32)
        flat = features.reshape(-1, features.shape[-1])
        sets.append(TrainingSet(listener.subject, flat, np.repeat(targets, features.shape[1], axis=0)))
    return cohort.train(sets, settings.network, settings.seed, device)


def answer(
    localiser: Localiser, ears: NDArray[np.float32], interaural: InterauralSettings, rate_hz: float, part_s: float
) -> NDArray[np.float64]:
    """Return the direction `(3,)` of what is heard by ears `(2, samples)`: the mean of what its parts say.

    They are as long as what the localiser has learnt from.
    """
    samples = min(round(part_s * rate_hz), ears.shape[-1])
    count = ears.shape[-1] // samples
    parts = ears[:, : count * samples].reshape(2, count, samples).swapaxes(0, 1)
    said = np.asarray(localiser(features_of_ears(torch.from_numpy(parts.copy()), interaural, rate_hz)), np.float64)
    said /= np.linalg.norm(said, axis=1, keepdims=True)
    mean = said.sum(0)
    length = float(np.linalg.norm(mean))
    return mean / length if length > 0 else said[0]


def features_below(settings: Mapping[str, Any], rate_hz: float) -> dict[str, Any]:
    """Return a configuration's section of features with bands that end where there is nothing to hear at a rate."""
    found: dict[str, Any] = dict(settings)
    for bands in ("level_bands", "phase_bands"):
        found[bands] = {**settings[bands], "highest_hz": min(settings[bands]["highest_hz"], rate_hz / 2)}
    return found
