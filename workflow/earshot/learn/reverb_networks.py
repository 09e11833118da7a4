"""Networks that say how a room decays: a Fourier neural operator over time, and a perceptron to compare it with.

Both say by how many decibels the energy of each octave and frame differs from what is expected of such a room; what
is known from images stays as it is.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from earshot.learn.operators import TimeOperator
from earshot.learn.reverb_told import TOLD, told_of
from earshot.learn.reverb_values import Given
from earshot.rooms.echograms import BANDS

_OVER_TIME = 2 * BANDS + 1
_DB_OF_NETWORK = 10.0  # an output of 1
_FARTHEST_DB = 30.0  # an early part that is as far from what is expected, or farther, is told as this far
_TELLS = 0.1  # share of a frame's energy that has to be early to tell how far it is
_SMALLEST = 1e-12  # energy that is none


class EchogramNetwork(nn.Module):
    """Rows of `earshot.learn.reverb_values` to the energy of responses in octaves and frames, `(rows, bands, frames)`.

    What an octave has is what is expected, times what the network says, as far as the early part leaves it.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, core: nn.Module) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(TOLD))
        self.register_buffer("deviation", torch.ones(TOLD))
        self.core = core

    def standardise_by(self, rows: Tensor) -> None:
        """Take the mean and the deviation of what rooms are told by from rows that train."""
        deviation, mean = torch.std_mean(told_of(Given.of(rows)), 0)
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.clamp(min=1e-6))

    def forward(self, given: Given) -> Tensor:
        """Return the energy of responses."""
        return given.early + given.left[:, None] * self.late(given)

    def late(self, given: Given) -> Tensor:
        """Return the energy `(rows, bands, frames)` of noise, if there were nothing else."""
        kept = 1 - given.left[:, None]
        over = _db((given.early + _SMALLEST) / (given.expected * kept + _SMALLEST))
        known = torch.where(kept > _TELLS, over.clamp(-_FARTHEST_DB, _FARTHEST_DB) / _DB_OF_NETWORK, 0.0)
        decay = _db(given.expected / given.expected[..., :1]) / _FARTHEST_DB
        told = (told_of(given) - self.mean) / self.deviation
        said_db = _DB_OF_NETWORK * self.core(told, torch.cat([known, decay, given.left[:, None]], 1))
        return given.expected * 10 ** (said_db / 10)


class AsExpected(nn.Module):
    """Says that all is as it is expected."""

    def forward(self, told: Tensor, over_time: Tensor) -> Tensor:
        """Return what is said, tens of dB `(rows, bands, frames)`."""
        return torch.zeros_like(over_time[:, :BANDS])


class Operator(nn.Module):
    """A Fourier neural operator over time, which is told at each time what does not change."""

    def __init__(self, modes: int, width: int, layers: int, rank: float | None) -> None:
        super().__init__()
        self.operator = TimeOperator(TOLD + _OVER_TIME, BANDS, modes, width, layers, rank)
        _say_nothing(self.operator.last)

    def forward(self, told: Tensor, over_time: Tensor) -> Tensor:
        """Return what is said, tens of dB `(rows, bands, frames)`."""
        always = told[..., None].expand(-1, -1, over_time.shape[-1])
        return self.operator(torch.cat([always, over_time], 1))


class Perceptron(nn.Module):
    """Layers that see all times together."""

    def __init__(self, width: int, layers: int, frames: int) -> None:
        super().__init__()
        hidden: list[nn.Module] = []
        for before, after in pairwise([TOLD + _OVER_TIME * frames, *[width] * layers]):
            hidden += [nn.Linear(before, after), nn.LayerNorm(after), nn.GELU()]
        last = nn.Linear(width, BANDS * frames)
        _say_nothing(last)
        self.layers = nn.Sequential(*hidden, last)

    def forward(self, told: Tensor, over_time: Tensor) -> Tensor:
        """Return what is said, tens of dB `(rows, bands, frames)`."""
        return self.layers(torch.cat([told, over_time.flatten(1)], 1)).unflatten(1, (BANDS, -1))


def _say_nothing(last: nn.Module) -> None:
    """Let a network begin with what is expected."""
    for parameter in last.parameters():
        nn.init.zeros_(parameter)


def _db(ratio: Tensor) -> Tensor:
    return 10 * ratio.clamp(min=_SMALLEST).log10()
