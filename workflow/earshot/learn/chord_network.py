"""A network that hears chords alike wherever they are played, and what it learns them from.

On a constant-Q transform, transposition is a shift along frequency. The network has nothing but convolutions along
frequency, so it says the same of every semitone that a root may be on: "the root is here, and the type is this".
Octaves of one pitch class are added up. An octave that it was never taught is then no other than those that it was.
"""

import torch
from torch import nn

from earshot.signal.constant_q import BINS_PER_OCTAVE

TYPES = 4
PITCH_CLASSES = 12
LEVEL_RANGE_DB = 70.0  # of a spectrum below its loudest bin

_CHANNELS = 32
_BINS_PER_SEMITONE = BINS_PER_OCTAVE // PITCH_CLASSES
_DROPPED = 0.2  # share of channels


class ChordNetwork(nn.Module):
    """Spectra `(clips, bins)`, three bins a semitone, to joint logits of root and type, `(clips, 48)`: C's types first.

    The lowest root, a C, is `lowest_root` semitones above the lowest bin, and there are `octaves` of roots.
    """

    def __init__(self, lowest_root: int, octaves: int) -> None:
        super().__init__()
        self._roots = slice(lowest_root, lowest_root + PITCH_CLASSES * octaves)
        self.fine = nn.Sequential(nn.Conv1d(1, _CHANNELS, 25, padding=12), nn.BatchNorm1d(_CHANNELS), nn.ReLU())
        self.semitones = nn.Sequential(
            nn.Conv1d(_CHANNELS, _CHANNELS, 5, stride=_BINS_PER_SEMITONE, padding=1),
            nn.BatchNorm1d(_CHANNELS),
            nn.ReLU(),
        )
        # Eight semitones to either side, twice: the lowest partials of a triad, and what is not below its root.
        self.wide = nn.ModuleList(
            nn.Sequential(
                nn.Dropout1d(_DROPPED),
                nn.Conv1d(_CHANNELS, _CHANNELS, 17, padding=8),
                nn.BatchNorm1d(_CHANNELS),
                nn.ReLU(),
            )
            for _ in range(2)
        )
        self.says = nn.Conv1d(_CHANNELS, TYPES, 1)

    def forward(self, spectra: torch.Tensor) -> torch.Tensor:
        """Return the joint logits of spectra."""
        of_roots = self.at_semitones(spectra)[:, :, self._roots]
        by_octave = of_roots.reshape(len(spectra), TYPES, -1, PITCH_CLASSES)
        return by_octave.logsumexp(2).transpose(1, 2).flatten(1)

    def at_semitones(self, spectra: torch.Tensor) -> torch.Tensor:
        """Return what is said of each type at each semitone from the lowest bin up, `(clips, 4, semitones)`."""
        heard = self.semitones(self.fine(spectra[:, None]))
        for layer in self.wide:
            heard = heard + layer(heard)
        return self.says(heard)


def spectrum(levels_db: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the level of the mean amplitude over frames, `(clips, bins)`, in dB below the loudest bin.

    `levels_db` are `(clips, bins, frames)`, `weights` of frames `(clips, frames)`.
    """
    amplitudes = 10 ** (levels_db.float() / 20)
    mean = torch.einsum("cbf,cf->cb", amplitudes, weights) / weights.sum(1, keepdim=True)
    levels = 20 * mean.clamp(min=1e-6).log10()
    return levels - levels.amax(1, keepdim=True)


def as_input(levels: torch.Tensor) -> torch.Tensor:
    """Return levels of bins `(clips, bins)` between 0, which is 70 dB below the loudest bin or less, and 1."""
    below = levels - levels.amax(1, keepdim=True)
    return below.clamp(min=-LEVEL_RANGE_DB) / LEVEL_RANGE_DB + 1
