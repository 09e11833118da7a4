"""The network of sounds, and the clips that are drawn for it to learn from."""

import pytest
import torch
from earshot.device import choose, precision_on
from earshot.learn.sound_inputs import SoundAugmentation, SoundInputs
from earshot.learn.sound_network import SoundNetwork

STILL = SoundAugmentation(tempo=0, bands=0, gain_db=0, mixed=0, hidden_bands=0, hidden_frames=0)


def draw(seed=1):
    return torch.Generator().manual_seed(seed)


def clips(count=6, bands=16, frames=40):
    """Levels of noise, in dB."""
    return -20 + 6 * torch.randn((count, bands, frames), generator=draw(9))


def test_it_answers_for_clips_of_any_length_and_each_alone():
    torch.manual_seed(1)
    network = SoundNetwork(16, 5).eval()
    levels = clips()
    said = network(levels)
    assert said.shape == (6, 5) and network(levels[:, :, :24]).shape == (6, 5)
    assert torch.allclose(said[2:3], network(levels[2:3]), atol=1e-5)


def test_bands_are_standardised_by_training_clips():
    network = SoundNetwork(16, 5)
    levels = clips(200) + torch.arange(16)[:, None]
    network.standardise_by(levels)
    standard = (levels - network.mean) / network.deviation
    assert torch.allclose(standard.mean((0, 2)), torch.zeros(16), atol=1e-4)
    assert torch.allclose(standard.std((0, 2)), torch.ones(16), atol=1e-3)


def test_what_is_hidden_is_as_the_mean():
    torch.manual_seed(1)
    network = SoundNetwork(16, 5).eval()
    levels = clips()
    network.standardise_by(levels)
    hidden, mean = levels.clone(), levels.clone()
    hidden[:, 3:6] = torch.nan
    mean[:, 3:6] = network.mean[3:6]
    assert torch.allclose(network(hidden), network(mean), atol=1e-5)


def test_level_is_no_property_of_a_clip():
    levels = clips()
    inputs = SoundInputs(5)
    assert torch.allclose(inputs.judged(levels), inputs.judged(levels - 30), atol=1e-3)


def test_a_clip_that_falls_silent_begins_again_and_one_that_does_not_stays():
    levels = clips(2)
    levels[0, :, 15:] = -140.0
    made = SoundInputs(5).judged(levels)
    assert torch.allclose(made[0, :, 15:30], made[0, :, :15]) and torch.allclose(made[0, :, 30:], made[0, :, :10])
    raised = made[1] - levels[1]
    assert raised.std() < 0.01


def test_nothing_drawn_is_the_clip_itself_but_for_where_it_begins():
    levels = clips()
    inputs = SoundInputs(5, STILL)
    steady = levels[:, :, :1].expand_as(levels)
    made, wanted = inputs.learnt(steady, torch.arange(6) % 5, draw())
    assert torch.equal(wanted, torch.eye(5)[torch.arange(6) % 5])
    assert torch.allclose(made, inputs.judged(steady), atol=1e-3)
    click = torch.full((6, 16, 40), -60.0)
    click[:, :, 7:10] = 0.0
    made, _ = inputs.learnt(click, torch.zeros(6, dtype=torch.long), draw())
    loud = (made > -10).any(1).sum(1)
    assert (loud <= 5).all() and made.argmax(2).unique().numel() > 3, "as short as before, and elsewhere"


def test_a_mixed_clip_has_the_classes_of_both_in_the_proportion_of_their_powers():
    """Clips of one band each: what is in a band says how much of its clip is there."""
    levels = torch.full((4, 4, 50), -100.0)
    levels[torch.arange(4), torch.arange(4)] = 0.0
    inputs = SoundInputs(4, SoundAugmentation(0, 0, 0, mixed=1, hidden_bands=0, hidden_frames=0))
    made, wanted = inputs.learnt(levels, torch.arange(4), draw())
    powers = (10 ** (made / 10)).mean(2)
    assert torch.allclose(powers / powers.sum(1, keepdim=True), wanted, atol=1e-3)
    assert torch.allclose(wanted.sum(1), torch.ones(4)) and (wanted.amax(1) < 0.999).any()


def test_masks_hide_no_more_than_they_may():
    inputs = SoundInputs(5, SoundAugmentation(0, 0, 0, 0, hidden_bands=4, hidden_frames=8))
    made, _ = inputs.learnt(clips(200), torch.zeros(200, dtype=torch.long), draw())
    hidden = made.isnan()
    bands, frames = hidden.all(2).sum(1), hidden.all(1).sum(1)
    assert bands.max() <= 5 and frames.max() <= 9 and bands.float().mean() == pytest.approx(2, abs=0.5)


def test_what_is_drawn_belongs_to_the_generator():
    levels = clips()
    inputs = SoundInputs(5)
    one, again, other = (inputs.learnt(levels, torch.arange(6) % 5, draw(seed)) for seed in (1, 1, 2))
    assert torch.equal(one[0].nan_to_num(), again[0].nan_to_num()) and torch.equal(one[1], again[1])
    assert not torch.equal(one[1], other[1])


def test_bfloat16_gives_the_same_each_time_and_about_what_32_bits_give():
    """With AMX it did not, of clips as short as these (`earshot.device` says which instructions are used)."""
    torch.manual_seed(1)
    network = SoundNetwork(128, 4).to(memory_format=torch.channels_last)
    network.says[0].p = 0.0  # drops nothing
    levels, right = clips(32, 128, 22), torch.arange(32) % 4

    def learnt(precision):
        network.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            loss = torch.nn.functional.cross_entropy(network(levels).float(), right)
        loss.backward()
        return loss.detach(), torch.cat([weight.grad.flatten() for weight in network.parameters()])

    loss, gradient = learnt("float32")
    reduced = precision_on(choose("cpu"), "bfloat16")
    losses, gradients = zip(*[learnt(reduced) for _ in range(3)], strict=True)
    assert all(torch.equal(one, losses[0]) for one in losses) and torch.allclose(losses[0], loss, rtol=0.01)
    assert all(torch.equal(one, gradients[0]) for one in gradients)
    assert (gradients[0] - gradient).norm() < 0.5 * gradient.norm()
