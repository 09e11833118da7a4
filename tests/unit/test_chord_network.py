"""The network that hears chords alike wherever they are played, and the chords that are drawn for it to learn from."""

import numpy as np
import pytest
import torch
from earshot.learn.chord_augmentation import ChordAugmentation
from earshot.learn.chord_network import ChordNetwork, as_input, spectrum

BINS = 252


def network():
    torch.manual_seed(1)
    return ChordNetwork(lowest_root=3, octaves=3).eval()


def draw(seed=1):
    return torch.Generator().manual_seed(seed)


def peak(at, width=2.0):
    """A spectrum with one peak, in the middle of a range that is empty to both sides."""
    return torch.exp(-(((torch.arange(BINS) - at) / width) ** 2))[None]


@pytest.mark.parametrize("semitones", [1, 5, 12])
def test_what_is_said_moves_with_what_is_heard(semitones):
    """Semitone by semitone, but for those from which a convolution sees an end of the range."""
    here, there = (network().at_semitones(peak(at)) for at in (110, 110 + 3 * semitones))
    assert here.shape == (1, 4, 84)
    inside = slice(24 + 12, 84 - 24)
    moved = torch.roll(here, semitones, 2)
    assert torch.allclose(moved[:, :, inside], there[:, :, inside], atol=1e-5)
    assert not torch.allclose(here[:, :, inside], there[:, :, inside], atol=1e-3)


def test_octaves_of_a_root_are_added_up():
    net = network()
    spectra = torch.rand(2, BINS, generator=draw())
    said = net.at_semitones(spectra)[:, :, 3 : 3 + 36]
    of_d_minor = said[:, 1, [2, 14, 26]].logsumexp(1)
    assert torch.allclose(net(spectra)[:, 2 * 4 + 1], of_d_minor)


def test_a_spectrum_is_the_mean_amplitude_of_the_frames_that_count():
    levels = torch.tensor([[[0.0, -20.0], [-40.0, -20.0]]])  # two bins, two frames
    first = spectrum(levels, torch.tensor([[1.0, 0.0]]))
    both = spectrum(levels, torch.tensor([[1.0, 1.0]]))
    assert torch.allclose(first, torch.tensor([[0.0, -40.0]]))
    assert torch.allclose(both, torch.tensor([[0.0, 20 * np.log10(0.055 / 0.55)]]).float(), atol=1e-4)


def test_inputs_lie_between_silence_and_the_loudest_bin():
    made = as_input(torch.tensor([[3.0, -32.0, -67.0, -200.0]]))
    assert torch.allclose(made, torch.tensor([[1.0, 0.5, 0.0, 0.0]]))


def chords(clips=64, frames=16):
    """Levels with one peak each, whose place says the root: bin 9 is the lowest that is allowed."""
    roots = torch.arange(clips) % 36
    levels = torch.full((clips, BINS, frames), -80.0)
    levels[torch.arange(clips), 9 + 3 * roots] = 0.0
    return levels, roots


def test_drawn_chords_are_where_they_are_said_to_be():
    levels, roots = chords()
    made, moved = ChordAugmentation(3)(levels, roots, draw())
    wanted = 9 + 3 * (roots + moved)
    assert ((roots + moved >= 0) & (roots + moved < 36)).all()
    loudest = made.argmax(1)
    assert (
        (loudest - wanted).abs() <= 1
    ).float().mean() > 0.9  # a third of a semitone out of tune; timbre may hide a few


@pytest.mark.parametrize("frames", [1, 2])
def test_of_a_few_frames_some_are_left(frames):
    levels, roots = chords(600, frames)
    made, _ = ChordAugmentation(3)(levels, roots, draw())
    assert made.isfinite().all()


def test_roots_are_drawn_evenly():
    levels, roots = chords(clips=3600)
    _, moved = ChordAugmentation(3)(levels[:, :, :1], roots, draw())
    counts = torch.bincount(roots + moved, minlength=36)
    assert len(counts) == 36 and counts.min() > 60 and counts.max() < 145


def test_what_is_drawn_belongs_to_the_generator():
    levels, roots = chords(8)
    augmentation = ChordAugmentation(3)
    one, again, other = (augmentation(levels, roots, draw(seed))[0] for seed in (1, 1, 2))
    assert torch.equal(one, again) and not torch.equal(one, other)
    assert one.isfinite().all() and one.min() >= 0 and one.max() <= 1
