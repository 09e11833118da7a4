"""Slopes written out are autograd's, and a step is Adam's."""

from itertools import pairwise

import pytest
import torch
from earshot.learn.stack import Pace, Stack, layers

FEATURES, OUTPUTS, ITEMS = 9, 3, 50


def a_stack(precision, hidden, activation, networks=4, batch=ITEMS):
    """Return a stack, a batch of features and its targets. Some numbers follow the last layer, as in a cohort."""
    random = torch.Generator().manual_seed(1)
    shapes = list(pairwise([FEATURES, *hidden, OUTPUTS]))
    weights = torch.randn(networks, sum(a * b for a, b in shapes) + 5, generator=random) / 4
    biases = torch.randn(networks, sum(outputs for _, outputs in shapes) + 2, generator=random) / 4
    stack = Stack(shapes, activation, batch, weights, biases, getattr(torch, precision))
    features = torch.randn(networks, ITEMS, FEATURES, generator=random).to(stack.precision)
    return stack, features, torch.randn(networks, ITEMS, OUTPUTS, generator=random)


def by_autograd(stack, features, targets):
    """Return squared errors, and the slopes by weights and biases, all in double precision."""
    weights, biases = (numbers.double().requires_grad_() for numbers in (stack.weights, stack.biases))
    value = features.double()
    ends = torch.tensor([outputs for _, outputs in stack.shapes]).cumsum(0).tolist()
    for number, (weight, end) in enumerate(zip(layers(weights, stack.shapes), ends, strict=True)):
        value = value @ weight + biases[:, None, end - weight.shape[-1] : end]
        if number < len(ends) - 1:
            value = value.relu() if stack.activation == "relu" else value.tanh()
    squares = (value - targets).square().sum((1, 2))
    return squares, torch.autograd.grad(squares.sum() / (2 * targets.shape[1]), [weights, biases])


@pytest.mark.parametrize(("precision", "rounding"), [("float32", 1e-5), ("bfloat16", 3e-2)])
@pytest.mark.parametrize("hidden", [(16,), (24, 16), (8, 8, 8)])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_slopes_are_autograds(precision, rounding, hidden, activation):
    """To rounding, of the largest slope of all."""
    stack, features, targets = a_stack(precision, hidden, activation, batch=1 << 20)
    assert stack.precision == getattr(torch, precision)
    wanted, slopes = by_autograd(stack, features, targets)
    found = stack.slopes(features, targets)
    torch.testing.assert_close(found.double(), wanted.detach(), rtol=rounding, atol=0)
    for ours, theirs in zip(stack._slopes, slopes, strict=True):
        assert theirs.abs().max() > 0.1
        torch.testing.assert_close(ours.double(), theirs, rtol=0, atol=rounding * theirs.abs().max().item())


def test_steps_are_adams_at_each_networks_own_pace():
    stack, features, targets = a_stack("float32", (16,), "relu")
    paces = [Pace(slice(0, 1), 1e-2, 0.5), Pace(slice(1, 4), 1e-3, 0.0)]
    numbers = [part.clone() for part in (stack.weights, stack.biases)]
    rows = [[part[pace.networks].clone() for part in numbers] for pace in paces]
    wanted = [
        torch.optim.Adam(
            [{"params": [weights], "weight_decay": pace.decay / ITEMS}, {"params": [biases]}], lr=pace.rate
        )
        for pace, (weights, biases) in zip(paces, rows, strict=True)
    ]
    for _ in range(3):
        stack.step(features, targets, paces)
        for pace, optimiser, (weights, biases) in zip(paces, wanted, rows, strict=True):
            weights.grad, biases.grad = (part[pace.networks].clone() for part in stack._slopes)
            optimiser.step()
    for found, *parts in zip((stack.weights, stack.biases), *rows, strict=True):
        torch.testing.assert_close(found, torch.cat(parts), rtol=0, atol=1e-6)


def test_networks_that_are_kept_go_on_as_they_would_have():
    whole, features, targets = a_stack("float32", (16,), "relu")
    some, *_ = a_stack("float32", (16,), "relu")
    pace, rows = Pace(slice(0, 4), 1e-2, 0.1), torch.tensor([0, 2])
    for stack in (whole, some):
        stack.step(features, targets, [pace])
    some.keep(rows)
    whole.step(features, targets, [pace])
    some.step(features[rows], targets[rows], [Pace(slice(0, 2), pace.rate, pace.decay)])
    torch.testing.assert_close(some.weights, whole.weights[rows], rtol=0, atol=1e-6)
    torch.testing.assert_close(some.biases, whole.biases[rows], rtol=0, atol=1e-6)


def test_small_products_stay_in_single_precision_on_a_cpu():
    assert a_stack("bfloat16", (16,), "relu")[0].precision == torch.float32
    assert a_stack("bfloat16", (256, 256), "relu")[0].precision == torch.bfloat16
