"""How well sources were separated: scale-invariant signal-to-distortion ratios (SI-SDR), in dB."""

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

_LEAST = float(np.finfo(np.float64).tiny)
_MOST_DB = 100.0  # that a gain counts when orders are compared, since some are infinite


def si_sdr_db(estimate: NDArray[np.floating], reference: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the SI-SDR `(...)` of signals `(..., samples)`: Le Roux et al. (2019), "SDR - half-baked or well done?".

    It is the energy of what the estimate holds of the reference to that of the rest, means included. Of a reference
    that is silent there is none: it is not a number. An estimate that is silent holds nothing: it is minus infinity.
    One that is the reference up to its scale has infinity, or what rounding makes of it.
    """
    estimate, reference = np.asarray(estimate, np.float64), np.asarray(reference, np.float64)
    energy = np.square(reference).sum(-1)
    scale = (estimate * reference).sum(-1) / np.maximum(energy, _LEAST)
    wanted = scale[..., None] * reference
    distortion = np.square(estimate - wanted).sum(-1)
    with np.errstate(divide="ignore"):
        ratio = 10 * (np.log10(np.square(wanted).sum(-1)) - np.log10(np.where(distortion > 0, distortion, 1)))
    ratio = np.where((distortion == 0) & np.isfinite(ratio), np.inf, ratio)
    return np.where(energy > 0, ratio, np.nan)


def si_sdr_gain_db(
    estimates: NDArray[np.floating], references: NDArray[np.floating], mixture: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return by how much the SI-SDR of each source is higher in its estimate than in the mixture, `(sources,)`.

    `estimates` and `references` are `(sources, ears, samples)`, in the same order, and the mixture is
    `(ears, samples)`. A reference is what an ear would hear if its source were alone, with the room's reverberation.
    A source counts at the ear that hears it better in the mixture; where a reference is silent, at the other one.
    """
    before = si_sdr_db(mixture, references)
    ear = np.where(np.isnan(before), -np.inf, before).argmax(-1)[:, None]
    gain = si_sdr_db(estimates, references) - before
    return np.take_along_axis(gain, ear, -1)[:, 0]


def fitting_order(
    estimates: NDArray[np.floating], references: NDArray[np.floating], mixture: NDArray[np.floating]
) -> tuple[int, ...]:
    """Return for each source which estimate is taken for it: so that the mean gain is highest.

    What separates without knowing what is wanted has no order of its own to be held to (Kolbaek et al. 2017).
    """
    orders = permutations(range(len(references)))
    return max(orders, key=lambda order: _all_gains(estimates[list(order)], references, mixture))


def _all_gains(
    estimates: NDArray[np.floating], references: NDArray[np.floating], mixture: NDArray[np.floating]
) -> float:
    gains = si_sdr_gain_db(estimates, references, mixture)
    return float(np.clip(gains[~np.isnan(gains)], -_MOST_DB, _MOST_DB).sum())
