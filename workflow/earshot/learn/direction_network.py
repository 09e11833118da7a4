"""A network that hears where sources are in rooms: each moment says what it knows, and how much that counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from earshot.data.shards import read_tensors, write_tensors
from earshot.errors import DataError
from earshot.learn import direction_map
from earshot.settings import settings_from
from earshot.signal.binaural_spectra import BinauralSettings, binaural_spectra

_DILATIONS = (1, 2, 4)  # of the layers over time: together they see 15 frames
_SMALLEST = 1e-9  # of a map


@dataclass(frozen=True)
class DirectionNetworkSettings:
    """How large it is."""

    directions: int
    width: int
    dropped: float


class DirectionNetwork(nn.Module):
    """What ears hear, `(scenes, 2, samples)`, to logarithms of maps of directions, `(scenes, directions)`.

    Convolutions over time of the bands' levels and interaural differences (`signal.binaural_spectra`) say a map for
    each frame, and a weight. The scene's map is the weighted mean: where sources take turns, or only onsets are heard
    before the room answers, few frames know, and all that they have to learn is which.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, settings: DirectionNetworkSettings, spectra: BinauralSettings) -> None:
        super().__init__()
        self.settings, self.spectra = settings, spectra
        self.register_buffer("mean", torch.zeros(spectra.values, 1))
        self.register_buffer("deviation", torch.ones(spectra.values, 1))
        self.first = nn.Conv1d(spectra.values, settings.width, 1)
        self.blocks = nn.Sequential(*[_Block(settings.width, dilation, settings.dropped) for dilation in _DILATIONS])
        self.last = nn.Sequential(nn.BatchNorm1d(settings.width), nn.GELU())
        self.says = nn.Conv1d(settings.width, settings.directions, 1)
        self.weighs = nn.Conv1d(settings.width, 1, 1)

    def standardise_by(self, ears: Tensor) -> None:
        """Take the mean and the deviation of each value from what ears hear, `(scenes, 2, samples)`."""
        deviation, mean = torch.std_mean(binaural_spectra(ears, self.spectra), (0, 2))
        self.mean.copy_(mean[:, None])
        self.deviation.copy_(deviation[:, None])

    def forward(self, ears: Tensor) -> Tensor:
        """Return the maps."""
        with torch.autocast(ears.device.type, enabled=False):
            seen = (binaural_spectra(ears, self.spectra) - self.mean) / self.deviation
        found = self.last(self.blocks(self.first(seen)))
        of_frames = self.says(found).float().softmax(1)
        weights = self.weighs(found).float().softmax(2)
        return ((of_frames * weights).sum(2) + _SMALLEST).log()


class _Block(nn.Module):
    """A convolution over time and a product of each frame, beside a short cut."""

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
        return given + self.layers(given)


class DirectionObjective:
    """Cross entropy of maps: sources `(scenes, sources, 3)` are wanted of each scene."""

    def learning(self, network: nn.Module, ears: Tensor, sources: Tensor, draw: torch.Generator) -> Tensor:
        """Return the loss of scenes."""
        return self.judging(network, ears, sources)

    def judging(self, network: nn.Module, ears: Tensor, sources: Tensor) -> Tensor:
        """Return the same: nothing is drawn."""
        said = network(ears)
        return -(direction_map.wanted(sources, said.shape[1]) * said).sum(1).mean()


def write_network(path: Path | str, network: DirectionNetwork, about: Mapping[str, Any]) -> None:
    """Write a network's weights with what else there is to say about it."""
    weights = {name: tensor.detach().cpu().numpy() for name, tensor in network.state_dict().items()}
    sizes = {"network": vars(network.settings), "spectra": vars(network.spectra)}
    write_tensors(path, weights, {**about, "direction_network": sizes})


def read_network(path: Path | str) -> tuple[DirectionNetwork, dict[str, Any]]:
    """Return a network that `write_network` wrote, and what there is to say about it.

    Raises DataError for a file that holds none.
    """
    weights, about = read_tensors(path)
    if "direction_network" not in about:
        raise DataError(f"{path}: is no network that hears directions. Delete it and train again.")
    sizes = about["direction_network"]
    network = DirectionNetwork(
        settings_from(DirectionNetworkSettings, sizes["network"]), settings_from(BinauralSettings, sizes["spectra"])
    )
    try:
        network.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in weights.items()})
    except RuntimeError as fault:
        raise DataError(f"{path}: was written by another version of its network ({fault}). Train again.") from fault
    return network.eval(), about
