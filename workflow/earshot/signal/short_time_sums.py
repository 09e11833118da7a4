"""What short-time spectra of both ears add up to, without convolving and without frames.

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
from math import ceil
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from scipy.signal import get_window

from earshot.device import array_modules, tensor
from earshot.signal.interaural import WINDOW
from earshot.signal.noise_lags import NoiseLags

T = TypeVar("T")
Sum = NDArray[Any]  # float32 or complex64

_OVERLAP_BINS = 12  # copies of the window's spectrum this far apart have a product below 1e-6 of the peak everywhere
_NEGLIGIBLE = 1e-10  # of a kernel's largest value: frequencies that add less to a band are left out
_SUMS_AT_ONCE = 32  # neighbours that share one product with a matrix


class Weights(Protocol):
    """How much of each bin of a spectrum counts for each of some sums; `earshot.signal.bands.Bands` is one."""

    def weights(self, window_samples: int, rate_hz: float) -> NDArray[np.float64]:
        """Return weights, `(sums, window_samples // 2 + 1)`."""


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of a size, the last one smaller."""
    return (items[start : start + size] for start in range(0, len(items), size))


@dataclass(frozen=True)
class _Block:
    """What frequencies in a span of one order's grid add to some neighbouring sums."""

    span: slice
    sums: slice
    real: torch.Tensor  # (frequencies, sums), for real parts
    imaginary: torch.Tensor


@dataclass(frozen=True)
class _Kernel:
    """What the frequencies of one order's grid add to each sum: neighbours are a block, and have few frequencies."""

    blocks: list[_Block]

    @property
    def span(self) -> slice:
        """Where any block has frequencies."""
        return slice(min(one.span.start for one in self.blocks), max(one.span.stop for one in self.blocks))

    def add_real(self, spectrum: torch.Tensor, sums: torch.Tensor) -> None:
        """Add the sums of a real part `(..., frequencies)`, given on `span`, to `sums`, `(..., sums)`."""
        for block in self.blocks:
            self._add(spectrum, block, block.real, sums)

    def add_imaginary(self, spectrum: torch.Tensor, sums: torch.Tensor) -> None:
        """Add the sums of an imaginary part `(..., frequencies)`, given on `span`, to `sums`, `(..., sums)`."""
        for block in self.blocks:
            self._add(spectrum, block, block.imaginary, sums)

    def _add(self, spectrum: torch.Tensor, block: _Block, kernel: torch.Tensor, sums: torch.Tensor) -> None:
        first = self.span.start
        part = spectrum[..., block.span.start - first : block.span.stop - first]
        # As one product of matrices: with more axes it would be many small ones.
        sums.flatten(0, -2)[:, block.sums].addmm_(part.flatten(0, -2), kernel)


class ShortTimeSums:
    """Energies and cross spectra of both ears, added up over frames and, by weights, over bins; in single precision.

    For one window, one length of impulse responses and one hop or several, on one device. Of several hops each divides
    the one before it, so its orders are among those of that one: together they cost what the first does by itself.
    """

    def __init__(
        self,
        window_samples: int,
        hops: Sequence[int],
        level: Weights,
        phase: Weights,
        rate_hz: float,
        taps: int,
        device: torch.device,
    ) -> None:
        self.window_samples = window_samples
        self.hops = hops
        self.rate_hz = rate_hz
        self.device = device
        self.hop_samples = hop_samples = hops[0]
        self._orders = range(ceil(_OVERLAP_BINS * hop_samples / window_samples))
        self.lags = window_samples + taps - 1  # of the noise, that count
        # A multiple of the hop, so that every order shifts by whole steps; long enough that lags do not wrap around;
        # and even, so that half of the circle ends at a frequency that is its own mirror image.
        fewest = ceil((2 * self.lags + 1) / hop_samples)
        self._steps = next_fast_len(fewest, real=True)
        if self._steps * hop_samples % 2:
            self._steps = 2 * next_fast_len(ceil(fewest / 2), real=True)
        self._length = self._steps * hop_samples
        self._margin = self._orders[-1] * self._steps
        by_level, by_phase = (weights.weights(window_samples, rate_hz) for weights in (level, phase))
        self._level = [self._kernel(by_level, order) for order in self._orders]
        self._phase = [self._kernel(by_phase, order) for order in self._orders]

    def _grid(self, order: int) -> NDArray[np.int_]:
        """Return the frequencies at which an order is evaluated, `(length // 2 + 1,)`.

        Signals are real, so `a` and `k / hop - a` hold the same; one half of the circle does for both.
        """
        return np.arange(self._length // 2 + 1) + ceil(order * self._steps / 2)

    def _kernel(self, weights: NDArray[np.float64], order: int) -> _Kernel:
        window_samples, length = self.window_samples, self._length
        window = get_window(WINDOW, window_samples)
        place = np.arange(window_samples) - window_samples / 2
        turned = window * np.exp(-2j * np.pi * order * place / self.hop_samples)
        lags = np.arange(2 * window_samples - 1) - window_samples
        shares = np.fft.fft(weights, window_samples, axis=-1)
        by_lag = np.zeros((len(weights), length), np.complex128)
        by_lag[:, lags % length] = np.convolve(window, turned) * shares[:, lags % window_samples]
        circle = np.fft.ifft(by_lag, axis=-1).real
        grid, shift = self._grid(order), order * self._steps
        here, mirrored = circle[:, grid % length], circle[:, (shift - grid) % length]
        # Orders k and -k are taken together, so order 0 counts half; so does a frequency that is its own mirror image.
        weight = np.where((2 * grid - shift) % length == 0, 0.5, 1.0) * (1.0 if order else 0.5)
        blocks = []
        for few in batched(range(len(weights)), _SUMS_AT_ONCE):
            rows = slice(few[0], few[-1] + 1)
            both = weight * (here[rows] + mirrored[rows])
            used = np.flatnonzero((abs(both) > _NEGLIGIBLE * abs(both).max()).any(0))
            span = slice(used[0], used[-1] + 1)
            odd = (weight * (here[rows] - mirrored[rows]))[:, span]
            blocks.append(_Block(span, rows, self._constant(both[:, span].T), self._constant(odd.T)))
        return _Kernel(blocks)

    def _constant(self, array: NDArray[np.float64]) -> torch.Tensor:
        return tensor(np.ascontiguousarray(array, np.float32), self.device)

    def noise_spectra(self, noise: NoiseLags) -> list[torch.Tensor]:
        """Return X(a) X*(a - k / hop) of some measurements' noise for each order k.

        They are `(2, measurements, repetitions, length // 2 + 1)` each, real and imaginary parts.
        """
        xp, fft = array_modules(self.device)
        result = []
        for order in self._orders:
            sums = noise(order, self.hop_samples)[..., : self.lags]
            # From the middle of both samples to the middle of the window, for lags from 0 on; and for those before it.
            places = np.multiply.outer([1, -1], np.arange(self.lags) / 2) - self.window_samples / 2
            later, earlier = xp.asarray(np.exp(2j * np.pi * order / self.hop_samples * places), sums.dtype)
            circular = xp.zeros((*sums.shape[:-1], self._length), sums.dtype)
            circular[..., : self.lags] = later * sums
            circular[..., 1 - self.lags :] = (earlier * sums)[..., :0:-1]
            result.append(_parts(tensor(fft.fft(circular)[..., self._grid(order) % self._length], self.device)))
        return result

    def __call__(self, hrirs: NDArray[np.float64], noise_spectra: Sequence[torch.Tensor]) -> list[tuple[Sum, Sum, Sum]]:
        """Return by hop the energies of one listener's ears, those by level's weights, and cross spectra by phase's.

        They are `(2, measurements, repetitions)`, `(2, measurements, repetitions, sums)` and, left times conjugated
        right, `(measurements, repetitions, sums)`. `hrirs` is `(measurements, 2, taps)`; `noise_spectra` are those of
        the same measurements.
        """
        half = torch.fft.rfft(tensor(np.ascontiguousarray(hrirs, np.float32), self.device), self._length)
        # Half of the circle holds all of the energy but for the two ends, which have no mirror image.
        power = half.abs().square()
        power[..., 1:-1] *= 2
        energy = (power @ noise_spectra[0][0].mT).movedim(1, 0).cpu().numpy()
        ears = self._beyond_half(half).movedim(1, 0)  # (2, measurements, frequencies)
        level, phase = (
            torch.zeros(2, *noise_spectra[0].shape[1:-1], kernels[0].blocks[-1].sums.stop, device=self.device)
            for kernels in (self._level, self._phase)
        )
        added: set[int] = set()
        result = []
        for hop in reversed(self.hops):
            orders = set(self._orders[:: self.hop_samples // hop])
            for order in sorted(orders - added):
                self._add(order, ears, noise_spectra[order], level, phase)
            added |= orders
            result.append((energy, level.cpu().numpy().copy(), torch.complex(*phase).cpu().numpy()))
        return result[::-1]

    def _add(
        self, order: int, ears: torch.Tensor, noise: torch.Tensor, level: torch.Tensor, phase: torch.Tensor
    ) -> None:
        """Add an order to level's and phase's sums; `ears` is what `_beyond_half` returns, the ears first."""
        kernel = self._level[order]
        here, there = self._spans(order, kernel.span)
        product = _parts(ears[..., here] * ears[..., there].conj())[..., None, :]
        kernel.add_real(_real(product, noise[..., kernel.span][:, None]), level)
        kernel = self._phase[order]
        here, there = self._spans(order, kernel.span)
        forward, backward = ears[..., here] * ears.flip(0)[..., there].conj()
        noise = noise[..., kernel.span]
        kernel.add_real(_real(_parts(forward + backward)[..., None, :], noise), phase[0])
        kernel.add_imaginary(_imaginary(_parts(forward - backward)[..., None, :], noise), phase[1])

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


def _parts(numbers: torch.Tensor) -> torch.Tensor:
    """Return real and imaginary parts, each by itself: `(2, ...)`."""
    return torch.view_as_real(numbers.resolve_conj()).movedim(-1, 0).contiguous()


def _real(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the real part of a product of numbers that are given by their parts."""
    return torch.addcmul(first[0] * second[0], first[1], second[1], value=-1)


def _imaginary(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the imaginary part of a product of numbers that are given by their parts."""
    return torch.addcmul(first[0] * second[1], first[1], second[0])
