"""Interaural features without convolving and without frames, for whole grids of directions and many listeners.

The study convolves noise x with a pair of impulse responses, cuts the ears' signals into frames that begin every `hop`
samples, and adds up what the frames' spectra hold in each band. All of that is quadratic in the signals, so by
Poisson's sum over the frames' places the sum over frames of Y(f) Z*(f), for signals y and z with spectra Y and Z, is

    sum_k  e^(2 pi i k o / hop)  integral  Y(a) Z*(a - k / hop)  W(f - a) W(f - a + k / hop)  da  / hop

with W the spectrum of the window about its middle, and o the place of a frame's middle. Order k pairs frequencies that
lie k / hop apart and counts only where the two copies of the window's spectrum overlap: with side lobes that fall fast,
a few orders (two at a hop of a quarter window) give the sum to 1e-6. Two things make it cheap:

- The window and the bands enter through a fixed kernel, so bands are sums over `a`: one product with a matrix.
- Y = H X: the noise enters through X(a) X*(a - k / hop), and of that only lags shorter than window plus response count.
  So a grid of some 2,000 frequencies holds the noise exactly, and is made once for every listener.

`tests/unit/test_interaural.py` holds the result to the control's, which does convolve and cut frames.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from scipy.signal import get_window

from earshot.data.sofa import HrirSet
from earshot.device import array_modules, side_by_side, tensor
from earshot.signal.bands import Bands
from earshot.signal.interaural import WINDOW, InterauralSettings, differences
from earshot.signal.noise import NoiseSettings, measurement_ids, white_noise

T = TypeVar("T")

_OVERLAP_BINS = 12  # copies of the window's spectrum this far apart have a product below 1e-6 of the peak everywhere
_NEGLIGIBLE = 1e-10  # of a kernel's largest value: frequencies that add less to a band are left out
_AT_ONCE = {"cpu": 64, "cuda": 1024}  # measurements of a listener: what they need fits into a core's cache
_SPECTRA = 1 << 25  # numbers that the noise's spectra may hold at a time, 256 MB; the grid is taken in parts of this


def interaural_features(
    listeners: Sequence[HrirSet], noise: NoiseSettings, settings: InterauralSettings, device: torch.device
) -> list[NDArray[np.float32]]:
    """Return each listener's features, `(measurements, repetitions, features)`, as `settings.names` says.

    Listeners with one sampling rate and one length of responses share the noise's spectra, whatever their grids.
    """
    return features_by_settings(listeners, noise, [settings], device)[0]


def features_by_settings(
    listeners: Sequence[HrirSet], noise: NoiseSettings, settings: Sequence[InterauralSettings], device: torch.device
) -> list[list[NDArray[np.float32]]]:
    """Return each listener's features by each of the settings, as `interaural_features` does by one.

    Settings with one window and one hop share all but the last step, from frequencies to bands.
    """
    names = [measurement_ids(listener.directions.tolist()) for listener in listeners]
    results = [
        [np.empty((len(own), noise.repetitions, len(one.names)), np.float32) for own in names] for one in settings
    ]
    for frames in sorted({(one.window_samples, one.hop_samples) for one in settings}):
        framed = [n for n, one in enumerate(settings) if (one.window_samples, one.hop_samples) == frames]
        for kind in sorted({(listener.rate_hz, listener.hrirs.shape[-1]) for listener in listeners}):
            alike = [n for n, one in enumerate(listeners) if (one.rate_hz, one.hrirs.shape[-1]) == kind]
            analysis = InterauralAnalysis([settings[n] for n in framed], *kind, device)
            grid = sorted(set().union(*(names[n] for n in alike)))
            for part in batched(grid, max(1, _SPECTRA // (noise.repetitions * analysis.numbers))):
                place = {name: row for row, name in enumerate(part)}
                few = list(batched(part, _AT_ONCE[device.type]))
                made = side_by_side(partial(analysis.noise_spectra, noise), few, device)
                spectra = [torch.cat(order) for order in zip(*made, strict=True)]
                present = [n for n in alike if not place.keys().isdisjoint(names[n])]
                work = [(listeners[n], names[n]) for n in present]
                outcomes = side_by_side(partial(_analyse, analysis, spectra, place), work, device)
                for n, (rows, by_settings) in zip(present, outcomes, strict=True):
                    for which, features in zip(framed, by_settings, strict=True):
                        results[which][n][rows] = features
    return results


def _analyse(
    analysis: "InterauralAnalysis",
    spectra: list[torch.Tensor],
    place: dict[str, int],
    work: tuple[HrirSet, list[str]],
) -> tuple[list[int], list[NDArray[np.float32]]]:
    """Return which of a listener's measurements have their noise in `spectra`, by their `place`, and their features.

    `work` is the listener and the ids of the measurements.
    """
    listener, names = work
    rows = [row for row, name in enumerate(names) if name in place]
    parts = []
    for few in batched(rows, _AT_ONCE[analysis.device.type]):
        heard = [place[names[row]] for row in few]
        parts.append(analysis(listener.hrirs[list(few)], [spectrum[heard] for spectrum in spectra]))
    return rows, [np.concatenate(of_settings) for of_settings in zip(*parts, strict=True)]


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of a size, the last one smaller."""
    return (items[start : start + size] for start in range(0, len(items), size))


@dataclass(frozen=True)
class _Kernel:
    """What the frequencies in a span of one order's grid add to each band."""

    span: slice
    real: torch.Tensor  # (frequencies, bands), for real parts
    imaginary: torch.Tensor


class InterauralAnalysis:
    """Interaural features for one length of impulse responses, on one device, in single precision.

    There may be many settings, of one window and one hop.
    """

    def __init__(self, settings: Sequence[InterauralSettings], rate_hz: float, taps: int, device: torch.device) -> None:
        self.settings = settings
        self.rate_hz = rate_hz
        self.device = device
        ((window_samples, hop),) = {(one.window_samples, one.hop_samples) for one in settings}
        self._window_samples, self._hop = window_samples, hop
        self._orders = range(ceil(_OVERLAP_BINS * hop / window_samples))
        self._lags = window_samples + taps - 1
        # A multiple of the hop, so that every order shifts by whole steps; long enough that lags do not wrap around.
        self._steps = next_fast_len(ceil((2 * self._lags + 1) / hop), real=True)
        self._length = self._steps * hop
        self._margin = self._orders[-1] * self._steps
        self.numbers = len(self._orders) * (self._length // 2 + 1)  # of one draw of noise in `noise_spectra`
        self._level = [[self._kernel(one.level_bands, rate_hz, order) for one in settings] for order in self._orders]
        self._phase = [[self._kernel(one.phase_bands, rate_hz, order) for one in settings] for order in self._orders]

    def _grid(self, order: int) -> NDArray[np.int_]:
        """Return the frequencies at which an order is evaluated, `(length // 2 + 1,)`.

        Signals are real, so `a` and `k / hop - a` hold the same; one half of the circle does for both.
        """
        return np.arange(self._length // 2 + 1) + ceil(order * self._steps / 2)

    def _kernel(self, bands: Bands, rate_hz: float, order: int) -> _Kernel:
        window_samples, length = self._window_samples, self._length
        window = get_window(WINDOW, window_samples)
        place = np.arange(window_samples) - window_samples / 2
        turned = window * np.exp(-2j * np.pi * order * place / self._hop)
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

    def noise_spectra(self, settings: NoiseSettings, measurements: Sequence[str]) -> list[torch.Tensor]:
        """Return X(a) X*(a - k / hop) of these measurements' noise for each order k.

        They are complex, `(measurements, repetitions, length // 2 + 1)` each.
        """
        noise = white_noise(settings, measurements, self.rate_hz)
        xp, fft = array_modules(self.device)
        length, lags, hop = self._length, self._lags, self._hop
        middle = -self._window_samples / 2
        steps = next_fast_len(ceil((noise.shape[-1] + lags) / hop))
        result = []
        spectrum = fft.fft(xp.asarray(noise), steps * hop)
        for order in self._orders:
            correlation = fft.ifft(spectrum * xp.roll(spectrum, order * steps, -1).conj())
            circular = xp.zeros((*noise.shape[:-1], length), spectrum.dtype)
            circular[..., :lags] = correlation[..., :lags]
            circular[..., 1 - lags :] = correlation[..., 1 - lags :]
            turn = spectrum.dtype.type(np.exp(2j * np.pi * order * middle / hop))
            result.append(tensor(turn * fft.fft(circular)[..., self._grid(order) % length], self.device))
        return result

    def __call__(self, hrirs: NDArray[np.float64], noise_spectra: list[torch.Tensor]) -> list[NDArray[np.float32]]:
        """Return the features of one listener by each of the settings, `(directions, repetitions, features)`.

        `hrirs` is `(directions, 2, taps)`; `noise_spectra` are those of the same directions.
        """
        transfer = torch.fft.rfft(tensor(np.ascontiguousarray(hrirs, np.float32), self.device), self._length)
        left, right = self._beyond_half(transfer)[:, :, None].unbind(1)  # (measurements, 1, frequencies)
        level = [[torch.zeros((), device=self.device)] * 2 for _ in self.settings]
        phase = [[torch.zeros((), device=self.device)] * 2 for _ in self.settings]
        for order, spectrum in enumerate(noise_spectra):
            whole = _hull(self._level[order])
            noise, (here, there) = spectrum[..., whole], self._spans(order, whole)
            for ear, own in enumerate((left, right)):
                energies = _real_product(own[..., here] * own[..., there].conj(), noise)
                for kernel, bands in zip(self._level[order], level, strict=True):
                    bands[ear] = bands[ear] + _onto_bands(energies[..., _within(kernel, whole)], kernel.real)
            whole = _hull(self._phase[order])
            noise, (here, there) = spectrum[..., whole], self._spans(order, whole)
            forward = left[..., here] * right[..., there].conj() * noise
            backward = right[..., here] * left[..., there].conj() * noise
            real, imaginary = forward.real + backward.real, forward.imag - backward.imag
            for kernel, bands in zip(self._phase[order], phase, strict=True):
                inside = _within(kernel, whole)
                bands[0] = bands[0] + _onto_bands(real[..., inside], kernel.real)
                bands[1] = bands[1] + _onto_bands(imaginary[..., inside], kernel.imaginary)
        # Half of the circle holds all of the energy but for the two ends, which have no mirror image.
        power = transfer.abs().square()[:, :, None].movedim(1, 0) * noise_spectra[0].real
        energy = (2 * power.sum(-1) - power[..., 0] - power[..., -1]).cpu().numpy()
        return [
            differences(energy, torch.stack(own).cpu().numpy(), torch.complex(*cross).cpu().numpy(), one)
            for own, cross, one in zip(level, phase, self.settings, strict=True)
        ]

    def _beyond_half(self, transfer: torch.Tensor) -> torch.Tensor:
        """Return transfer functions on both sides of the half circle too, as far as the orders shift."""
        margin = self._margin
        if not margin:
            return transfer
        below, above = transfer[..., 1 : margin + 1], transfer[..., -margin - 1 : -1]
        return torch.cat([below.flip(-1).conj(), transfer, above.flip(-1).conj()], -1)

    def _spans(self, order: int, span: slice) -> tuple[slice, slice]:
        """Return where a and a - k / hop lie for a span of an order's grid, in what `_beyond_half` returns."""
        shift = order * self._steps
        first = self._margin + ceil(shift / 2) + span.start
        here = slice(first, first + span.stop - span.start)
        return here, slice(here.start - shift, here.stop - shift)


def _hull(kernels: Sequence[_Kernel]) -> slice:
    """Return the span of frequencies that holds those of all kernels."""
    return slice(min(one.span.start for one in kernels), max(one.span.stop for one in kernels))


def _within(kernel: _Kernel, whole: slice) -> slice:
    """Return where a kernel's frequencies are in a span that holds them."""
    return slice(kernel.span.start - whole.start, kernel.span.stop - whole.start)


def _real_product(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the real part of a complex product, without computing the imaginary one."""
    return torch.addcmul(first.real * second.real, first.imag, second.imag, value=-1)


def _onto_bands(spectrum: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Return `spectrum @ kernel` as one product of matrices: with more axes it would be many small ones."""
    return (spectrum.flatten(0, -2) @ kernel).view(*spectrum.shape[:-1], -1)
