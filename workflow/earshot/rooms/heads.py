"""Heads as receivers: what their ears make of sound from each direction, by measured impulse responses (HRIRs).

A head's own axes are x to the front, y to the left, z up. Where it looks is an angle from the room's x towards its y.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.spatial import KDTree
from torch import Tensor

from earshot.data.sofa import HrirSet, read_hrirs
from earshot.rooms.acoustics import onsets

EARS = ("left", "right")
_LEAD = 8  # samples before the earliest onset, in which a band limit rings
_EVEN = 16384  # directions, evenly spread, that say how much of a diffuse field is nearest to each measured one
_NODES = 513  # on each side of a table of directions, odd so that the axes have nodes: one is within half a degree


@dataclass(frozen=True, eq=False)
class Head:
    """A head's impulse responses from measured directions, at the rate of what it is to hear.

    All come earlier by the same time, so that the earliest onset is a few samples in; and they are as loud as lets the
    ears hear as much of a white diffuse field, on average, as a microphone does, whatever a file's unit is.
    """

    rate_hz: float
    hrirs: Tensor  # (directions, ears, taps), left and right
    onsets: NDArray[np.int64]  # (directions, ears), samples
    shares: NDArray[np.float64]  # (directions,), of a diffuse field, which add up to 1
    table: Tensor  # (2 * _NODES**2,), the measured direction that is nearest to each node

    @classmethod
    def of(cls, measured: HrirSet) -> "Head":
        """Return the head of a set of HRIRs."""
        known = KDTree(measured.unit_vectors)
        hrirs, begins = measured.hrirs, onsets(measured.hrirs)
        advance = max(0, int(begins.min()) - _LEAD)
        _, nearest = known.query(_spread(_EVEN))
        shares = np.bincount(nearest, minlength=len(hrirs)) / _EVEN
        loudness = np.sqrt(shares @ np.square(hrirs).sum(-1).mean(-1))
        _, of_places = known.query(_nodes())
        return cls(
            measured.rate_hz,
            torch.from_numpy((hrirs[..., advance:] / loudness).astype(np.float32)),
            begins - advance,
            shares,
            torch.from_numpy(of_places.astype(np.int32)),
        )

    @property
    def taps(self) -> int:
        """Length of the impulse responses, samples."""
        return self.hrirs.shape[-1]

    @property
    def lag(self) -> int:
        """How late a diffuse field is heard on average, samples."""
        return round(float(self.shares @ self.onsets.mean(1)))

    def to(self, device: torch.device) -> "Head":
        """Return the same head with what responses are made of on a device."""
        return replace(self, hrirs=self.hrirs.to(device), table=self.table.to(device))

    def nearest(self, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        """Return the number of the measured direction that is nearest to each, of any length in the head's axes.

        It is looked up by the place on an octahedron, upper and lower half apart, within half a degree: where two are
        as near, it may be either.
        """
        half = (_NODES - 1) / 2
        scale = half / (x.abs() + y.abs() + z.abs()).clamp_(min=1e-9)
        row, column = ((side * scale).add_(half + 0.5).long() for side in (x, y))
        return self.table[row.mul_(_NODES).add_(column).add_(z < 0, alpha=_NODES**2)]

    def in_diffuse_field(self, noise: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the ears hear of a diffuse field, `(ears, samples)`, made of two noises of their own.

        A sum of noises from all measured directions, each as loud as its share and through its HRIRs, is a pair of
        noises of which only spectra and cross-spectrum are known. So the square root of this matrix at each frequency
        makes the same of two noises, which costs as much as two directions.
        """
        samples = noise.shape[-1]
        length = next_fast_len(samples + 2 * self.taps, real=True)
        return irfft(self.spectra_in_diffuse_field(rfft(noise, length), length), length)[:, :samples]

    def spectra_in_diffuse_field(self, noise: NDArray[np.complex128], length: int) -> NDArray[np.complex128]:
        """Return the same of spectra `(ears, frequencies)` of noises that repeat after so many samples."""
        return np.einsum("egf,gf->ef", _in_diffuse_field(self, length), noise)

    @cached_property
    def correlation(self) -> NDArray[np.float64]:
        """The ears' correlation in a white diffuse field, `(2, 2, 2 * taps)` over lags, those below 0 at the end."""
        size = 2 * self.taps
        short = rfft(self.hrirs.double().cpu().numpy(), size)
        return irfft(np.einsum("def,dgf,d->egf", short, short.conj(), self.shares), size)


@lru_cache(maxsize=32)  # noise of few lengths is heard again and again
def _in_diffuse_field(head: Head, length: int) -> NDArray[np.complex128]:
    """Return what makes of two white noises of this length what ears hear of a diffuse field, `(2, 2, frequencies)`."""
    padded = np.zeros((2, 2, length))
    padded[..., : head.taps] = head.correlation[..., : head.taps]
    padded[..., -head.taps :] = head.correlation[..., head.taps :]
    return _root(rfft(padded))


def read_head(path: Path | str, rate_hz: float) -> Head:
    """Return the head of a SOFA file at a rate. Raises DataError as `read_hrirs` does."""
    return Head.of(read_hrirs(path, rate_hz=rate_hz))


def in_axes_of_head(x: Tensor, y: Tensor, facing_deg: float) -> tuple[Tensor, Tensor]:
    """Return what lies in front and to the left of a head, of directions in the room's axes x and y."""
    cosine, sine = float(np.cos(np.radians(facing_deg))), float(np.sin(np.radians(facing_deg)))
    return x * cosine + y * sine, y * cosine - x * sine


def _root(matrices: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Return the square roots of matrices `(2, 2, frequencies)` that are Hermitian and not negative."""
    (first, across), (back, second) = matrices
    determinant = np.sqrt(np.maximum((first * second - across * back).real, 0))
    eye = np.eye(2)[..., None]
    trace = np.sqrt(np.maximum((first + second).real + 2 * determinant, np.finfo(float).tiny))
    return (matrices + determinant * eye) / trace


def _spread(count: int) -> NDArray[np.float64]:
    """Return directions `(count, 3)` that are spread evenly: a spiral of Fibonacci."""
    z = 1 - (2 * np.arange(count) + 1) / count
    turn = np.pi * (3 - np.sqrt(5)) * np.arange(count)
    flat = np.sqrt(1 - z**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=-1)


def _nodes() -> NDArray[np.float64]:
    """Return the directions of a table's nodes, `(2 * _NODES**2, 3)`; those beyond the horizon are on it."""
    x, y = np.meshgrid(*[np.linspace(-1, 1, _NODES)] * 2, indexing="ij")
    z = np.maximum(1 - abs(x) - abs(y), 0)
    nodes = np.concatenate([np.stack([x, y, side * z], axis=-1).reshape(-1, 3) for side in (1, -1)])
    return nodes / np.linalg.norm(nodes, axis=1, keepdims=True)
