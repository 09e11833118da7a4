"""What the network of chords is given, from constant-Q transforms of recorded ones."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from earshot.learn.chord_augmentation import ChordAugmentation
from earshot.learn.chord_network import PITCH_CLASSES, TYPES, ChordNetwork, as_input, spectrum

_OCTAVES = 3  # of roots
_C2_HZ = 65.40639132514966  # the lowest of them


class ChordInputs:
    """Spectra of chords, `(clips, bins)`, each output a pitch class of the root and a type.

    A clip's class is four times the semitones of its root above the lowest root, and its type. Given are levels
    `(clips, bins, frames)` in dB.
    """

    outputs = PITCH_CLASSES * TYPES

    def __init__(self, octaves: int) -> None:
        self._augment = ChordAugmentation(octaves)

    def learnt(
        self, values: torch.Tensor, classes: torch.Tensor, draw: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return chords on other keys and as other pianos might play them, and certainty of what they then are."""
        drawn, moved = self._augment(values, classes // TYPES, draw)
        return drawn, nn.functional.one_hot(self.right(classes + TYPES * moved), self.outputs).float()

    def judged(self, values: torch.Tensor) -> torch.Tensor:
        """Return the spectra of chords as they are: means over all frames."""
        return as_input(spectrum(values, torch.ones(len(values), values.shape[2], device=values.device)))

    def right(self, classes: torch.Tensor) -> torch.Tensor:
        """Return the outputs that are right: octaves apart, roots are the same."""
        return classes % self.outputs


def transposable(_classes: int, _shape: tuple[int, ...], spectra: Mapping[str, Any]) -> tuple[nn.Module, ChordInputs]:
    """Return our network of chords, and what it is given."""
    lowest_root = round(PITCH_CLASSES * math.log2(_C2_HZ / spectra["lowest_hz"]))
    return ChordNetwork(lowest_root, _OCTAVES), ChordInputs(_OCTAVES)
