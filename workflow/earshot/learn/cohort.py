"""Many listeners' networks trained as one tensor program, each with its own data, order, stopping and result.

The rule is scikit-learn's `MLPRegressor`'s, written out: Glorot-uniform weights and biases; every epoch a new order of
the items; batches of `batch_size`, the last one smaller; half the mean squared error plus half the weight decay times
the squared weights over the batch's size; Adam; a network stops when its training loss has not improved by `tolerance`
for more than `patience_epochs` epochs. What a network learns depends on its listener's name, data and seed, and not on
the others in its cohort: one that has stopped leaves the program, the rest go on as they would have.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.device import side_by_side
from earshot.errors import DataError
from earshot.learn.perceptron import Perceptron, TrainingSet, TrainingSettings
from earshot.seeds import generator

_REGISTER = 64  # a multiple of the numbers that any vector register holds
_CPU_NETWORKS = 24  # at a time in one thread: enough to be worth each step's start, few enough for the cache

Precision = Literal["float32", "bfloat16"]


def train(
    cohort: Sequence[TrainingSet],
    settings: TrainingSettings,
    seed: int,
    device: torch.device,
    precision: Precision = "float32",
) -> list[Perceptron]:
    """Train one network per listener and return them in the cohort's order.

    Listeners may have different numbers of items, but share features and targets. `precision` is that of the products
    of matrices; weights, gradients' sums and the optimiser are always float32.
    """
    groups: list[list[TrainingSet]] = []
    for items in sorted({len(data.features) for data in cohort}):  # one program has one number of items
        alike = [data for data in cohort if len(data.features) == items]
        size = len(alike) if device.type == "cuda" else min(_CPU_NETWORKS, ceil(len(alike) / torch.get_num_threads()))
        groups += [alike[start : start + size] for start in range(0, len(alike), size)]
    programs = side_by_side(lambda group: _Program(group, settings, seed, device, precision).run(), groups, device)
    trained = {name: network for program in programs for name, network in program.items()}
    return [trained[data.name] for data in cohort]


class _Program:
    """Networks that are still learning, stacked: every tensor's first axis is theirs."""

    def __init__(
        self,
        group: Sequence[TrainingSet],
        settings: TrainingSettings,
        seed: int,
        device: torch.device,
        precision: Precision,
    ) -> None:
        self.settings = settings
        self.group = list(group)
        self.precision: torch.dtype = getattr(torch, precision)
        self.items = len(group[0].features)
        sizes = [group[0].features.shape[1], *settings.hidden_layers, group[0].targets.shape[1]]
        self.shapes = list(pairwise(sizes))
        self.orders = [generator(seed, "order", data.name) for data in group]
        rows = [group[row] for row in _rows(range(len(group)))]
        standardised = [(data.features - data.statistics[0]) / data.statistics[1] for data in rows]
        self.features = torch.from_numpy(np.stack(standardised)).to(device, self.precision)
        self.targets = torch.from_numpy(np.stack([data.targets for data in rows])).to(device)
        drawn = [_initial(self.shapes, generator(seed, "weights", data.name)) for data in rows]
        weights, biases = (torch.from_numpy(np.stack(part)).to(device) for part in zip(*drawn, strict=True))
        self._optimise(weights, biases)
        self.losses: list[list[float]] = [[] for _ in group]
        self.patience = [_Patience(settings) for _ in group]

    def _optimise(self, weights: torch.Tensor, biases: torch.Tensor, state: dict[int, Any] | None = None) -> None:
        """Let Adam work on these weights and biases, `(networks, numbers)` each, going on from a state."""
        self.weights, self.biases = torch.nn.Parameter(weights), torch.nn.Parameter(biases)
        groups = [{"params": [self.weights]}, {"params": [self.biases]}]
        self.adam = torch.optim.Adam(groups, lr=self.settings.learning_rate, fused=True)
        if state is not None:
            self.adam.load_state_dict(self.adam.state_dict() | {"state": state})

    def run(self) -> dict[str, Perceptron]:
        """Train until every network has stopped."""
        stopped: dict[str, Perceptron] = {}
        with torch.no_grad():
            while self.group:
                losses = self._epoch()
                stops = []
                for place, (data, loss) in enumerate(zip(self.group, losses, strict=False)):
                    if not np.isfinite(loss):
                        raise DataError(
                            f"{data.name}: the training loss is {loss}. Look for values that are not finite in this "
                            "listener's features, or lower the config key localisation.network.learning_rate."
                        )
                    self.losses[place].append(loss)
                    stops.append(self.patience[place].is_over(loss))
                if any(stops):
                    stopped |= {self.group[place].name: self._result(place) for place, stop in enumerate(stops) if stop}
                    self._keep([place for place, stop in enumerate(stops) if not stop])
        return stopped

    def _epoch(self) -> list[float]:
        """Go once through the items and return the mean training loss of each row."""
        drawn = [rng.permutation(self.items) for rng in self.orders]
        order = np.stack([drawn[row] + place * self.items for place, row in enumerate(_rows(range(len(drawn))))])
        rows = torch.from_numpy(order.ravel()).to(self.features.device)
        features, targets = (
            whole.flatten(0, 1).index_select(0, rows).view(*order.shape, -1) for whole in (self.features, self.targets)
        )
        squares = torch.zeros(len(order), device=self.features.device)
        batch = min(self.settings.batch_size, self.items)
        for start in range(0, self.items, batch):
            squares += self._step(features[:, start : start + batch], targets[:, start : start + batch])
        mean_square = squares / (self.items * targets.shape[-1])
        # The penalty belongs to each batch; taken once an epoch, it differs by what the weights moved in between.
        batches = -(-self.items // batch)
        penalty = self.settings.weight_decay * self.weights.square().sum(1) * batches / self.items
        losses: list[float] = (0.5 * (mean_square + penalty)).tolist()
        return losses

    def _step(self, features: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Take one step on a batch and return each network's summed squared error before it."""
        self.adam.zero_grad()
        with torch.enable_grad():
            weights = _layers(self.weights.to(self.precision), self.shapes)
            outputs = [outputs for _, outputs in self.shapes]
            biases = torch.split(self.biases[:, None, : sum(outputs)].to(self.precision), outputs, dim=-1)
            value = torch.baddbmm(biases[0], features, weights[0])
            for weight, bias in zip(weights[1:], biases[1:], strict=True):
                hidden = value.relu() if self.settings.activation == "relu" else value.tanh()
                value = torch.baddbmm(bias, hidden, weight)
            squares = (value.float() - targets).square().sum((1, 2))
            # Networks share no number, so the gradient of their sum is each one's own.
            (squares.sum() / (2 * features.shape[1])).backward()  # type: ignore[no-untyped-call]
        self.adam.param_groups[0]["weight_decay"] = self.settings.weight_decay / features.shape[1]
        self.adam.step()
        return squares.detach()

    def _keep(self, places: list[int]) -> None:
        """Go on with the networks at these places alone."""
        self.group = [self.group[place] for place in places]
        if not places:
            return
        index = torch.tensor(_rows(places), device=self.features.device)
        self.orders = [self.orders[place] for place in places]
        self.losses = [self.losses[place] for place in places]
        self.patience = [self.patience[place] for place in places]
        self.features, self.targets = self.features[index], self.targets[index]
        state = {
            number: {name: value[index] if value.dim() else value for name, value in moments.items()}
            for number, moments in self.adam.state_dict()["state"].items()
        }
        self._optimise(self.weights.detach()[index], self.biases.detach()[index], state)

    def _result(self, place: int) -> Perceptron:
        mean, scale = self.group[place].statistics
        weights = [layer[place].cpu().numpy().copy() for layer in _layers(self.weights.detach(), self.shapes)]
        bounds = np.cumsum([outputs for _, outputs in self.shapes])
        biases = np.split(self.biases.detach()[place].cpu().numpy().copy(), bounds)[:-1]
        loss = np.array(self.losses[place], np.float32)
        return Perceptron(weights, biases, mean, scale, self.settings.activation, loss)


class _Patience:
    """One network's stopping rule."""

    def __init__(self, settings: TrainingSettings) -> None:
        self.settings = settings
        self.epochs = self.without_improvement = 0
        self.best = np.inf

    def is_over(self, loss: float) -> bool:
        """Take in an epoch's loss and say whether it was the last."""
        self.epochs += 1
        improved = loss <= self.best - self.settings.tolerance
        self.without_improvement = 0 if improved else self.without_improvement + 1
        self.best = min(self.best, loss)
        return self.without_improvement > self.settings.patience_epochs or self.epochs >= self.settings.max_epochs


def _rows(places: Sequence[int]) -> list[int]:
    """Return which networks fill a program's rows: one that is alone fills two.

    Products of matrices take another path for a single one, with other rounding; so does Adam for numbers that fill
    no vector register, which is why each network's are padded. Both would let companions change a result.
    """
    return [*places] * (2 if len(places) == 1 else 1)


def _initial(
    shapes: Sequence[tuple[int, int]], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw one network's weights and biases, flat and padded.

    Both are drawn after Glorot and Bengio (2010), eq. 16, as scikit-learn does.
    """
    bounds = [np.sqrt(6 / (inputs + outputs)) for inputs, outputs in shapes]
    weights = [rng.uniform(-bound, bound, np.prod(shape)) for bound, shape in zip(bounds, shapes, strict=True)]
    biases = [rng.uniform(-bound, bound, outputs) for bound, (_, outputs) in zip(bounds, shapes, strict=True)]
    flat = (np.concatenate(parts).astype(np.float32) for parts in (weights, biases))
    padded_weights, padded_biases = (np.pad(numbers, (0, -len(numbers) % _REGISTER)) for numbers in flat)
    return padded_weights, padded_biases


def _layers(flat: torch.Tensor, shapes: Sequence[tuple[int, int]]) -> list[torch.Tensor]:
    """Return views of the weights `(networks, numbers)` as layers, `(networks, inputs, outputs)` each."""
    sizes = [inputs * outputs for inputs, outputs in shapes]
    parts = torch.split(flat[:, : sum(sizes)], sizes, dim=1)
    return [part.view(-1, *shape) for part, shape in zip(parts, shapes, strict=True)]
