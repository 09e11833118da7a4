"""What the network of sounds is given: clips alike in level, none silent at its end, mixed and masked to learn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from earshot.learn.sound_network import SoundNetwork

_FLOOR_DB = -80.0  # below the mean level of a clip that is not silent
_SOUNDING_DB = -60.0  # frames above it, beside the loudest, are sound ...
_ANYTHING_DB = -90.0  # ... and above it, anything at all
_WHOLE = 0.9  # of a clip: what sounds as long is not repeated


@dataclass(frozen=True)
class SoundAugmentation:
    """How much is drawn for each clip, up or down at most."""

    tempo: float = 0.15  # of the logarithm
    bands: float = 4.0
    gain_db: float = 6.0
    mixed: float = 0.7  # share of clips that are mixed with another: Tokozume et al. (2018), of powers
    hidden_bands: float = 12.0  # Park et al. (2019)
    hidden_frames: float = 16.0


class SoundInputs:
    """Levels in dB, `(clips, bands, frames)`, each output a class. Given are levels as they were recorded.

    Powers of a clip are divided by their mean over frames that sound, and a clip that falls silent for good before nine
    tenths of its length begins again. To learn from, clips are moved around the clock, played faster or slower and
    higher or lower, mixed with another clip in random proportion, and masked: hidden levels are no numbers.
    """

    def __init__(self, outputs: int, augmentation: SoundAugmentation = SoundAugmentation()) -> None:
        self.outputs, self._drawn = outputs, augmentation

    def learnt(
        self, values: torch.Tensor, classes: torch.Tensor, draw: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return clips drawn from these, and the shares that their classes have in them."""
        drawn = self._drawn
        powers = self._warped(_powers(values), draw)
        powers = powers * 10 ** (drawn.gain_db * _either_way((len(values), 1, 1), draw) / 10)
        mixed = torch.rand(len(values), generator=draw, device=draw.device) < drawn.mixed
        share = torch.rand(len(values), generator=draw, device=draw.device)
        share = torch.where(mixed, share, 1.0)
        other = torch.randperm(len(values), generator=draw, device=draw.device)
        powers = share[:, None, None] * powers + (1 - share[:, None, None]) * powers[other]
        wanted = nn.functional.one_hot(classes, self.outputs).float()
        wanted = share[:, None] * wanted + (1 - share[:, None]) * wanted[other]
        return self._masked(_levels(powers), draw), wanted

    def judged(self, values: torch.Tensor) -> torch.Tensor:
        """Return clips of equal level."""
        return _levels(_powers(values))

    def right(self, classes: torch.Tensor) -> torch.Tensor:
        """Return the classes."""
        return classes

    def _warped(self, powers: torch.Tensor, draw: torch.Generator) -> torch.Tensor:
        """Return clips that begin anywhere, go round, are faster or slower, and higher or lower."""
        clips, bands, frames = powers.shape
        tempo = (self._drawn.tempo * _either_way((clips, 1), draw)).exp()
        higher = self._drawn.bands * _either_way((clips, 1), draw)
        begins = torch.rand((clips, 1), generator=draw, device=draw.device) * frames
        frame = (begins + tempo * torch.arange(frames, device=powers.device)).remainder(frames)
        band = torch.arange(bands, device=powers.device) + higher
        where = torch.stack(
            [
                ((2 * frame + 1) / frames - 1)[:, None, :].expand(clips, bands, frames),
                ((2 * band + 1) / bands - 1)[:, :, None].expand(clips, bands, frames),
            ],
            -1,
        )
        found = nn.functional.grid_sample(powers[:, None], where, padding_mode="border", align_corners=False)
        return found[:, 0]

    def _masked(self, levels: torch.Tensor, draw: torch.Generator) -> torch.Tensor:
        """Return clips with a range of bands and a range of frames hidden."""
        clips, bands, frames = levels.shape
        hidden_bands = _range(clips, bands, self._drawn.hidden_bands, draw)
        hidden_frames = _range(clips, frames, self._drawn.hidden_frames, draw)
        return levels.masked_fill(hidden_bands[:, :, None] | hidden_frames[:, None, :], torch.nan)


def residual(classes: int, shape: tuple[int, ...], _spectra: Mapping[str, Any]) -> tuple[nn.Module, SoundInputs]:
    """Return our network of sounds, and what it is given."""
    bands, _ = shape
    return SoundNetwork(bands, classes), SoundInputs(classes)


def _powers(levels_db: torch.Tensor) -> torch.Tensor:
    """Return powers of equal mean over the frames that sound, each clip as long as it is wanted."""
    powers = 10 ** (levels_db.float() / 10)
    frames = powers.sum(1)
    loudest = frames.amax(1, keepdim=True)
    sounds = frames > loudest * 10 ** (_SOUNDING_DB / 10)
    mean = (frames * sounds).sum(1) / sounds.sum(1)
    powers = powers * (powers.shape[1] / mean)[:, None, None]
    count = powers.shape[2]
    place = torch.arange(count, device=powers.device)
    anything = frames > loudest * 10 ** (_ANYTHING_DB / 10)
    length = torch.where(anything, place + 1, 0).amax(1, keepdim=True)
    length = torch.where(length < _WHOLE * count, length, count)
    return powers.gather(2, (place[None] % length)[:, None].expand_as(powers))


def _levels(powers: torch.Tensor) -> torch.Tensor:
    return 10 * (powers + 10 ** (_FLOOR_DB / 10)).log10()


def _range(clips: int, count: int, widest: float, draw: torch.Generator) -> torch.Tensor:
    """Return where a range of random width is, at a random place, `(clips, count)`."""
    width = widest * torch.rand((clips, 1), generator=draw, device=draw.device)
    begins = (count - width) * torch.rand((clips, 1), generator=draw, device=draw.device)
    place = torch.arange(count, device=draw.device)[None]
    return (place >= begins) & (place < begins + width)


def _either_way(shape: tuple[int, ...], draw: torch.Generator) -> torch.Tensor:
    return 2 * torch.rand(shape, generator=draw, device=draw.device) - 1
