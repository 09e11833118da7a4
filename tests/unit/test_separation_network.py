"""The network that separates, and what it learns from."""

import numpy as np
import pytest
import torch
from earshot.data.shards import write_tensors
from earshot.errors import DataError
from earshot.learn.separation_network import (
    SeparationNetwork,
    SeparationNetworkSettings,
    read_network,
    write_network,
)
from earshot.learn.separation_objective import SeparationObjective

SIZES = SeparationNetworkSettings(width=16, dropped=0.0, bands=12, window_samples=256)
RATE_HZ = 8000.0
LEFT_RIGHT = torch.tensor([[60.0, -40.0]])


@pytest.fixture
def network():
    torch.manual_seed(1)
    return SeparationNetwork(SIZES, RATE_HZ).eval()


@pytest.fixture(scope="module")
def parts():
    """A high tone to the left, a low one to the right and faint noise: `(1, 3, ears, samples)`."""
    time_s = np.arange(4000) / RATE_HZ
    tones = np.sin(2 * np.pi * np.array([[2000.0], [300.0]]) * time_s)
    ears = tones[:, None] * np.array([[1.0, 0.3], [0.3, 1.0]])[..., None]
    noise = 0.01 * np.random.default_rng(1).standard_normal((1, 2, 4000))
    return torch.tensor(np.concatenate([ears, noise])[None], dtype=torch.float32)


def test_masks_are_shares_of_each_bin(network, parts):
    masks = network.masks(network(parts.sum(1)))
    assert masks.shape == (1, 3, 129, 32) and (masks >= 0).all()
    torch.testing.assert_close(masks.sum(1), torch.ones(1, 129, 32))


def test_in_a_mirror_left_and_right_change_places(network, parts):
    said, mirrored = (network.heard_both_ways(one) for one in (parts.sum(1), parts.sum(1).flip(1)))
    torch.testing.assert_close(mirrored, said[:, [1, 0, 2]])


def test_what_is_heard_does_not_depend_on_how_loud_it_is(network, parts):
    torch.testing.assert_close(network(1e-3 * parts.sum(1)), network(parts.sum(1)), atol=1e-3, rtol=1e-3)


def test_the_loss_is_of_the_source_to_the_left_first(network, parts):
    objective = SeparationObjective()
    loss = objective.judging(network, parts, LEFT_RIGHT)
    exchanged = parts[:, [1, 0, 2]]
    torch.testing.assert_close(objective.judging(network, exchanged, LEFT_RIGHT.flip(1)), loss)
    other = objective.judging(network, exchanged, LEFT_RIGHT)  # as if the low tone were to the left
    assert abs(other - loss) > 0.01
    alike = objective.judging(network, parts, torch.tensor([[5.0, 0.0]]))
    torch.testing.assert_close(alike, torch.minimum(loss, other), msg="either order is right")


def test_scenes_are_learnt_from_in_a_mirror_too(network, parts):
    """In a mirror the low tone is to the left."""
    objective, several = SeparationObjective(), parts.repeat(16, 1, 1, 1)
    losses = [
        objective.learning(network, several, LEFT_RIGHT.repeat(16, 1), torch.Generator().manual_seed(seed))
        for seed in (1, 2)
    ]
    low, high = sorted(
        objective.judging(network, one, where).item()
        for one, where in ((parts, LEFT_RIGHT), (parts.flip(2), -LEFT_RIGHT))
    )
    assert all(low - 1e-4 < loss.item() < high + 1e-4 for loss in losses) and losses[0] != losses[1]


def test_it_learns_to_tell_two_tones_apart(network, parts):
    objective, draw = SeparationObjective(), torch.Generator().manual_seed(1)
    network.train()
    adam = torch.optim.Adam(network.parameters(), 3e-3)
    losses = []
    for _ in range(60):
        loss = objective.learning(network, parts.repeat(4, 1, 1, 1), LEFT_RIGHT.repeat(4, 1), draw)
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(float(loss.detach()))
    assert losses[0] > 15 and losses[-1] < 8


def test_what_was_written_says_the_same(network, parts, tmp_path):
    write_network(tmp_path / "separator.safetensors", network, {"settings": {"times_each": 4}})
    read, about = read_network(tmp_path / "separator.safetensors")
    assert about["settings"] == {"times_each": 4} and read.settings == SIZES and read.rate_hz == RATE_HZ
    torch.testing.assert_close(read(parts.sum(1)), network(parts.sum(1)))


def test_a_file_of_something_else_is_refused(network, tmp_path):
    path = tmp_path / "other.safetensors"
    write_tensors(path, {"a": np.zeros(1)}, {})
    with pytest.raises(DataError, match="no network that separates"):
        read_network(path)
    about = {"separation_network": {"settings": vars(SIZES), "rate_hz": RATE_HZ}}
    write_tensors(path, {"a": np.zeros(1)}, about)
    with pytest.raises(DataError, match="another version"):
        read_network(path)
