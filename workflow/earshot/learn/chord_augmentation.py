"""Chords as they might have been played: on other keys, in other tune, on another piano, in noise, and cut short."""

import torch
from torch import nn

from earshot.learn.chord_network import PITCH_CLASSES, as_input, spectrum
from earshot.signal.constant_q import BINS_PER_OCTAVE

_CUT = 0.7  # of chords lose frames at their ends ...
_LONGEST_CUT = 3 / 8  # ... this share at each end, at most
_DETUNED_BINS = 1.0  # up or down, at most: a third of a semitone
_TILT_DB = 8.0  # standard deviation at both ends of the range
_CURVES = ((8, 4.0), (43, 2.8))  # points that a curve of levels goes through, and their standard deviation in dB
_ROLLED_OFF = 0.4  # of chords have a weak bass, and as many a weak treble ...
_BASS_DB, _TREBLE_DB = 18.0, 40.0  # ... by so much an octave, at most ...
_BASS_OCTAVES, _TREBLE_OCTAVES = 2.0, 3.0  # ... over so many octaves, at most
_NOISE_DB = (-75.0, -40.0)  # of the floor, below the loudest bin


class ChordAugmentation:
    """Draws chords from recorded ones. What it draws is that of the generator that it is given.

    Bins are three a semitone. Roots of drawn chords are even over so many octaves from a lowest one.
    """

    def __init__(self, octaves: int) -> None:
        self._octaves = octaves

    def __call__(
        self, levels_db: torch.Tensor, roots: torch.Tensor, draw: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return inputs `(clips, bins)` of levels `(clips, bins, frames)`, and how many semitones each was moved.

        `roots` are semitones above the lowest that is allowed, `(clips,)`.
        """
        heard = spectrum(levels_db, self._frames(levels_db, draw))
        wanted = torch.randint(PITCH_CLASSES * self._octaves, roots.shape, generator=draw, device=draw.device)
        moved = wanted - roots
        heard = self._moved(heard, moved, draw)
        heard = heard + self._timbre(heard, draw)
        return as_input(_with_noise(heard, draw)), moved

    def _frames(self, levels_db: torch.Tensor, draw: torch.Generator) -> torch.Tensor:
        """Return weights of frames, `(clips, frames)`: of some clips both ends are cut off."""
        clips, _, frames = levels_db.shape
        weights = 0.2 + _uniform((clips, frames), draw)
        cut = _uniform((clips, 1), draw) < _CUT
        place = (torch.arange(frames, device=draw.device)[None] + 0.5) / frames
        head, tail = (_LONGEST_CUT * _uniform((clips, 1), draw) for _ in range(2))
        left = (place >= head) & (place <= 1 - tail)
        left |= ~left.any(1, keepdim=True)  # of a few frames, all might be cut off
        return torch.where(cut & ~left, 0.0, weights)

    def _moved(self, heard: torch.Tensor, semitones: torch.Tensor, draw: torch.Generator) -> torch.Tensor:
        """Return spectra moved by so many semitones and a little out of tune; what moves in from outside is noise."""
        clips, bins = heard.shape
        per_semitone = BINS_PER_OCTAVE // PITCH_CLASSES
        detuned = _DETUNED_BINS * (2 * _uniform((clips, 1), draw) - 1)
        source = torch.arange(bins, device=draw.device)[None] - per_semitone * semitones[:, None] - detuned
        below = source.floor().long()
        outside = heard.amin(1, keepdim=True) + 6 * _uniform((clips, bins), draw)

        def at(place: torch.Tensor) -> torch.Tensor:
            return torch.where((place < 0) | (place >= bins), outside, heard.gather(1, place.clamp(0, bins - 1)))

        return torch.lerp(at(below), at(below + 1), source - below)

    def _timbre(self, heard: torch.Tensor, draw: torch.Generator) -> torch.Tensor:
        """Return levels that another piano, room or microphone might add, `(clips, bins)`."""
        clips, bins = heard.shape
        octave = torch.arange(bins, device=draw.device)[None] / BINS_PER_OCTAVE
        added = _TILT_DB * _normal((clips, 1), draw) * torch.linspace(-1, 1, bins, device=draw.device)[None]
        for points, deviation in _CURVES:
            curve = deviation * _normal((clips, 1, points), draw)
            added = added + nn.functional.interpolate(curve, bins, mode="linear", align_corners=True)[:, 0]
        edges = ((_BASS_DB, _BASS_OCTAVES, octave), (_TREBLE_DB, _TREBLE_OCTAVES, octave.flip(1)))
        for per_octave_db, widest, from_edge in edges:
            rolled_off = _uniform((clips, 1), draw) < _ROLLED_OFF
            inside = (widest * _uniform((clips, 1), draw) - from_edge).clamp(min=0)
            added = added - rolled_off * per_octave_db * _uniform((clips, 1), draw) * inside
        return added


def _with_noise(levels_db: torch.Tensor, draw: torch.Generator) -> torch.Tensor:
    """Return levels `(clips, bins)` with a floor of noise, tilted as may be, whose powers are added."""
    clips, bins = levels_db.shape
    low, high = _NOISE_DB
    floor = levels_db.amax(1, keepdim=True) + low + (high - low) * _uniform((clips, 1), draw)
    tilt = 10 * _normal((clips, 1), draw) * torch.linspace(0, 1, bins, device=draw.device)[None]
    noise = floor + tilt + 1.5 * _normal((clips, bins), draw)
    return 10 * (10 ** (levels_db / 10) + 10 ** (noise / 10)).log10()


def _uniform(shape: tuple[int, ...], draw: torch.Generator) -> torch.Tensor:
    return torch.rand(shape, generator=draw, device=draw.device)


def _normal(shape: tuple[int, ...], draw: torch.Generator) -> torch.Tensor:
    return torch.randn(shape, generator=draw, device=draw.device)
