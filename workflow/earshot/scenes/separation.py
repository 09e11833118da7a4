"""Two sources that sound at once, told apart by a network's masks and by what both ears hear of each.

The network says what each band of each moment is (`learn.separation_network`). Within bands, bins are told apart by a
mixture model: what the two ears hear in a bin, divided by its length, has a complex angular central Gaussian
distribution, with a covariance for each source and for noise (Ito, Araki and Nakatani 2016, "Complex angular central
Gaussian mixture model for directional statistics in mask-based microphone array signal processing", EUSIPCO). The masks
are how likely each is before anything of a bin is heard, and say where to begin: so no bin takes one source for another
(as in Nakatani et al. 2017, "Integrating DNN-based and spatial clustering-based mask estimation for robust MVDR
beamforming", ICASSP).

The spatial covariance of what falls to each source makes a multichannel Wiener filter. Masks take away more, filters
distort less, and a mean of both is better than either.

Of two ears, a Hermitian matrix is four real numbers: its diagonal, then real and imaginary part above it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.learn.separation_network import SOURCES, SeparationNetwork
from earshot.signal.lapped_spectra import lapped_spectra, signals_of

_TRACE = np.array([1, 1, 2, 2])  # weights of four numbers in the trace of a product
_ADJUGATE = np.array([1, 1, -1, -1])
_DIFFUSE = np.array([1.0, 1.0, 0.0, 0.0])  # a covariance that has no direction
_RARE = 0.02  # added to masks: what a network never hears may be there
_FAINT = 1e-12  # power, of the mixture's mean one: silence has no direction
_REGULAR = 1e-6  # of their trace, what covariances have more, so that they have an inverse


@dataclass(frozen=True)
class SeparationSettings:
    """How bins are told apart. The defaults did best of those tried on scenes of the validation pool."""

    steps: int = 4  # of expectation and maximisation; with none, masks are the network's
    prior_frames: float = 2.0  # how many frames of its own a diffuse field is worth, in each bin
    filter_share: float = 0.5  # of what comes out that is filtered; the rest is masked


def separate(
    mixture: NDArray[np.floating], network: SeparationNetwork, settings: SeparationSettings | None = None
) -> NDArray[np.float64]:
    """Return what each of two sources is at each ear, `(2, ears, samples)`: first the one further to the left.

    `mixture` is `(ears, samples)`, left and right, at the network's rate. What is left of it is noise. Raises
    ValueError for shapes that are others.
    """
    if mixture.ndim != 2 or len(mixture) != 2:
        raise ValueError(f"of two ears, not of {mixture.shape}")
    settings = settings or SeparationSettings()
    samples, window = mixture.shape[1], network.settings.window_samples
    loudness = float(np.sqrt(np.square(mixture, dtype=float).mean())) if samples else 0.0
    if not loudness:
        return np.zeros((SOURCES, 2, samples))
    beyond = -samples % (window // 2)  # so that the last frames overlap, too, and what masks leave there fades
    ears = torch.from_numpy(np.pad(np.asarray(mixture, float) / loudness, ((0, 0), (0, beyond))))
    masks = _network_masks(network, ears)
    heard = lapped_spectra(ears, window).numpy().swapaxes(0, 1)
    powers = _powers(heard)
    masks = _refined(powers, masks, settings)
    masked = masks[:, :, None] * heard[:, None]
    parts = masked + settings.filter_share * (_filtered(heard, masks @ powers.swapaxes(1, 2)) - masked)
    spectra = torch.from_numpy(parts[:, :SOURCES].transpose(1, 2, 0, 3).copy())
    return signals_of(spectra, window, samples + beyond).numpy()[..., :samples] * loudness


@torch.no_grad()
def _network_masks(network: SeparationNetwork, ears: torch.Tensor) -> NDArray[np.float64]:
    """Return what the network says of each bin, `(bins, 3, frames)`."""
    where = network.to_bins.device
    logits = network.heard_both_ways(ears[None].to(where, torch.float32))
    return network.masks(logits)[0].transpose(0, 1).double().cpu().numpy()


def _powers(heard: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Return the products of what two ears hear, `(bins, 4, frames)`, of spectra `(bins, 2, frames)`."""
    across = heard[:, 0] * heard[:, 1].conj()
    return np.stack([abs(heard[:, 0]) ** 2, abs(heard[:, 1]) ** 2, across.real, across.imag], axis=1)


def _refined(
    powers: NDArray[np.float64], masks: NDArray[np.float64], settings: SeparationSettings
) -> NDArray[np.float64]:
    """Return how likely each bin is each one's, `(bins, 3, frames)`, given how likely each band was."""
    likely, prior = np.log(masks + _RARE), settings.prior_frames
    of_each = powers / np.maximum(powers[:, :2].sum(1, keepdims=True) / 2, _FAINT)
    distances = np.ones_like(masks)
    for step in range(settings.steps):
        counted = (2 if step else 1) * (masks / distances) @ of_each.swapaxes(1, 2)
        covariances = (counted + prior * _DIFFUSE) / (masks.sum(2, keepdims=True) + prior)
        masks, distances = _posterior(of_each, _normalised(covariances), likely)
    return masks


def _posterior(
    powers: NDArray[np.float64], covariances: NDArray[np.float64], likely: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how likely bins are each source's, and y^H B^-1 y of each, both `(bins, sources, frames)`.

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
    """Return what a multichannel Wiener filter lets through of each source, `(bins, sources, ears, frames)`.

    Doclo and Moonen (2002), "GSVD-based optimal filtering for single and multimicrophone speech enhancement", IEEE
    Trans. Signal Process. 50(9).
    """
    left, right, real, imaginary = np.moveaxis(covariances, -1, 0)
    above = real + 1j * imaginary
    matrices = np.stack([np.stack([left, above], -1), np.stack([above.conj(), right], -1)], -2)
    matrices += (_REGULAR * (left + right).mean(1) + _FAINT)[:, None, None, None] * np.eye(2)
    return matrices @ np.linalg.inv(matrices.sum(1))[:, None] @ heard[:, None]


def _normalised(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return covariances `(..., 4)` whose trace is 2, of any that are so small as to be none too."""
    trace = covariances[..., :1] + covariances[..., 1:2]
    return 2 * covariances / np.maximum(trace, np.finfo(float).tiny)


def _determinants(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    left, right, real, imaginary = np.moveaxis(covariances, -1, 0)
    return np.maximum(left * right - real**2 - imaginary**2, _FAINT)
