"""A small residual network that tells sounds apart by their levels in mel bands."""

from itertools import pairwise

import torch
from torch import nn

CHANNELS = (16, 16, 32, 64, 128)
_DROPPED = 0.2  # share of what the last layer is given


class SoundNetwork(nn.Module):
    """Levels in dB, `(clips, bands, frames)`, to logits `(clips, classes)`.

    Bands are standardised by the mean and the deviation that training clips have. Four residual blocks, each normalised
    before it is activated (He et al. 2016), follow a convolution that sees every second band and every fourth frame.
    What they find is averaged over bands, and over frames its mean and its largest value are taken: a bark is short.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, bands: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(bands, 1))
        self.register_buffer("deviation", torch.ones(bands, 1))
        self.first = nn.Conv2d(1, CHANNELS[0], 5, stride=(2, 4), padding=2, bias=False)
        strides = (1, 2, 2, 2)
        self.blocks = nn.Sequential(
            *[
                _Block(before, after, stride)
                for (before, after), stride in zip(pairwise(CHANNELS), strides, strict=True)
            ]
        )
        self.last = nn.Sequential(nn.BatchNorm2d(CHANNELS[-1]), nn.ReLU())
        self.says = nn.Sequential(nn.Dropout(_DROPPED), nn.Linear(2 * CHANNELS[-1], classes))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def standardise_by(self, levels_db: torch.Tensor) -> None:
        """Take the mean and the deviation of each band from training clips, `(clips, bands, frames)`."""
        deviation, mean = torch.std_mean(levels_db, (0, 2))
        self.mean.copy_(mean[:, None])
        self.deviation.copy_(deviation[:, None])

    def forward(self, levels_db: torch.Tensor) -> torch.Tensor:
        """Return the logits of clips; levels that are not numbers are hidden, as if they were each band's mean."""
        seen = ((levels_db - self.mean) / self.deviation).nan_to_num(0.0)[:, None]
        found = self.last(self.blocks(self.first(seen.contiguous(memory_format=torch.channels_last))))
        over_bands = found.float().mean(2)
        return self.says(torch.cat([over_bands.mean(2), over_bands.amax(2)], 1))


class _Block(nn.Module):
    """Two convolutions beside a short cut, which is averaged where they take strides."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.activate = nn.Sequential(nn.BatchNorm2d(before), nn.ReLU())
        self.convolve = nn.Sequential(
            nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, padding=1, bias=False),
        )
        shrink = [nn.AvgPool2d(stride, ceil_mode=True)] if stride > 1 else []
        widen = [nn.Conv2d(before, after, 1, bias=False)] if before != after else []
        self.short_cut = nn.Sequential(*shrink, *widen)
        self._same = not (shrink or widen)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        active = self.activate(given)
        return self.convolve(active) + (given if self._same else self.short_cut(active))
