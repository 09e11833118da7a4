"""What a network that separates sources learns from: what each source and the noise are at the ears by themselves."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from earshot.learn.separation_network import SOURCES, SeparationNetwork
from earshot.signal.lapped_spectra import lapped_spectra

_AT_MOST_DB = 20.0  # a ratio that is enough: what is beyond counts ever less
_AS_FAR_LEFT_DEG = 10.0  # angles that are no further apart: either order is right
_MIRRORED = 0.5  # share of scenes that are learnt from with ears exchanged
_SMALLEST = 1e-9  # of energies that are divided by


@dataclass(frozen=True)
class SeparationObjective:
    """Ratios of each source's energy to that of the difference between it and what a mask leaves, in dB.

    Values are `(scenes, 3, ears, samples)`: two sources and noise. Wanted are by how far each source is to the left,
    `(scenes, 2)` degrees from -90 to 90. Ratios that are high already count less and less (Wisdom et al. 2020,
    "Unsupervised sound separation using mixture invariant training", NeurIPS). Where both sources are as far to the
    left, the order counts in which they fit better (Kolbaek et al. 2017, "Multitalker speech separation with
    utterance-level permutation invariant training of deep recurrent neural networks", IEEE/ACM Trans. Audio Speech
    Lang. Process. 25(10)). Half of the scenes that are learnt from are in a mirror, as somebody else's ears hear them.
    """

    def learning(self, network: nn.Module, parts: Tensor, to_the_left_deg: Tensor, draw: torch.Generator) -> Tensor:
        """Return the loss of scenes, half of them in a mirror."""
        mirrored = torch.rand(len(parts), generator=draw, device=parts.device) < _MIRRORED
        parts = torch.where(mirrored[:, None, None, None], parts.flip(2), parts)
        return self.judging(network, parts, torch.where(mirrored[:, None], -to_the_left_deg, to_the_left_deg))

    def judging(self, network: nn.Module, parts: Tensor, to_the_left_deg: Tensor) -> Tensor:
        """Return the loss of scenes as they are: how far the mean ratio is from what is enough, in dB."""
        assert isinstance(network, SeparationNetwork)
        with torch.autocast(parts.device.type, enabled=False):
            spectra = lapped_spectra(parts.float(), network.settings.window_samples)
        mixture = spectra.sum(1)
        masks = network.masks(network(parts.sum(1)))[:, :SOURCES]
        left_first = torch.argsort(to_the_left_deg, dim=1, descending=True, stable=True)
        sources = torch.take_along_dim(spectra[:, :SOURCES], left_first[:, :, None, None, None], 1)
        ratios, others = (_ratio_db(masks, mixture, own) for own in (sources, sources.flip(1)))
        alike = (to_the_left_deg[:, 0] - to_the_left_deg[:, 1]).abs() < _AS_FAR_LEFT_DEG
        return _AT_MOST_DB - torch.where(alike, torch.maximum(ratios, others), ratios).mean()


def _ratio_db(masks: Tensor, mixture: Tensor, sources: Tensor) -> Tensor:
    """Return the mean ratio of a scene's sources, `(scenes,)`, of spectra `(scenes, sources, ears, bins, frames)`."""
    left_over = masks[:, :, None] * mixture[:, None] - sources
    wanted, error = (_energy(one) + _SMALLEST for one in (sources, left_over))
    ratios = 10 * (wanted / error).log10()
    return (_AT_MOST_DB - nn.functional.softplus(_AT_MOST_DB - ratios)).mean(1)


def _energy(spectra: Tensor) -> Tensor:
    return (spectra.real.square() + spectra.imag.square()).sum((2, 3, 4))
