"""A layer over time that networks of what two ears hear are made of."""

import torch
from torch import Tensor, nn

_BEGINNING = 3  # layers up to the convolution over time


class TemporalBlock(nn.Module):
    """A convolution over time and a product of each frame, beside a short cut: `(scenes, width, frames)`.

    Where it is asked to hear all, each frame is told in between what there is in all of them, on average and at most.
    At first that says nothing.
    """

    def __init__(self, width: int, dilation: int, dropped: float, hears_all: bool = False) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm1d(width),
            nn.GELU(),
            nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation),
            nn.BatchNorm1d(width),
            nn.GELU(),
            nn.Dropout(dropped),
            nn.Conv1d(width, width, 1),
        )
        self.tells = nn.Linear(2 * width, width) if hears_all else None
        if self.tells is not None:
            nn.init.zeros_(self.tells.weight)
            nn.init.zeros_(self.tells.bias)

    def forward(self, given: Tensor) -> Tensor:
        """Return what is given and what the layers make of it."""
        found = self.layers[:_BEGINNING](given)
        if self.tells is not None:
            found = found + self.tells(torch.cat([given.mean(2), given.amax(2)], 1))[..., None]
        return given + self.layers[_BEGINNING:](found)
