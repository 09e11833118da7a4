"""Interaural level differences and phase delays: what they are. How they are computed stands in the modules beside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from earshot.signal.bands import Bands

Levels = Literal["difference", "each_ear"]

# The sixth power of a cosine (Harris 1978, section V.C), as the sum that it is. Its side lobes fall by 42 dB an octave:
# bands far apart do not leak into each other's notches, and the accelerated implementation needs few orders.
WINDOW = ("general_cosine", (10 / 32, 15 / 32, 6 / 32, 1 / 32))

# A band that holds less than this share of the louder ear's energy counts as holding this share: below lies rounding.
ENERGY_FLOOR = 1e-10


@dataclass(frozen=True)
class InterauralSettings:
    """What is compared between the ears, after Sumner et al. (2022).

    Short-time spectra are taken over every frame that touches the signal, and energies and cross spectra are added up
    over frames and, by band, over bins. Levels in bands are compared between the ears, or given for each ear.
    """

    window_samples: int
    hop_samples: int
    level_bands: Bands
    phase_bands: Bands
    levels: Levels = "difference"

    @property
    def names(self) -> list[str]:
        """Names of the features with their units, in order."""
        kinds = ("level_difference",) if self.levels == "difference" else ("left_level", "right_level")
        return [
            "level_difference_db",
            *(f"{kind}_{centre:.0f}Hz_db" for kind in kinds for centre in self.level_bands.centres_hz),
            *(f"phase_delay_{centre:.0f}Hz_us" for centre in self.phase_bands.centres_hz),
        ]

    @property
    def periods(self) -> NDArray[np.float64]:
        """After how much more each feature is the same again, `(features,)`: phase delays after their band's period."""
        without = len(self.names) - self.phase_bands.count
        return np.append(np.full(without, np.inf), 1e6 / self.phase_bands.centres_hz)

    @property
    def mirror(self) -> NDArray[np.float64]:
        """What exchanging the ears does to features, `(values, values)`: values times this are those in a mirror.

        Of features that have a period, values are first all cosines and then all sines, after all other features.
        """
        levels, phases = self.level_bands.count, self.phase_bands.count
        kept, turned = np.eye(levels), -np.eye(levels)
        bands = turned if self.levels == "difference" else np.block([[0 * kept, kept], [kept, 0 * kept]])
        mirror = np.zeros((1 + len(bands) + 2 * phases,) * 2)
        mirror[0, 0] = -1
        mirror[1 : 1 + len(bands), 1 : 1 + len(bands)] = bands
        mirror[1 + len(bands) :, 1 + len(bands) :] = np.diag(np.repeat([1.0, -1.0], phases))
        return mirror


def differences(
    energy: NDArray[np.floating],
    band_energy: NDArray[np.floating],
    cross: NDArray[np.complexfloating],
    settings: InterauralSettings,
) -> NDArray[np.float32]:
    """Return the features `(..., features)` from energies of the two ears.

    `energy` is `(2, ...)`, `band_energy` `(2, ..., level bands)` and `cross`, left times conjugated right,
    `(..., phase bands)`. Level differences are left over right, in dB; levels of each ear are over the energy of both
    ears in all bands, so that loudness has no part in them. Phase delays are positive where the left ear
    lags, in microseconds, and wrapped: they lie within half a period of their band's centre.
    """
    level = 10 * np.log10(energy[0] / energy[1])
    # The floor is relative to the loudest band, so that it does not depend on how energies are scaled.
    floor = ENERGY_FLOOR * band_energy.max((0, -1))[..., None]
    left, right = np.maximum(band_energy, floor)
    if settings.levels == "difference":
        bands = 10 * np.log10(left / right)
    else:
        both = (left + right).sum(-1, keepdims=True)
        bands = 10 * np.log10(np.concatenate([left / both, right / both], -1))
    delay = -np.angle(cross) / (2e-6 * np.pi * settings.phase_bands.centres_hz)
    return np.concatenate([level[..., None], bands, delay], -1).astype(np.float32)


def interaural_settings(settings: Mapping[str, Any]) -> InterauralSettings:
    """Return the settings that a configuration's `features` section holds as plain values."""
    features = settings["features"]
    return InterauralSettings(
        features["window_samples"],
        features["hop_samples"],
        Bands(**features["level_bands"]),
        Bands(**features["phase_bands"]),
        features.get("levels", "difference"),
    )
