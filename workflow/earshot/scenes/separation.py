"""Sources that sound at once, told apart at one head by their directions.

Each bin of a short-time spectrum is taken for one source's. What the two ears hear in it, divided by its length, has a
complex angular central Gaussian distribution with a covariance for each source and frequency (Ito, Araki and Nakatani
2016, "Complex angular central Gaussian mixture model for directional statistics in mask-based microphone array signal
processing", EUSIPCO). Directions say where to begin and what to stay close to: a source's covariance is a mixture of
its HRIRs' and a diffuse field's. So no frequency takes one source for another. Nor does one change sides on its own,
because how likely a source is to be heard is a matter of the time and of wide bands (after Ito, Araki and Nakatani
2013, "Permutation-free convolutive blind source separation via full-band clustering based on frequency-independent
source presence priors", ICASSP); these are divided when their sources have been found.

The spatial covariance of what falls to each source makes a multichannel Wiener filter. Masks take away more, filters
distort less, and a mean of both is better than either.

Of two ears, a Hermitian matrix is four real numbers: its diagonal, then real and imaginary part above it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal import ShortTimeFFT, get_window

from earshot.rooms.heads import Head
from earshot.signal.bands import Bands

_TRACE = np.array([1, 1, 2, 2])  # weights of four numbers in the trace of a product
_ADJUGATE = np.array([1, 1, -1, -1])
_RARE = 0.03  # added to how likely each source is in a band: what is never heard cannot come back
_FAINT = 1e-12  # power, of the mixture's mean one: silence has no direction
_REGULAR = 1e-6  # of their trace, what covariances have more, so that they have an inverse


@dataclass(frozen=True)
class SeparationSettings:
    """How sources are told apart. The defaults did best of those tried, for two sources in simulated rooms."""

    window_s: float = 0.16  # of a short-time spectrum; half of it to the next
    diffuse_share: float = 0.8  # of a source's sound before any of it is heard; the rest comes from its direction
    prior_frames: float = 2.0  # how many frames of its own that is worth, in each bin
    bands: tuple[int, ...] = (1, 3, 6, 12)  # in which a source is heard or is not, one number after the other
    steps: int = 8  # of expectation and maximisation with each
    filter_share: float = 0.5  # of what comes out that is filtered; the rest is masked


def separate(
    mixture: NDArray[np.floating], directions: NDArray[np.floating], head: Head, settings: SeparationSettings
) -> NDArray[np.float64]:
    """Return what each source is at each ear, `(sources, ears, samples)`; together these are the mixture.

    `mixture` is `(ears, samples)`, left and right, at the head's rate, and `directions` are unit vectors `(sources, 3)`
    in the head's axes. Raises ValueError for shapes that are others, and for windows shorter than the HRIRs.
    """
    if mixture.ndim != 2 or len(mixture) != 2 or directions.ndim != 2 or directions.shape[1] != 3:
        raise ValueError(f"of two ears and directions in space, not of {mixture.shape} and {directions.shape}")
    window = 2 * round(settings.window_s * head.rate_hz / 2)
    if window < head.taps:
        raise ValueError(f"a window of {window} samples is shorter than HRIRs of {head.taps}: raise window_s")
    samples = mixture.shape[1]
    loudness = float(np.sqrt(np.square(mixture, dtype=float).mean())) if samples else 0.0
    if not loudness:
        return np.zeros((len(directions), 2, samples))
    padded = np.pad(np.asarray(mixture, float) / loudness, ((0, 0), (0, max(0, window - samples))))
    transform = ShortTimeFFT(np.sqrt(get_window("hann", window)), window // 2, head.rate_hz)
    heard = transform.stft(padded).swapaxes(0, 1)
    powers = _powers(heard)
    expected = _expected(directions, head, window, settings.diffuse_share)
    masks = _masks(powers, expected, head.rate_hz, settings)
    masked = masks[:, :, None] * heard[:, None]
    parts = masked + settings.filter_share * (_filtered(heard, masks @ powers.swapaxes(1, 2)) - masked)
    return transform.istft(parts.transpose(1, 2, 0, 3), k1=padded.shape[1])[..., :samples] * loudness


def _powers(heard: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Return the products of what two ears hear, `(frequencies, 4, frames)`, of spectra `(frequencies, 2, frames)`."""
    across = heard[:, 0] * heard[:, 1].conj()
    return np.stack([abs(heard[:, 0]) ** 2, abs(heard[:, 1]) ** 2, across.real, across.imag], axis=1)


def _expected(directions: NDArray[np.floating], head: Head, window: int, diffuse_share: float) -> NDArray[np.float64]:
    """Return the covariances, `(frequencies, sources, 4)`, that reverberant sources in these directions have."""
    nearest = head.nearest(*torch.from_numpy(np.array(directions.T, np.float32)))
    direct = _normalised(_products(head.hrirs[nearest], window))
    return (1 - diffuse_share) * direct + diffuse_share * _diffuse(head, window)


@lru_cache(maxsize=8)  # many scenes are heard by one head, and it is most of the work before the first step
def _diffuse(head: Head, window: int) -> NDArray[np.float64]:
    """Return the covariances of a diffuse field at a head, `(frequencies, 1, 4)`."""
    return _normalised(np.tensordot(_products(head.hrirs, window), head.shares, (1, 0)))[:, None]


def _products(hrirs: torch.Tensor, window: int) -> NDArray[np.float64]:
    """Return the covariances of sound through HRIRs `(directions, ears, taps)`, `(frequencies, directions, 4)`."""
    return _powers(rfft(hrirs.double().cpu().numpy(), window).T).swapaxes(1, 2)


def _masks(
    powers: NDArray[np.float64], expected: NDArray[np.float64], rate_hz: float, settings: SeparationSettings
) -> NDArray[np.float64]:
    """Return how likely each bin is each source's, `(frequencies, sources, frames)`."""
    prior = settings.prior_frames
    masks, distances = _posterior(powers, expected, 0.0)
    for weights in _bands(settings.bands, len(powers), rate_hz):
        for _ in range(settings.steps):
            presence = np.tensordot(weights / weights.sum(1, keepdims=True), masks, 1)
            counted = 2 * (masks / distances) @ powers.swapaxes(1, 2)
            covariances = (counted + prior * expected) / (masks.sum(2, keepdims=True) + prior)
            likely = np.log(np.tensordot(weights.T, presence, 1) + _RARE)
            masks, distances = _posterior(powers, _normalised(covariances), likely)
    return masks


def _posterior(
    powers: NDArray[np.float64], covariances: NDArray[np.float64], likely: NDArray[np.float64] | float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how likely bins are each source's, and y^H B^-1 y of each, both `(frequencies, sources, frames)`.

    `likely` is the logarithm of how likely they were before anything was heard in them. Ito et al. (2016).
    """
    determinants = _determinants(covariances)[..., None]
    inverses = covariances[..., [1, 0, 2, 3]] * _ADJUGATE / determinants
    distances = np.maximum((inverses * _TRACE) @ powers, _FAINT)
    logarithms = likely - np.log(determinants) - 2 * np.log(distances)
    masks = np.exp(logarithms - logarithms.max(1, keepdims=True))
    masks /= masks.sum(1, keepdims=True)
    return masks, distances


def _filtered(heard: NDArray[np.complex128], covariances: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Return what a multichannel Wiener filter lets through of each source, `(frequencies, sources, ears, frames)`.

    Doclo and Moonen (2002), "GSVD-based optimal filtering for single and multimicrophone speech enhancement", IEEE
    Trans. Signal Process. 50(9).
    """
    left, right, real, imaginary = np.moveaxis(covariances, -1, 0)
    above = real + 1j * imaginary
    matrices = np.stack([np.stack([left, above], -1), np.stack([above.conj(), right], -1)], -2)
    matrices += (_REGULAR * (left + right).mean(1) + _FAINT)[:, None, None, None] * np.eye(2)
    return matrices @ np.linalg.inv(matrices.sum(1))[:, None] @ heard[:, None]


def _bands(counts: tuple[int, ...], frequencies: int, rate_hz: float) -> Iterator[NDArray[np.float64]]:
    """Go through sets of bands: how much of each frequency is in each one, `(bands, frequencies)`."""
    for count in counts:
        weights = Bands(count, "erb", 0.0, rate_hz / 2).weights(2 * (frequencies - 1), rate_hz)
        yield weights / weights.sum(0)


def _normalised(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return covariances `(..., 4)` whose trace is 2, of any that are so small as to be none too."""
    trace = covariances[..., :1] + covariances[..., 1:2]
    return 2 * covariances / np.maximum(trace, np.finfo(float).tiny)


def _determinants(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    left, right, real, imaginary = np.moveaxis(covariances, -1, 0)
    return np.maximum(left * right - real**2 - imaginary**2, _FAINT)
