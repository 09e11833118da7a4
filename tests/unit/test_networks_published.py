"""The published networks: their shapes, their sizes, and what a softmax before the cross entropy costs."""

import pytest
import torch
from earshot.learn.networks_published import SoundNetwork, TriadNetwork, least_loss


@pytest.mark.parametrize("classes", [4, 12])
def test_the_triad_network_is_that_of_the_study(classes):
    """Four blocks of 16, 32, 64 and 128 channels; a padding of 2 grows each image by 2 before it is halved."""
    network = TriadNetwork(64, 126, classes)
    assert network(torch.rand(3, 1, 64, 126)).shape == (3, classes)
    weights = [parameter.numel() for name, parameter in network.named_parameters() if name.endswith("weight")]
    assert weights == [9 * 16, 9 * 16 * 32, 9 * 32 * 64, 9 * 64 * 128, 128 * 5 * 9 * classes]


@pytest.mark.parametrize(("classes", "floor"), [(4, 0.744), (12, 1.619)])
def test_a_softmax_before_the_cross_entropy_keeps_the_loss_up(classes, floor):
    """The study reports 0.88 and 1.87."""
    assert least_loss(classes) == pytest.approx(floor, abs=1e-3)


def test_the_sound_network_takes_images_of_any_length():
    network = SoundNetwork(50).eval()
    assert network(torch.rand(2, 1, 128, 431)).shape == network(torch.rand(2, 1, 128, 87)).shape == (2, 50)
