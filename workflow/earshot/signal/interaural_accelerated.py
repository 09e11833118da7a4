"""Interaural features without convolving and without frames, for whole grids of directions and many listeners.

The study convolves noise x with a pair of impulse responses, cuts the ears' signals into frames that begin every `hop`
samples, and adds up what the frames' spectra hold in each band. All of that is quadratic in the signals, so by
Poisson's sum over the frames' places the sum over frames of Y(f) Z*(f), for signals y and z with spectra Y and Z, is

    sum_k  e^(2 pi i k o / hop)  integral  Y(a) Z*(a - k / hop)  W(f - a) W(f - a + k / hop)  da  / hop

with W the spectrum of the window about its middle, and o the place of a frame's middle. Order k pairs frequencies that
lie k / hop apart and counts only where the two copies of the window's spectrum overlap: with side lobes that fall fast a
few orders, two at a hop of a quarter window, give the sum to 1e-6. Two things make it cheap:

- The window and the bands enter through a fixed kernel, so bands are sums over `a`: one product with a matrix.
- Y = H X: the noise enters through X(a) X*(a - k / hop), and of that only lags shorter than window plus response count.
  So a grid of some 2,000 frequencies holds the noise exactly, and is made once for every listener.

`tests/unit/test_interaural.py` holds the result to the control's, which does convolve and cut frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from scipy.signal import get_window

from earshot.data.sofa import HrirSet
from earshot.device import array_module, tensor
from earshot.signal.bands import Bands
from earshot.signal.interaural import WINDOW, InterauralSettings, differences
from earshot.signal.noise import NoiseSettings, measurement_ids, white_noise

_OVERLAP_BINS = 12  # copies of the window's spectrum this far apart have a product below 1e-6 of the peak everywhere
_NEGLIGIBLE = 1e-10  # of a kernel's largest value: frequencies that add less to a band are left out
_CPU_MEASUREMENTS = 64  # of a grid at a time: what they need fits into a core's cache
_CUDA_MEASUREMENTS = 1024


def interaural_features(
    listeners: Sequence[HrirSet], noise: NoiseSettings, settings: InterauralSettings, device: torch.device
) -> list[NDArray[np.float32]]:
    """Return each listener's features, `(measurements, repetitions, features)`, as `settings.names` says.

    Listeners with one sampling rate and one length of responses share the noise's spectra, whatever their grids.
    """
    results = [
        np.empty((len(listener.hrirs), noise.repetitions, len(settings.names)), np.float32) for listener in listeners
    ]
    names = [measurement_ids(listener.directions.tolist()) for listener in listeners]
    for kind in sorted({(listener.rate_hz, listener.hrirs.shape[-1]) for listener in listeners}):
        alike = [n for n, one in enumerate(listeners) if (one.rate_hz, one.hrirs.shape[-1]) == kind]
        analysis = InterauralAnalysis(settings, *kind, device)
        grid = sorted(set().union(*(names[n] for n in alike)))
        step = _CUDA_MEASUREMENTS if device.type == "cuda" else _CPU_MEASUREMENTS
        for start in range(0, len(grid), step):
            part = grid[start : start + step]
            spectra = analysis.noise_spectra(white_noise(noise, part, kind[0]))
            place = {name: row for row, name in enumerate(part)}
            for n in alike:
                rows = [row for row, name in enumerate(names[n]) if name in place]
                order = [place[names[n][row]] for row in rows]
                own = spectra if order == list(range(len(part))) else [spectrum[order] for spectrum in spectra]
                results[n][rows] = analysis(listeners[n].hrirs[rows], own)
    return results


@dataclass(frozen=True)
class _Kernel:
    """What the frequencies in a span of one order's grid add to each band."""

    span: slice
    real: torch.Tensor  # (frequencies, bands), for real parts
    imaginary: torch.Tensor


class InterauralAnalysis:
    """Interaural features for one length of impulse responses, on one device, in single precision."""

    def __init__(self, settings: InterauralSettings, rate_hz: float, taps: int, device: torch.device) -> None:
        self.settings = settings
        self.device = device
        hop = settings.hop_samples
        self._orders = range(ceil(_OVERLAP_BINS * hop / settings.window_samples))
        self._lags = settings.window_samples + taps - 1
        # A multiple of the hop, so that every order shifts by whole steps; long enough that lags do not wrap around.
        self._steps = next_fast_len(ceil((2 * self._lags + 1) / hop), real=True)
        self._length = self._steps * hop
        self._margin = self._orders[-1] * self._steps
        self._level = [self._kernel(settings.level_bands, rate_hz, order) for order in self._orders]
        self._phase = [self._kernel(settings.phase_bands, rate_hz, order) for order in self._orders]

    def _grid(self, order: int) -> NDArray[np.int_]:
        """Return the frequencies at which an order is evaluated, `(length // 2 + 1,)`.

        Signals are real, so `a` and `k / hop - a` hold the same; one half of the circle does for both.
        """
        return np.arange(self._length // 2 + 1) + ceil(order * self._steps / 2)

    def _kernel(self, bands: Bands, rate_hz: float, order: int) -> _Kernel:
        window_samples, length = self.settings.window_samples, self._length
        window = get_window(WINDOW, window_samples)
        place = np.arange(window_samples) - window_samples / 2
        turned = window * np.exp(-2j * np.pi * order * place / self.settings.hop_samples)
        lags = np.arange(2 * window_samples - 1) - window_samples
        shares = np.fft.fft(bands.weights(window_samples, rate_hz), window_samples, axis=-1)
        by_lag = np.zeros((bands.count, length), np.complex128)
        by_lag[:, lags % length] = np.convolve(window, turned) * shares[:, lags % window_samples]
        circle = np.fft.ifft(by_lag, axis=-1).real
        grid, shift = self._grid(order), order * self._steps
        here, mirrored = circle[:, grid % length], circle[:, (shift - grid) % length]
        # Orders k and -k are taken together, so order 0 counts half; so does a frequency that is its own mirror image.
        weight = np.where((2 * grid - shift) % length == 0, 0.5, 1.0) * (1.0 if order else 0.5)
        both = weight * (here + mirrored)
        used = np.flatnonzero((abs(both) > _NEGLIGIBLE * abs(both).max()).any(0))
        span = slice(used[0], used[-1] + 1)
        return _Kernel(span, self._constant(both[:, span].T), self._constant((weight * (here - mirrored))[:, span].T))

    def _constant(self, array: NDArray[np.float64]) -> torch.Tensor:
        return tensor(np.ascontiguousarray(array, np.float32), self.device)

    def noise_spectra(self, noise: NDArray[np.float32]) -> list[torch.Tensor]:
        """Return X(a) X*(a - k / hop) for each order k, `(directions, repetitions, length // 2 + 1)` complex each.

        `noise` is `(directions, repetitions, samples)`.
        """
        xp = array_module(self.device)
        length, lags, hop = self._length, self._lags, self.settings.hop_samples
        middle = -self.settings.window_samples / 2
        steps = next_fast_len(ceil((noise.shape[-1] + lags) / hop))
        spectrum = xp.fft.fft(xp.asarray(noise), steps * hop)
        result = []
        for order in self._orders:
            correlation = xp.fft.ifft(spectrum * xp.roll(spectrum, order * steps, -1).conj())
            circular = xp.zeros((*noise.shape[:-1], length), spectrum.dtype)
            circular[..., :lags] = correlation[..., :lags]
            circular[..., 1 - lags :] = correlation[..., 1 - lags :]
            turn = spectrum.dtype.type(np.exp(2j * np.pi * order * middle / hop))
            result.append(tensor(turn * xp.fft.fft(circular)[..., self._grid(order) % length], self.device))
        return result

    def __call__(self, hrirs: NDArray[np.float64], noise_spectra: list[torch.Tensor]) -> NDArray[np.float32]:
        """Return the features of one listener, `(directions, repetitions, features)`.

        `hrirs` is `(directions, 2, taps)`; `noise_spectra` are those of the same directions.
        """
        transfer = torch.fft.rfft(tensor(np.ascontiguousarray(hrirs, np.float32), self.device), self._length)
        ears = self._beyond_half(transfer).movedim(1, 0)[:, :, None]  # (2, directions, 1, frequencies)
        level = phase_real = phase_imaginary = torch.zeros((), device=self.device)
        for order, spectrum in enumerate(noise_spectra):
            kernel = self._level[order]
            here, there = self._spans(order, kernel)
            pairs = ears[..., here] * ears[..., there].conj()
            level = level + _real_product(pairs, spectrum[..., kernel.span]) @ kernel.real
            kernel = self._phase[order]
            here, there = self._spans(order, kernel)
            noise = spectrum[..., kernel.span]
            cross = ears[..., here] * ears.flip(0)[..., there].conj() * noise  # left with right, right with left
            phase_real = phase_real + (cross[0].real + cross[1].real) @ kernel.real
            phase_imaginary = phase_imaginary + (cross[0].imag - cross[1].imag) @ kernel.imaginary
        # Half of the circle holds all of the energy but for the two ends, which have no mirror image.
        power = _power(transfer.movedim(1, 0)[:, :, None]) * noise_spectra[0].real
        energy = 2 * power.sum(-1) - power[..., 0] - power[..., -1]
        cross = torch.complex(phase_real, phase_imaginary)
        return differences(energy.cpu().numpy(), level.cpu().numpy(), cross.cpu().numpy(), self.settings)

    def _beyond_half(self, transfer: torch.Tensor) -> torch.Tensor:
        """Return transfer functions on both sides of the half circle too, as far as the orders shift."""
        margin = self._margin
        if not margin:
            return transfer
        below, above = transfer[..., 1 : margin + 1], transfer[..., -margin - 1 : -1]
        return torch.cat([below.flip(-1).conj(), transfer, above.flip(-1).conj()], -1)

    def _spans(self, order: int, kernel: _Kernel) -> tuple[slice, slice]:
        """Return where a and a - k / hop lie for an order's kernel, in what `_beyond_half` returns."""
        shift = order * self._steps
        first = self._margin + ceil(shift / 2) + kernel.span.start
        here = slice(first, first + kernel.span.stop - kernel.span.start)
        return here, slice(here.start - shift, here.stop - shift)


def _power(spectrum: torch.Tensor) -> torch.Tensor:
    """Return the squared magnitude, without the square root that `abs` takes."""
    return spectrum.real.square() + spectrum.imag.square()


def _real_product(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the real part of a complex product, without computing the imaginary one."""
    return torch.addcmul(first.real * second.real, first.imag, second.imag, value=-1)
