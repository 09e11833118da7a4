"""A multilayer perceptron for one listener: what both implementations train, and how it is stopped."""

from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Activation = Literal["relu", "tanh"]
Schedule = Literal["constant", "cosine"]


@dataclass(frozen=True)
class TrainingSettings:
    """Network and schedule. Names and meaning are scikit-learn's `MLPRegressor`'s, where it has them."""

    hidden_layers: tuple[int, ...]
    activation: Activation
    learning_rate: float
    batch_size: int
    weight_decay: float  # MLPRegressor's alpha
    max_epochs: int
    patience_epochs: int  # epochs without an improvement of the training loss by `tolerance`, then stop
    tolerance: float
    schedule: Schedule = "constant"

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, from 0: constant, or half a cosine that is nothing after the last.

        The cosine is that of Loshchilov and Hutter (2017), eq. 5, without restarts.
        """
        if self.schedule == "constant":
            return self.learning_rate
        return self.learning_rate * (1 + cos(pi * epoch / self.max_epochs)) / 2

    def layer_shapes(self, features: int, outputs: int) -> list[tuple[int, int]]:
        """Return inputs and outputs of each layer."""
        return list(pairwise([features, *self.hidden_layers, outputs]))


@dataclass(frozen=True)
class Perceptron:
    """A trained network, with the statistics that its input is standardised by."""

    weights: list[NDArray[np.float32]]  # (inputs, outputs) of each layer
    biases: list[NDArray[np.float32]]  # (outputs,)
    mean: NDArray[np.float32]  # (features,)
    scale: NDArray[np.float32]  # (features,)
    activation: Activation
    loss: NDArray[np.float32]  # (epochs,), the training loss

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the outputs `(..., outputs)` for features `(..., features)`."""
        value: NDArray[Any] = (features - self.mean) / self.scale
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            value = value @ weight + bias
            value = np.maximum(value, 0) if self.activation == "relu" else np.tanh(value)
        return value @ self.weights[-1] + self.biases[-1]


@dataclass(frozen=True)
class TrainingSet:
    """What one listener's network learns from: features `(items, features)` and targets `(items, outputs)`.

    `plain` says which items, `(items,)`, show a direction plainly, without a source that colours it; None: all.
    """

    name: str
    features: NDArray[np.float32]
    targets: NDArray[np.float32]
    plain: NDArray[np.bool_] | None = None

    @property
    def statistics(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean and standard deviation of each feature; one that changes by no more than rounding is divided by one."""
        mean, scale = self.features.mean(0), self.features.std(0)
        return mean, np.where(scale > 1e-6 * abs(self.features).max(0), scale, 1).astype(np.float32)
