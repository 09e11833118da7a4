"""What a network that hears directions learns from: the maps that are wanted of scenes, and of scenes in a mirror."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from earshot.data.sofa import HrirSet
from earshot.learn import direction_map
from earshot.learn.direction_templates import templates
from earshot.signal.binaural_spectra import BinauralSettings

_IN_A_MIRROR = (1.0, -1.0, 1.0)  # times these, directions are those in a mirror beside a head
_MIRRORED = 0.5  # share of scenes that are learnt from with ears exchanged

Templates = tuple[Tensor, Tensor]  # of a person, `(values, directions)`, and which directions were measured


@dataclass(frozen=True)
class DirectionObjective:
    """Cross entropy of maps.

    Of each scene the number of the person is wanted, and then the directions of two sources, `(scenes, 7)`: of one
    source the second's are no numbers. To learn, ears are exchanged in half of the scenes, which is as if another
    person heard them: somebody else's ears in a mirror are ears, too.
    """

    of_people: tuple[Templates, ...]
    in_a_mirror: tuple[Templates, ...]

    @classmethod
    def of(cls, people: Mapping[str, HrirSet], spectra: BinauralSettings, directions: int) -> Self:
        """Return the objective for scenes that these people hear."""
        own, mirrored = (
            tuple(templates(one, spectra, directions) for one in several)
            for several in (people.values(), [one.in_a_mirror for one in people.values()])
        )
        return cls(own, mirrored)

    def learning(self, network: nn.Module, ears: Tensor, wanted: Tensor, draw: torch.Generator) -> Tensor:
        """Return the loss of scenes, half of them in a mirror."""
        mirrored = torch.rand(len(ears), generator=draw, device=ears.device) < _MIRRORED
        sources = wanted[:, 1:].view(len(wanted), -1, 3)
        there = torch.tensor(_IN_A_MIRROR, device=sources.device)
        ears = torch.where(mirrored[:, None, None], ears.flip(1), ears)
        sources = torch.where(mirrored[:, None, None], sources * there, sources)
        return self._loss(network, ears, wanted[:, 0].long() + len(self.of_people) * mirrored, sources)

    def judging(self, network: nn.Module, ears: Tensor, wanted: Tensor) -> Tensor:
        """Return the loss of scenes as they are."""
        return self._loss(network, ears, wanted[:, 0].long(), wanted[:, 1:].view(len(wanted), -1, 3))

    def _loss(self, network: nn.Module, ears: Tensor, person: Tensor, sources: Tensor) -> Tensor:
        known = (*self.of_people, *self.in_a_mirror)
        whose = [
            (*(one.to(ears.device) for one in known[number]), (person == number).nonzero()[:, 0])
            for number in sorted(set(person.tolist()))
        ]
        said = network(ears, whose)
        return -(direction_map.wanted(sources, said.shape[1]) * said).sum(1).mean()
