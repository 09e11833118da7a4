"""What networks that say how a room decays learn by: the decays that are measured."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from earshot.learn.reverb_values import Given

_HEARD_DB = -45.0  # of a decay: what lies below counts for nothing
_SMALLEST = 1e-20
_FLOOR = 1e-6  # of all of an octave's energy: what a frame has less is no less
_FRAMES_SHARE = 0.1  # of the loss, what frames say beside decays


@dataclass(frozen=True)
class DecayObjective:
    """How far decays are apart, in octaves and of all together, in dB.

    The decay of a response by backward integration is what its times and its clarity are read from, and it is smooth;
    the energy of a frame is not, and how far it is from what is expected is told by its likelihood, as if it were
    distributed exponentially (Itakura and Saito's distance), so that a mean and not a median is learnt.
    """

    otherwise: bool = True  # each room as any that is the same, turned or mirrored

    def learning(self, network: nn.Module, values: Tensor, energy: Tensor, draw: torch.Generator) -> Tensor:
        """Return the loss of rows, seen otherwise each time."""
        given = Given.of(values)
        return self._loss(network, given.seen_otherwise(draw) if self.otherwise else given, energy)

    def judging(self, network: nn.Module, values: Tensor, energy: Tensor) -> Tensor:
        """Return the loss of rows as they are."""
        return self._loss(network, Given.of(values), energy)

    def _loss(self, network: nn.Module, given: Given, energy: Tensor) -> Tensor:
        said = network(given)
        wanted_db, said_db = decays_db(energy), decays_db(said)
        heard = wanted_db > wanted_db[..., :1] + _HEARD_DB
        apart = torch.where(heard, said_db - wanted_db, 0.0)
        decays = nn.functional.huber_loss(apart, torch.zeros_like(apart), reduction="none", delta=1.0)
        weight = torch.ones(apart.shape[1], device=apart.device)
        weight[-1] = apart.shape[1] - 1  # all together count as much as the octaves do
        weighed = heard * weight[:, None]
        whole = (decays * weighed).sum() / weighed.sum()
        floor = _FLOOR * energy.sum(-1, keepdim=True)
        ratio = (energy + floor) / (said + floor)
        late = heard[:, :-1] & (given.left > 0.5)[:, None]
        frames = torch.where(late, ratio - ratio.log() - 1, 0.0).sum() / late.sum().clamp(min=1)
        return whole + _FRAMES_SHARE * frames


def decays_db(energy: Tensor) -> Tensor:
    """Return decays in dB `(rows, bands + 1, frames)` of energy `(rows, bands, frames)`; the last is of all bands."""
    whole = torch.cat([energy, energy.sum(1, keepdim=True)], 1)
    left = whole.flip(-1).cumsum(-1).flip(-1)
    return 10 * (left + _SMALLEST).log10()
