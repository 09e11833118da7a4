"""A network that hears where sources are in rooms, with any person's ears: these are its last layer.

Each moment says what it knows, and how much that counts.
"""

import math
from collections.abc import Mapping, Sequence
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
from earshot.signal.binaural_spectra import KINDS, BinauralSettings, binaural_spectra
from earshot.signal.directness import DECAYS_S, directness

_DILATIONS = (1, 2, 4)  # of the layers over time: together they see 15 frames
_GROUPS = 8  # of frames, each of which may be of another source
_SMALLEST = 1e-9  # of a map, and of what is divided by
_NEVER = 1e-12  # of a map where nothing was measured: less than anywhere else
_FAINT = 1e-4  # of shares of which logarithms are taken
_UNKNOWN = -1e4  # the logit of a direction that was not measured
_HOW_DIRECT = 3  # power of a band's share of direct sound by which it counts at first
_MORE_VARIANCE = 0.1  # of errors than was found, so that few scenes say no more than they know
_CERTAIN_AT_FIRST = 0.3  # of a comparison, whose values are less independent than a Gaussian's
_TENTH = 0.1
_SCENES_AT_ONCE = 50


@dataclass(frozen=True)
class DirectionNetworkSettings:
    """How large it is."""

    directions: int
    width: int
    dropped: float


class DirectionNetwork(nn.Module):
    """What ears hear, `(scenes, 2, samples)`, to logarithms of maps of directions, `(scenes, directions)`.

    It is a Gaussian likelihood, parts of which are learnt. Means over time of the bands' levels and interaural
    differences (`signal.binaural_spectra`), in which a frame counts the more the more direct its band is
    (`signal.directness`), are compared with those that a person's templates (`direction_templates`) lead to expect, in
    coordinates in which errors are alike and independent: so much `begin_with` finds from scenes with one source. What
    is learnt beyond that: convolutions over time say of each frame how much more or less each of its bands counts, and
    which of a few groups it is of, where sources take turns; perceptrons correct a group's means and the templates, and
    say how far each coordinate is to be trusted; and the comparison's own numbers change. The scene's map is the mean
    of the groups'. A person is no part of what is learnt: one of whom nothing was learnt is heard with as well.
    """

    mean: Tensor
    deviation: Tensor
    template_mean: Tensor
    template_deviation: Tensor
    slope: Tensor
    offset: Tensor
    whitening: Tensor

    def __init__(self, settings: DirectionNetworkSettings, spectra: BinauralSettings) -> None:
        super().__init__()
        self.settings, self.spectra = settings, spectra
        told, width = spectra.values, settings.width
        for name, size in (("mean", (told, 1)), ("template_mean", (told,)), ("offset", (told,))):
            self.register_buffer(name, torch.zeros(size))
        for name, size in (("deviation", (told, 1)), ("template_deviation", (told,)), ("slope", (told,))):
            self.register_buffer(name, torch.ones(size))
        self.register_buffer("whitening", torch.eye(told))
        self.first = nn.Conv1d(told + len(DECAYS_S) * spectra.bands, width, 1)
        self.blocks = nn.Sequential(*[TemporalBlock(width, dilation, settings.dropped) for dilation in _DILATIONS])
        self.last = nn.Sequential(nn.BatchNorm1d(width), nn.GELU())
        self.groups = nn.Conv1d(width, _GROUPS, 1)
        self.weighs = _little(nn.Conv1d(width, spectra.bands, 1))
        self.hears, self.trusts = (
            _perceptron(width + told + spectra.bands, width, told, settings.dropped) for _ in range(2)
        )
        self.knows = _perceptron(told, width, told, settings.dropped)
        # Learnt changes of what `begin_with` finds, in tenths, so that one learning rate is right for all.
        self.more_slope, self.more_offset = (nn.Parameter(torch.zeros(told)) for _ in range(2))
        self.more_whitening = nn.Parameter(torch.zeros(told, told))
        self.certainty = nn.Parameter(torch.tensor(math.log(_CERTAIN_AT_FIRST) / _TENTH))

    @torch.no_grad()
    def begin_with(self, ears: Tensor, expected: Tensor, templates: Tensor) -> None:
        """Take from scenes with one source, `(scenes, 2, samples)`, what values there are and how they err.

        `expected` are the templates of their sources, `(scenes, values)`, and `templates` those of all people,
        `(people, values, directions)`.
        """
        spectra = torch.cat([binaural_spectra(few, self.spectra) for few in torch.split(ears, _SCENES_AT_ONCE)])
        deviation, mean = torch.std_mean(spectra, (0, 2))
        self.mean.copy_(mean[:, None])
        self.deviation.copy_(deviation[:, None])
        deviation, mean = torch.std_mean(templates, (0, 2))
        self.template_mean.copy_(mean)
        self.template_deviation.copy_(deviation)
        found = []
        for few in torch.split(spectra, _SCENES_AT_ONCE):
            counts = _counts(directness(10 ** few[:, : self.spectra.bands], self.spectra))
            found.append(self._means((few - self.mean) / self.deviation, counts[:, None])[0][:, 0])
        heard, told = torch.cat(found).double(), self._standardised(expected).double()
        middle, around = heard.mean(0), told.mean(0)
        slope = ((heard - middle) * (told - around)).sum(0) / (told - around).square().sum(0).clamp(min=_SMALLEST)
        self.slope.copy_(slope)
        self.offset.copy_(middle - slope * around)
        errors = heard - middle - slope * (told - around)
        covariance = errors.T @ errors / len(errors)
        covariance.diagonal().mul_(1 + _MORE_VARIANCE).add_(_SMALLEST)
        sizes, axes = torch.linalg.eigh(covariance)
        self.whitening.copy_(axes * sizes**-0.5 @ axes.T)

    def forward(self, ears: Tensor, whose: Sequence[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
        """Return the maps.

        `whose` says with whose ears scenes are heard: templates `(values, directions)`, which directions were measured,
        and the scenes' numbers, of one person after the other.
        """
        with torch.autocast(ears.device.type, enabled=False):
            spectra = binaural_spectra(ears, self.spectra)
        return self.of_spectra(spectra, whose)

    def of_spectra(self, spectra: Tensor, whose: Sequence[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
        """Return the maps of what is heard as `signal.binaural_spectra` has it, `(scenes, values, frames)`."""
        with torch.autocast(spectra.device.type, enabled=False):
            direct = directness(10 ** spectra[:, : self.spectra.bands], self.spectra)
            seen = (spectra - self.mean) / self.deviation
        found = self.last(self.blocks(self.first(torch.cat([seen, (direct + _FAINT).log10().flatten(1, 2)], 1))))
        groups, weights, found = self.groups(found).float().softmax(1), self.weighs(found).float(), found.float()
        with torch.autocast(spectra.device.type, enabled=False):
            counts = groups[:, :, None] * (_counts(direct) * weights.exp())[:, None]
            heard, sums = self._means(seen, counts)
            of_frames = counts.mean(2)
            shares = of_frames.sum(2)
            means = torch.einsum("sgt,sct->sgc", of_frames, found) / (shares[..., None] + _SMALLEST)
            about = torch.cat([means, heard, (sums + _FAINT).log()], 2)
            whitening = self.whitening + _TENTH * self.more_whitening
            told = (heard + self.hears(about)) @ whitening.T
            trust = (_TENTH * self.certainty + self.trusts(about)).exp()
            shares = shares / (shares.sum(1, keepdim=True) + _SMALLEST)
            said = torch.empty(len(spectra), self.settings.directions, device=spectra.device)
            for templates, measured, scenes in whose:
                known = self._expected(templates.T) @ whitening.T
                # What is the same in all directions is left out of the squares of differences.
                logits = (trust[scenes] * told[scenes]) @ known.T - trust[scenes] @ known.square().T / 2
                maps = torch.where(measured, logits, _UNKNOWN).softmax(2)
                likely = (maps * shares[scenes, :, None]).sum(1) + _SMALLEST * measured
                said = said.index_copy(0, scenes, likely)
        return (said + _NEVER).log()

    def _means(self, seen: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
        """Return means over time, `(scenes, groups, values)`, and sums of what counts, `(scenes, groups, bands)`.

        `seen` is `(scenes, values, frames)`, and `counts` `(scenes, groups, bands, frames)`.
        """
        by_kind = seen.view(len(seen), KINDS, -1, seen.shape[2])
        sums = counts.sum(3)
        means = torch.einsum("sgbt,skbt->sgkb", counts, by_kind) / (sums[:, :, None] + _SMALLEST)
        return means.flatten(2), sums

    def _standardised(self, templates: Tensor) -> Tensor:
        return (templates - self.template_mean) / self.template_deviation

    def _expected(self, templates: Tensor) -> Tensor:
        """Return what is expected to be heard, `(directions, values)`, of what templates `(directions, values)` say."""
        told = self._standardised(templates)
        slope, offset = self.slope + _TENTH * self.more_slope, self.offset + _TENTH * self.more_offset
        return slope * told + offset + self.knows(told)


def _counts(direct: Tensor) -> Tensor:
    """Return how much bands of frames count, `(scenes, bands, frames)`, by how direct they are after a long decay."""
    return direct[:, -1].clamp(min=_FAINT) ** _HOW_DIRECT


def _perceptron(inputs: int, width: int, outputs: int, dropped: float) -> nn.Sequential:
    """Return two layers that say little at first."""
    last = _little(nn.Linear(width, outputs))
    return nn.Sequential(nn.LayerNorm(inputs), nn.Linear(inputs, width), nn.GELU(), nn.Dropout(dropped), last)


def _little(layer: nn.Conv1d | nn.Linear) -> nn.Module:
    """Return a layer that says little at first."""
    assert layer.bias is not None
    nn.init.normal_(layer.weight, std=0.1 * layer.weight.shape[1] ** -0.5)
    nn.init.zeros_(layer.bias)
    return layer


def write_network(path: Path | str, network: DirectionNetwork, about: Mapping[str, Any]) -> None:
    """Write a network's weights with what else there is to say about it."""
    sizes = {"network": vars(network.settings), "spectra": vars(network.spectra)}
    write_tensors(path, weights_of(network), {**about, "direction_network": sizes})


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
    give_weights(network, weights, path)
    return network.eval(), about
