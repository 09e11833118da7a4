"""Weights of networks as the arrays that files hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from earshot.errors import DataError


def weights_of(network: nn.Module) -> dict[str, NDArray[Any]]:
    """Return a network's weights by name; complex ones are pairs of real ones, as files have no others."""
    return {
        name: (torch.view_as_real(tensor) if tensor.is_complex() else tensor).detach().cpu().numpy()
        for name, tensor in network.state_dict().items()
    }


def give_weights(network: nn.Module, weights: Mapping[str, NDArray[Any]], path: Path | str) -> None:
    """Give a network the weights that a file holds. Raises DataError where they are those of another one."""
    complexes = {name for name, tensor in network.state_dict().items() if tensor.is_complex()}
    try:
        found = {name: torch.from_numpy(array.copy()) for name, array in weights.items()}
        network.load_state_dict(
            {name: torch.view_as_complex(one) if name in complexes else one for name, one in found.items()}
        )
    except RuntimeError as fault:
        raise DataError(f"{path}: was written by another version of its network ({fault}). Train again.") from fault
