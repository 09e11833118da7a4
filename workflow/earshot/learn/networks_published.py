"""Networks of studies B and E as far as they are described."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from earshot.learn.clip_values import PlainInputs


class TriadNetwork(nn.Sequential):
    """Kauppila et al.: four convolutions on a mel spectrogram, `(clips, 1, bands, frames)`, and one linear layer.

    Returned are logits, `(clips, classes)`. The study hands their softmax to a cross entropy, which takes a softmax
    again: `TrainingSettings.softmax_before_loss`.
    """

    def __init__(self, bands: int, frames: int, classes: int) -> None:
        layers: list[nn.Module] = []
        channels = (1, 16, 32, 64, 128)
        for before, after in pairwise(channels):
            # What `triad_network_control` computes, in three fifths of the time: a convolution is slow at more padding
            # than half its kernel, pooling passes over a last odd row or column, and leaves fewer values to rectify.
            padding = nn.ZeroPad2d((1, 1 - frames % 2, 1, 1 - bands % 2))
            layers += [padding, nn.Conv2d(before, after, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()]
            bands, frames = (bands + 2) // 2, (frames + 2) // 2
        layers += [nn.Flatten(), nn.Linear(channels[-1] * bands * frames, classes)]
        super().__init__(*layers)


def triad_network_control(bands: int, frames: int, classes: int) -> nn.Sequential:
    """Return the same network with the layers that Kauppila et al. name, in their order."""
    layers: list[nn.Module] = []
    for layer in TriadNetwork(bands, frames, classes):
        match layer:
            case nn.Conv2d():
                convolution = nn.Conv2d(layer.in_channels, layer.out_channels, 3, padding=2)
                convolution.load_state_dict(layer.state_dict())
                layers += [convolution, nn.ReLU(), nn.MaxPool2d(2)]
            case nn.Flatten() | nn.Linear():
                layers.append(layer)
    return nn.Sequential(*layers)


class SoundNetwork(nn.Sequential):
    """A plain network for study B, whose own layers are not published: ours, of the kind that was usual then.

    Four convolutions with batch normalisation on an image, `(clips, 1, bands, frames)`; each halves what is seen, and
    the mean of the last over the image goes through one linear layer to logits `(clips, classes)`.
    """

    def __init__(self, classes: int) -> None:
        layers: list[nn.Module] = []
        channels = (1, 32, 64, 128, 256)
        for before, after in pairwise(channels):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels[-1], classes))


def plain(classes: int, _shape: tuple[int, ...], _spectra: Mapping[str, Any]) -> tuple[nn.Module, PlainInputs]:
    """Return the network of study B, and what it is given."""
    return SoundNetwork(classes), PlainInputs(classes)


def triad(classes: int, shape: tuple[int, ...], _spectra: Mapping[str, Any]) -> tuple[nn.Module, PlainInputs]:
    """Return a network of study E, and what it is given."""
    bands, frames = shape
    return TriadNetwork(bands, frames, classes), PlainInputs(classes)


def least_loss(classes: int) -> float:
    """Return the cross entropy of answers that are certain and right, where a softmax comes before it: nats.

    No network whose softmax goes to a cross entropy has a lower one.
    """
    certain = torch.eye(classes, dtype=torch.float64)[:1]
    return float(nn.functional.cross_entropy(certain, torch.tensor([0])))
