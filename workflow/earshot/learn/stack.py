"""Perceptrons of one shape, stacked: every tensor's first axis is theirs. Their slopes, and what Adam makes of them.

Slopes are written out, for autograd's bookkeeping takes several times as long as the products of a narrow network do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch

from earshot.learn.perceptron import Activation

_FEWEST_PRODUCTS = 1 << 20  # multiply-adds of one network's layer in a step: with fewer, a CPU is faster in float32


@dataclass(frozen=True)
class Pace:
    """How fast adjacent networks of a stack learn, and what their penalty on squared weights is."""

    networks: slice
    rate: float
    decay: float


class Stack:
    """Networks and their optimiser.

    `weights` and `biases` are `(networks, numbers)`, layer after layer, whatever follows the last one is left alone.
    They, sums of slopes and the optimiser are float32; products of matrices are in `precision`, save on a CPU those too
    small to gain by it.
    """

    def __init__(
        self,
        shapes: Sequence[tuple[int, int]],
        activation: Activation,
        batch: int,
        weights: torch.Tensor,
        biases: torch.Tensor,
        precision: torch.dtype,
    ) -> None:
        self.shapes = shapes
        self.activation = activation
        small = batch * max(map(prod, shapes)) < _FEWEST_PRODUCTS
        self.precision = torch.float32 if small and weights.device.type == "cpu" else precision
        self._steps = torch.zeros((), device=weights.device)
        zeros = [torch.zeros_like(numbers) for numbers in (weights, biases)]
        self._take([weights, biases], zeros, [moment.clone() for moment in zeros])

    def _take(self, numbers: list[torch.Tensor], first: list[torch.Tensor], second: list[torch.Tensor]) -> None:
        """Work on these weights and biases, by Adam's first and second moments."""
        self._numbers, self._first, self._second = numbers, first, second
        self._slopes = [torch.zeros_like(one) for one in numbers]
        self._layers, self._onto = self._by_layer(numbers), self._by_layer(self._slopes)
        # What products are made of: the layers themselves, or their copies, each by itself, since oneDNN copies others.
        self._products = [
            [part.to(self.precision).contiguous() if self.precision != torch.float32 else part for part in kind]
            for kind in self._layers
        ]

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with the networks in these rows alone."""
        self._take(*([one[rows] for one in kind] for kind in (self._numbers, self._first, self._second)))

    @property
    def weights(self) -> torch.Tensor:
        """Weights of all layers, `(networks, numbers)`."""
        return self._numbers[0]

    @property
    def biases(self) -> torch.Tensor:
        """Biases of all layers, `(networks, numbers)`."""
        return self._numbers[1]

    def step(self, features: torch.Tensor, targets: torch.Tensor, paces: Sequence[Pace]) -> torch.Tensor:
        """Take a step on a batch and return each network's summed squared error, `(networks,)`.

        `features` is `(networks, items, features)`, in the stack's precision, `targets` `(networks, items, outputs)`.
        The loss is half the mean squared error plus half the decay times the squared weights over the items, as
        scikit-learn's `MLPRegressor` has it.
        """
        squares = self.slopes(features, targets)
        self._steps += 1
        for pace in paces:
            # torch.optim.Adam calls the same, after Python of its own that takes as long as a narrow network's step.
            for kind, decay in enumerate((pace.decay / features.shape[1], 0.0)):
                torch._fused_adam_(
                    [self._numbers[kind][pace.networks]],
                    [self._slopes[kind][pace.networks]],
                    [self._first[kind][pace.networks]],
                    [self._second[kind][pace.networks]],
                    [],
                    [self._steps],
                    lr=pace.rate,
                    beta1=0.9,
                    beta2=0.999,
                    weight_decay=decay,
                    eps=1e-8,
                    amsgrad=False,
                    maximize=False,
                )
        return squares

    def slopes(self, features: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Find the slopes of half the mean squared error, without the penalty; return the summed squared errors."""
        if self.precision != torch.float32:
            for kind, rounded in zip(self._layers, self._products, strict=True):
                for part, copy in zip(kind, rounded, strict=True):
                    copy.copy_(part)
        weights, biases = self._products
        values = [features]
        for weight, bias in zip(weights, biases, strict=True):
            value = torch.baddbmm(bias, values[-1], weight)
            if len(values) < len(weights):
                value = value.relu_() if self.activation == "relu" else _tanh(value)
            values.append(value)
        errors = values.pop().float() - targets
        slope = (errors / targets.shape[1]).to(self.precision)
        onto_weights, onto_biases = self._onto
        for layer in reversed(range(len(weights))):
            if self.precision == torch.float32:
                torch.bmm(values[layer].mT, slope, out=onto_weights[layer])
            else:
                onto_weights[layer].copy_(torch.bmm(values[layer].mT, slope))
            torch.sum(slope, 1, keepdim=True, dtype=torch.float32, out=onto_biases[layer])
            if layer:
                slope = torch.bmm(slope, weights[layer].mT)
                if self.activation == "relu":
                    slope = torch.ops.aten.threshold_backward(slope, values[layer], 0)
                else:
                    slope = torch.ops.aten.tanh_backward(slope, values[layer])
        return errors.square().sum((1, 2))

    def _by_layer(self, numbers: Sequence[torch.Tensor]) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Return views of weights and biases as layers: `(networks, inputs, outputs)` and `(networks, 1, outputs)`."""
        weights, biases = numbers
        return layers(weights, self.shapes), layers(biases, [(1, outputs) for _, outputs in self.shapes])


def _tanh(value: torch.Tensor) -> torch.Tensor:
    """Return the hyperbolic tangent, to rounding: by the logistic function, which a CPU has six times as fast."""
    if value.device.type != "cpu":
        return value.tanh_()
    return value.float().mul_(2).sigmoid_().mul_(2).sub_(1).to(value.dtype)


def layers(flat: torch.Tensor, shapes: Sequence[tuple[int, int]]) -> list[torch.Tensor]:
    """Return views of numbers `(networks, numbers)` as layers, `(networks, inputs, outputs)` each."""
    sizes = [inputs * outputs for inputs, outputs in shapes]
    parts = torch.split(flat[:, : sum(sizes)], sizes, dim=1)
    return [part.view(-1, *shape) for part, shape in zip(parts, shapes, strict=True)]
