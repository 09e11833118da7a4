"""Networks that say a response sample by sample, as study D had them: its failure on record.

They learn standardised waveforms by the mean of squares, which rewards silence: what cannot be known, as the sign of
every late reflection, is best said to be zero.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from earshot.learn.operators import TimeOperator
from earshot.learn.reverb_told import TOLD, told_of
from earshot.learn.reverb_values import Given

_FRAME = 64  # samples that a recurrent network says at once


class WaveformNetwork(nn.Module):
    """Rows of `earshot.learn.reverb_values` to standardised responses `(rows, samples)`."""

    mean: Tensor
    deviation: Tensor
    scale: Tensor  # of what is wanted: its mean and its deviation, `(2,)`

    def __init__(self, core: nn.Module, samples: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(TOLD))
        self.register_buffer("deviation", torch.ones(TOLD))
        self.register_buffer("scale", torch.tensor([0.0, 1.0]))
        self.core, self.samples = core, samples

    def standardise_by(self, rows: Tensor, wanted: Tensor) -> None:
        """Take the mean and the deviation of what rooms are told by, and of waveforms, from rows that train."""
        deviation, mean = torch.std_mean(told_of(Given.of(rows)), 0)
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.clamp(min=1e-6))
        spread, middle = torch.std_mean(wanted.float())
        self.scale.copy_(torch.stack([middle, spread]))

    def forward(self, given: Given) -> Tensor:
        """Return standardised responses."""
        return self.core((told_of(given) - self.mean) / self.deviation, self.samples)

    def responses(self, given: Given) -> Tensor:
        """Return the responses themselves, `(rows, samples)`."""
        return self(given) * self.scale[1] + self.scale[0]


class Operator(nn.Module):
    """A Fourier neural operator over the samples, which is told the room and the time at each of them."""

    def __init__(self, modes: int, width: int, layers: int, rank: float | None) -> None:
        super().__init__()
        self.operator = TimeOperator(TOLD, 1, modes, width, layers, rank)

    def forward(self, told: Tensor, samples: int) -> Tensor:
        """Return standardised responses `(rows, samples)`."""
        return self.operator(told[..., None].expand(-1, -1, samples))[:, 0]


class Recurrent(nn.Module):
    """Gated recurrent units, which say the samples of one frame after the other."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.unit = nn.GRU(TOLD + 1, width, layers, batch_first=True)
        self.says = nn.Linear(width, _FRAME)

    def forward(self, told: Tensor, samples: int) -> Tensor:
        """Return standardised responses `(rows, samples)`."""
        frames = -(-samples // _FRAME)
        time = torch.linspace(0, 1, frames, device=told.device)[None, :, None].expand(len(told), -1, 1)
        found, _ = self.unit(torch.cat([told[:, None].expand(-1, frames, -1), time], 2))
        return self.says(found).flatten(1)[:, :samples]


@dataclass(frozen=True)
class WaveformObjective:
    """The mean of squares of what is left of standardised waveforms."""

    def learning(self, network: nn.Module, values: Tensor, wanted: Tensor, draw: torch.Generator) -> Tensor:
        """Return the loss of rows; nothing is drawn."""
        return self.judging(network, values, wanted)

    def judging(self, network: nn.Module, values: Tensor, wanted: Tensor) -> Tensor:
        """Return the loss of rows."""
        mean, deviation = network.scale  # type: ignore[misc]  # a buffer
        return nn.functional.mse_loss(network(Given.of(values)), (wanted.float() - mean) / deviation)
