"""What any network learns. By itself, so that who does not train need not load what trains."""

from typing import Protocol

import torch
from torch import nn


class Objective(Protocol):
    """What a network learns: the loss of a batch, by its values and by what is wanted of each item."""

    def learning(
        self, network: nn.Module, values: torch.Tensor, wanted: torch.Tensor, draw: torch.Generator
    ) -> torch.Tensor:
        """Return the loss to learn from, for which something may be drawn."""

    def judging(self, network: nn.Module, values: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        """Return the loss to judge by: nothing is drawn."""
