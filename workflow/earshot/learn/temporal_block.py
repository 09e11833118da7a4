"""A layer over time that networks of what two ears hear are made of."""

from torch import Tensor, nn


class TemporalBlock(nn.Module):
    """A convolution over time and a product of each frame, beside a short cut: `(scenes, width, frames)`."""

    def __init__(self, width: int, dilation: int, dropped: float) -> None:
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

    def forward(self, given: Tensor) -> Tensor:
        """Return what is given and what the layers make of it."""
        return given + self.layers(given)
