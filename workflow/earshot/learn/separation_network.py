"""A network that hears what in each band of each moment is which source's: its last layer says masks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from earshot.data.shards import read_tensors, write_tensors
from earshot.errors import DataError
from earshot.learn.temporal_block import TemporalBlock
from earshot.learn.weights import give_weights, weights_of
from earshot.settings import settings_from
from earshot.signal.bands import Bands
from earshot.signal.binaural_spectra import BinauralSettings, binaural_spectra

SOURCES = 2
_CLASSES = SOURCES + 1  # the last is noise
_DILATIONS = (1, 2, 4, 8, 1, 2, 4, 8)  # of the layers over time: together they see 61 frames
_NOT_IN_A_MIRROR = (1, 0, 2)  # what classes are which those in a mirror are


@dataclass(frozen=True)
class SeparationNetworkSettings:
    """How large it is, and how time and frequency are divided: windows lie half over each other."""

    width: int
    dropped: float
    bands: int
    window_samples: int


class SeparationNetwork(nn.Module):
    """What ears hear, `(scenes, 2, samples)`, to what each band of each frame is: `(scenes, 3, bands, frames)`, logits.

    It is given levels and interaural differences (`signal.binaural_spectra`), frames as `signal.lapped_spectra` has
    them. The first source is the one that is further to the left, the second the other, and the third class is noise.
    Each of its convolutions over time is told what the whole scene has on average and at most, so that a source is the
    same one from the beginning to the end (after Luo and Mesgarani 2019, "Conv-TasNet: surpassing ideal time-frequency
    magnitude masking for speech separation", IEEE/ACM Trans. Audio Speech Lang. Process. 27(8), whose layers these
    resemble). Nobody's ears are told to it.
    """

    to_bins: Tensor

    def __init__(self, settings: SeparationNetworkSettings, rate_hz: float) -> None:
        super().__init__()
        self.settings, self.rate_hz = settings, rate_hz
        window, width = settings.window_samples, settings.width
        self.spectra = BinauralSettings(rate_hz, window, window // 2, settings.bands, 0.0, rate_hz / 2)
        weights = Bands(settings.bands, "erb", 0.0, rate_hz / 2).weights(window, rate_hz)
        self.register_buffer("to_bins", torch.tensor(weights / weights.sum(0), dtype=torch.float32), persistent=False)
        self.first = nn.Sequential(nn.BatchNorm1d(self.spectra.values), nn.Conv1d(self.spectra.values, width, 1))
        self.blocks = nn.Sequential(
            *[TemporalBlock(width, dilation, settings.dropped, hears_all=True) for dilation in _DILATIONS]
        )
        self.last = nn.Sequential(nn.BatchNorm1d(width), nn.GELU(), nn.Conv1d(width, _CLASSES * self.spectra.bands, 1))

    def forward(self, ears: Tensor) -> Tensor:
        """Return the logits of classes."""
        with torch.autocast(ears.device.type, enabled=False):
            beyond = self.settings.window_samples // 2
            heard = binaural_spectra(nn.functional.pad(ears.float(), (beyond, beyond)), self.spectra)
        said = self.last(self.blocks(self.first(heard)))
        return said.view(len(said), _CLASSES, self.spectra.bands, -1).float()

    def masks(self, logits: Tensor) -> Tensor:
        """Return how much of each bin is each source's and how much noise, `(scenes, 3, bins, frames)`."""
        return torch.einsum("bf,scbt->scft", self.to_bins, logits.softmax(1))

    def heard_both_ways(self, ears: Tensor) -> Tensor:
        """Return the mean of the logits of scenes and of the same in a mirror, where right is left."""
        return (self(ears) + self(ears.flip(1))[:, _NOT_IN_A_MIRROR]) / 2


def write_network(path: Path | str, network: SeparationNetwork, about: Mapping[str, Any]) -> None:
    """Write a network's weights with what else there is to say about it."""
    own = {"settings": vars(network.settings), "rate_hz": network.rate_hz}
    write_tensors(path, weights_of(network), {**about, "separation_network": own})


def read_network(path: Path | str) -> tuple[SeparationNetwork, dict[str, Any]]:
    """Return a network that `write_network` wrote, and what there is to say about it.

    Raises DataError for a file that holds none.
    """
    weights, about = read_tensors(path)
    if "separation_network" not in about:
        raise DataError(f"{path}: is no network that separates sources. Delete it and train again.")
    own = about["separation_network"]
    network = SeparationNetwork(settings_from(SeparationNetworkSettings, own["settings"]), own["rate_hz"])
    give_weights(network, weights, path)
    return network.eval(), about
