"""Frequency bands and how much of each bin of a spectrum lies in them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from earshot.errors import DataError

Spacing = Literal["erb", "mel", "octave", "linear"]


def _to_scale(frequency_hz: NDArray[np.float64], spacing: Spacing) -> NDArray[np.float64]:
    """Map frequencies to the scale on which bands are equally wide.

    ERB-rate: Glasberg and Moore (1990), eq. 4. Mel: O'Shaughnessy (1987), as in HTK.
    """
    match spacing:
        case "erb":
            return 21.4 * np.log10(1 + 0.00437 * frequency_hz)
        case "mel":
            return 2595 * np.log10(1 + frequency_hz / 700)
        case "octave":
            return np.log2(frequency_hz)
        case "linear":
            return frequency_hz


def _from_scale(value: NDArray[np.float64], spacing: Spacing) -> NDArray[np.float64]:
    match spacing:
        case "erb":
            return (10 ** (value / 21.4) - 1) / 0.00437
        case "mel":
            return 700 * (10 ** (value / 2595) - 1)
        case "octave":
            return 2**value
        case "linear":
            return value


def require_rate(highest_hz: float, rate_hz: float) -> None:
    """Raise DataError when there is nothing to hear up to a frequency, because it is beyond half the sampling rate."""
    if highest_hz > rate_hz / 2:
        raise DataError(
            f"bands up to {highest_hz:g} Hz need a sampling rate of {2 * highest_hz:g} Hz at least, the listeners' is "
            f"{rate_hz:g} Hz. Lower highest_hz of the config keys localisation.features.*_bands."
        )


@dataclass(frozen=True)
class Bands:
    """Adjacent bands, equally wide on a frequency scale, from `lowest_hz` to `highest_hz`."""

    count: int
    spacing: Spacing
    lowest_hz: float
    highest_hz: float

    @property
    def edges_hz(self) -> NDArray[np.float64]:
        """Edges in Hz, `(count + 1,)`."""
        lowest, highest = _to_scale(np.array([self.lowest_hz, self.highest_hz]), self.spacing)
        return _from_scale(np.linspace(lowest, highest, self.count + 1), self.spacing)

    @property
    def centres_hz(self) -> NDArray[np.float64]:
        """Arithmetic centres in Hz, `(count,)`."""
        edges = self.edges_hz
        return (edges[1:] + edges[:-1]) / 2

    def weights(self, window_samples: int, rate_hz: float) -> NDArray[np.float64]:
        """Return the share of each bin of a spectrum that lies in each band, `(count, window_samples // 2 + 1)`.

        A bin stands for the frequencies half a bin to both sides, so a band narrower than a bin is not empty, and bands
        side by side share a bin without counting any of its energy twice.

        Raises DataError for bands beyond half the sampling rate, where there is nothing to hear.
        """
        require_rate(self.highest_hz, rate_hz)
        spacing_hz = rate_hz / window_samples
        lower_hz = (np.arange(window_samples // 2 + 1) - 0.5) * spacing_hz
        edges = self.edges_hz[:, None]
        overlap = np.minimum(edges[1:], lower_hz + spacing_hz) - np.maximum(edges[:-1], lower_hz)
        return np.clip(overlap / spacing_hz, 0, None)
