"""A network that hears where sources are in rooms, with any person's ears: these are its last layer.

Each moment says what it knows, and how much that counts.
"""

import math
from collections.abc import Mapping, Sequence
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
from earshot.signal.binaural_spectra import KINDS, BinauralSettings, binaural_spectra

_DILATIONS = (1, 2, 4)  # of the layers over time: together they see 15 frames
_GROUPS = 8  # of frames, each of which may be of another source
_SMALLEST = 1e-9  # of a map
_UNKNOWN = -1e4  # the logit of a direction that was not measured
_AT_FIRST = math.log(20)  # of how much a likeness counts, before anything was learnt


@dataclass(frozen=True)
class DirectionNetworkSettings:
    """How large it is."""

    directions: int
    width: int
    dropped: float


class DirectionNetwork(nn.Module):
    """What ears hear, `(scenes, 2, samples)`, to logarithms of maps of directions, `(scenes, directions)`.

    Convolutions over time of the bands' levels and interaural differences (`signal.binaural_spectra`) say of each frame
    which of a few groups it is of, and how much each of its bands counts: where sources take turns, frames are of
    several groups, and where a room answers, onsets count. Each group's weighted means, and what a perceptron makes of
    them, are compared with a person's templates (`direction_templates`) by the cosine between them, in coordinates that
    are learnt for both: the likelier a direction, the smaller the angle. The scene's map is the mean of the groups'. So
    a person is no part of what is learnt, and one of whom nothing was learnt is heard with as well.
    """

    mean: Tensor
    deviation: Tensor
    template_mean: Tensor
    template_deviation: Tensor

    def __init__(self, settings: DirectionNetworkSettings, spectra: BinauralSettings) -> None:
        super().__init__()
        self.settings, self.spectra = settings, spectra
        told = spectra.values
        self.register_buffer("mean", torch.zeros(spectra.values, 1))
        self.register_buffer("deviation", torch.ones(spectra.values, 1))
        self.register_buffer("template_mean", torch.zeros(told, 1))
        self.register_buffer("template_deviation", torch.ones(told, 1))
        self.first = nn.Conv1d(spectra.values, settings.width, 1)
        self.blocks = nn.Sequential(*[_Block(settings.width, dilation, settings.dropped) for dilation in _DILATIONS])
        self.last = nn.Sequential(nn.BatchNorm1d(settings.width), nn.GELU())
        self.groups = nn.Conv1d(settings.width, _GROUPS, 1)
        self.weighs = nn.Conv1d(settings.width, spectra.bands, 1)
        self.hears = _perceptron(settings.width + told, settings.width, told, settings.dropped)
        self.knows = _perceptron(told, settings.width, told, settings.dropped)
        self.trusts = nn.Linear(settings.width + told, 1)
        nn.init.constant_(self.trusts.bias, _AT_FIRST)
        self.compares = nn.Linear(told, told, bias=False)
        nn.init.eye_(self.compares.weight)

    def standardise_by(self, ears: Tensor, templates: Tensor) -> None:
        """Take mean and deviation of each value from what is heard, `(scenes, 2, samples)`, and of all templates'."""
        deviation, mean = torch.std_mean(binaural_spectra(ears, self.spectra), (0, 2))
        self.mean.copy_(mean[:, None])
        self.deviation.copy_(deviation[:, None])
        deviation, mean = torch.std_mean(templates, (0, 2))
        self.template_mean.copy_(mean[:, None])
        self.template_deviation.copy_(deviation[:, None])

    def forward(self, ears: Tensor, whose: Sequence[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
        """Return the maps.

        `whose` says with whose ears scenes are heard: templates `(values, directions)`, which directions were measured,
        and the scenes' numbers, of one person after the other.
        """
        with torch.autocast(ears.device.type, enabled=False):
            seen = (binaural_spectra(ears, self.spectra) - self.mean) / self.deviation
        found = self.last(self.blocks(self.first(seen)))
        groups = self.groups(found).float().softmax(1)
        weights = nn.functional.softplus(self.weighs(found).float())
        counts = groups @ weights.transpose(1, 2)  # (scenes, groups, bands)
        heard = torch.einsum("sgt,sbt,skbt->sgkb", groups, weights, seen.view(len(seen), KINDS, -1, seen.shape[2]))
        heard = (heard / (counts[:, :, None] + _SMALLEST)).flatten(2)
        of_frames = groups * weights.mean(1, keepdim=True)
        shares = of_frames.sum(2)
        means = torch.einsum("sgt,sct->sgc", of_frames, found.float()) / (shares[..., None] + _SMALLEST)
        both = torch.cat([means, heard], 2)
        told = nn.functional.normalize(self.compares(heard) + self.hears(both), dim=2)
        told = told * self.trusts(both).exp()
        shares = shares / shares.sum(1, keepdim=True)
        said = torch.empty(len(ears), self.settings.directions, device=ears.device)
        for templates, measured, scenes in whose:
            pulses = ((templates - self.template_mean) / self.template_deviation).T
            known = nn.functional.normalize(self.compares(pulses) + self.knows(pulses), dim=1)
            logits = torch.where(measured, told[scenes] @ known.T, _UNKNOWN)
            said = said.index_copy(0, scenes, (logits.softmax(2) * shares[scenes, :, None]).sum(1))
        return (said + _SMALLEST).log()


def _perceptron(inputs: int, width: int, outputs: int, dropped: float) -> nn.Sequential:
    """Return two layers that say little at first."""
    last = nn.Linear(width, outputs)
    nn.init.normal_(last.weight, std=0.1 * width**-0.5)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.LayerNorm(inputs), nn.Linear(inputs, width), nn.GELU(), nn.Dropout(dropped), last)


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


@dataclass(frozen=True)
class DirectionObjective:
    """Cross entropy of maps.

    Of each scene the number of the person is wanted, and then the directions of two sources, `(scenes, 7)`: of one
    source the second's are no numbers.
    """

    templates: Sequence[tuple[Tensor, Tensor]]  # of each person, and which directions were measured

    def learning(self, network: nn.Module, ears: Tensor, wanted: Tensor, draw: torch.Generator) -> Tensor:
        """Return the loss of scenes."""
        return self.judging(network, ears, wanted)

    def judging(self, network: nn.Module, ears: Tensor, wanted: Tensor) -> Tensor:
        """Return the same: nothing is drawn."""
        person = wanted[:, 0].long()
        whose = [
            (*(one.to(ears.device) for one in self.templates[number]), (person == number).nonzero()[:, 0])
            for number in sorted(set(person.tolist()))
        ]
        said = network(ears, whose)
        maps = direction_map.wanted(wanted[:, 1:].view(len(wanted), 2, 3), said.shape[1])
        return -(maps * said).sum(1).mean()


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
