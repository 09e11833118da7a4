"""Levels in bands of what both ears hear together: what classifiers are given of scenes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.scenes.stream import SceneValues
from earshot.signal.constant_q import ConstantQSettings, constant_q, constant_q_settings
from earshot.signal.constant_q import levels_db as levels_of_amplitude_db
from earshot.signal.melspectrogram import MelSettings, levels_db, mel_power, mel_settings

Levels = MelSettings | ConstantQSettings


@dataclass(frozen=True)
class SceneLevels:
    """Levels in bands of what both ears hear together, `(scenes, bands, frames)`, as values to learn from."""

    scenes: SceneValues
    settings: Levels

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one scene."""
        return tuple(levels_at_ears(torch.zeros(1, *self.scenes.shape), self.settings).shape[1:])

    def rows(self, places: NDArray[np.int_]) -> torch.Tensor:
        """Return the levels in these scenes."""
        return levels_at_ears(self.scenes.rows(places), self.settings)

    def near(self, device: torch.device) -> "SceneLevels":
        """Return the same: nothing is kept."""
        return self

    def workers_for(self, device: torch.device) -> int:
        """Return how many processes make scenes."""
        return self.scenes.workers


def levels_at_ears(ears: torch.Tensor, settings: Levels) -> torch.Tensor:
    """Return the levels of the mean power at both ears, `(scenes, bands, frames)` dB, of `(scenes, ears, samples)`."""
    signals = ears.flatten(0, 1).float()
    if isinstance(settings, ConstantQSettings):
        return levels_of_amplitude_db(_mean(constant_q(signals, settings).square()).sqrt())
    return levels_db(_mean(mel_power(signals, settings)))


def _mean(powers: torch.Tensor) -> torch.Tensor:
    """Return the mean at both ears, of scenes' ears one after the other."""
    return powers.view(-1, 2, *powers.shape[1:]).mean(1)


def levels_of(made_with: Mapping[str, Any], rate_hz: float) -> Levels:
    """Return what levels are, of plain values: their `kind` and `settings`, at the `rate_hz` that may be among them."""
    settings, rate_hz = made_with["settings"], made_with.get("rate_hz", rate_hz)
    transposable = made_with["kind"] == "constant_q"
    return constant_q_settings(settings, rate_hz) if transposable else mel_settings(settings, rate_hz)
