"""The published networks: their shapes, their sizes, and what a softmax before the cross entropy costs."""

import pytest
import torch
from earshot.learn.networks_published import SoundNetwork, TriadNetwork, least_loss, triad_network_control
from torch import nn


@pytest.mark.parametrize("classes", [4, 12])
def test_the_triad_network_is_that_of_the_study(classes):
    """Four blocks of 16, 32, 64 and 128 channels; a padding of 2 grows each image by 2 before it is halved."""
    network = TriadNetwork(64, 126, classes)
    assert network(torch.rand(3, 1, 64, 126)).shape == (3, classes)
    weights = [parameter.numel() for name, parameter in network.named_parameters() if name.endswith("weight")]
    assert weights == [9 * 16, 9 * 16 * 32, 9 * 32 * 64, 9 * 64 * 128, 128 * 5 * 9 * classes]


@pytest.mark.parametrize(("bands", "frames"), [(64, 126), (33, 17), (40, 19)])
def test_the_triad_network_computes_what_was_published(bands, frames):
    """With the paddings, rectifiers and poolings in the order in which they are described."""
    torch.manual_seed(1)
    network = TriadNetwork(bands, frames, 4)
    torch.manual_seed(1)
    control = triad_network_control(bands, frames, 4)
    assert [type(layer) for layer in control] == 4 * [nn.Conv2d, nn.ReLU, nn.MaxPool2d] + [nn.Flatten, nn.Linear]
    given = torch.rand(2, 1, bands, frames)
    torch.testing.assert_close(network(given), control(given), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("classes", "floor"), [(4, 0.744), (12, 1.619)])
def test_a_softmax_before_the_cross_entropy_keeps_the_loss_up(classes, floor):
    """The study reports 0.88 and 1.87."""
    assert least_loss(classes) == pytest.approx(floor, abs=1e-3)


def test_the_sound_network_takes_images_of_any_length():
    network = SoundNetwork(50).eval()
    assert network(torch.rand(2, 1, 128, 431)).shape == network(torch.rand(2, 1, 128, 87)).shape == (2, 50)
