"""Many networks trained as one tensor program, each with its own data, settings, order, stopping and result.

The rule is scikit-learn's `MLPRegressor`'s, written out: Glorot-uniform weights and biases; every epoch a new order of
the items; batches of `batch_size`, the last one smaller; half the mean squared error plus half the weight decay times
the squared weights over the batch's size; Adam; a network stops when its training loss has not improved by `tolerance`
for more than `patience_epochs` epochs. What a network learns depends on its listener's name, data, settings and seed,
and not on the others in its cohort: one that has stopped leaves the program, the rest go on as they would have.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.device import Precision, precision_on, side_by_side
from earshot.errors import DataError
from earshot.learn.perceptron import Perceptron, TrainingSet, TrainingSettings
from earshot.learn.stack import Pace, Stack, layers
from earshot.seeds import generator

_REGISTER = 64  # a multiple of the numbers that any vector register holds
_CPU_NETWORKS = 24  # at a time in one thread: enough to be worth each step's start, few enough for the cache
_STEP_MULTIPLY_ADDS = 1 << 23  # that take a core as long as all that a step does besides: 0.1 ms


@dataclass(frozen=True)
class Member:
    """What one network learns from, and how."""

    data: TrainingSet
    settings: TrainingSettings


def train(
    listeners: Sequence[TrainingSet],
    settings: TrainingSettings,
    seed: int,
    device: torch.device,
    precision: Precision = "float32",
) -> list[Perceptron]:
    """Train one network per listener, all by the same settings, and return them in the listeners' order.

    Raises DataError when a loss is not finite.
    """
    cohort = Cohort([Member(data, settings) for data in listeners], seed, device, precision)
    cohort.advance()
    networks = cohort.networks()
    for data, network in zip(listeners, networks, strict=True):
        if not np.isfinite(network.loss[-1]):
            raise DataError(
                f"{data.name}: the training loss is {network.loss[-1]}. Look for values that are not finite in this "
                "listener's features, or lower the config key localisation.network.learning_rate."
            )
    return networks


class Cohort:
    """Networks that learn side by side, and may be looked at, or left out, at any epoch.

    Members may differ in everything. Those with like shapes (items, features, layers, activation, size of batches) are
    one program. `precision` is that of the products of matrices, where the device has instructions for it and it gains
    anything (`earshot.learn.stack`).
    """

    def __init__(
        self, members: Sequence[Member], seed: int, device: torch.device, precision: Precision = "float32"
    ) -> None:
        self.device = device
        # So many at a time that each thread has its share; two at least, since one that is alone fills two rows.
        on_cpu = max(2, min(_CPU_NETWORKS, ceil(len(members) / torch.get_num_threads())))
        most = len(members) if device.type == "cuda" else on_cpu
        self._programs: list[_Program] = []
        alike: dict[tuple[Any, ...], list[int]] = {}
        for place, member in enumerate(members):
            alike.setdefault(_shape(member), []).append(place)
        for places in alike.values():
            for start in range(0, len(places), most):
                some = places[start : start + most]
                self._programs.append(_Program(some, [members[place] for place in some], seed, device, precision))
        # The longest ones first, so that no thread is left with one of them while the others have nothing to do.
        self._programs.sort(key=_Program.multiply_adds, reverse=True)

    def advance(self, epochs: int | None = None) -> None:
        """Train every network that has not stopped until it has so many epochs behind it; None: until it stops.

        One whose loss is not finite stops.
        """
        side_by_side(lambda program: program.run(epochs), self._programs, self.device)

    def networks(self) -> list[Perceptron]:
        """Return the networks in the members' order: those that have stopped, and the others as they are by now."""
        found = {place: network for program in self._programs for place, network in program.networks().items()}
        return [found[place] for place in sorted(found)]

    def drop(self, places: Collection[int]) -> set[int]:
        """Let members at these places learn no more; return those of them that had not stopped by themselves."""
        return {place for program in self._programs for place in program.drop(places)}


def _shape(member: Member) -> tuple[Any, ...]:
    """Return what networks of one program have in common."""
    settings = member.settings
    return (*member.data.features.shape, settings.hidden_layers, settings.activation, settings.batch_size)


class _Program:
    """Networks that are still learning, stacked: every tensor's first axis is theirs."""

    def __init__(
        self,
        places: Sequence[int],
        group: Sequence[Member],
        seed: int,
        device: torch.device,
        precision: Precision,
    ) -> None:
        self.places = list(places)
        self.group = list(group)
        first = group[0]
        self.items, self.batch = len(first.data.features), min(first.settings.batch_size, len(first.data.features))
        self.activation = first.settings.activation
        self.shapes = first.settings.layer_shapes(first.data.features.shape[1], first.data.targets.shape[1])
        self.epochs = 0
        self.orders = [generator(seed, "order", member.data.name) for member in group]
        self.statistics = [member.data.statistics for member in group]
        rows = _rows(range(len(group)))
        drawn = [_initial(self.shapes, generator(seed, "weights", group[row].data.name)) for row in rows]
        weights, biases = (torch.from_numpy(np.stack(part)).to(device) for part in zip(*drawn, strict=True))
        kind = getattr(torch, precision_on(device, precision))
        self.stack = Stack(self.shapes, self.activation, self.batch, weights, biases, kind)
        standardised = [
            (group[row].data.features - mean) / scale for row in rows for mean, scale in [self.statistics[row]]
        ]
        self.features = torch.from_numpy(np.stack(standardised)).to(device, self.stack.precision)
        self.targets = torch.from_numpy(np.stack([group[row].data.targets for row in rows])).to(device)
        self.losses: list[list[float]] = [[] for _ in group]
        self.patience = [_Patience(member.settings) for member in group]
        self.stopped: dict[int, Perceptron] = {}

    def run(self, epochs: int | None = None) -> None:
        """Train until every network has stopped, or has so many epochs behind it."""
        with torch.no_grad():
            while self.group and (epochs is None or self.epochs < epochs):
                losses = self._epoch()
                self.epochs += 1
                stops = []
                for row in range(len(self.group)):
                    self.losses[row].append(losses[row])
                    stops.append(self.patience[row].is_over(losses[row]) or not np.isfinite(losses[row]))
                self._stop([row for row, stop in enumerate(stops) if stop])

    def multiply_adds(self) -> int:
        """Return about how many an epoch takes; to begin a step takes as long as very many."""
        a_step = _STEP_MULTIPLY_ADDS + 3 * len(self.group) * self.batch * sum(map(prod, self.shapes))
        return ceil(self.items / self.batch) * a_step

    def networks(self) -> dict[int, Perceptron]:
        """Return every network by its place in the cohort."""
        return self.stopped | {place: self._result(row) for row, place in enumerate(self.places)}

    def drop(self, places: Collection[int]) -> list[int]:
        """Train the networks at these places of the cohort no more, and return which of them were still learning."""
        dropped = [place for place in self.places if place in places]
        self._stop([row for row, place in enumerate(self.places) if place in places])
        return dropped

    def _stop(self, rows: list[int]) -> None:
        if rows:
            self.stopped |= {self.places[row]: self._result(row) for row in rows}
            self._keep([row for row in range(len(self.group)) if row not in rows])

    def _epoch(self) -> list[float]:
        """Go once through the items and return the mean training loss of each row."""
        drawn = [rng.permutation(self.items) for rng in self.orders]
        order = np.stack([drawn[row] + place * self.items for place, row in enumerate(_rows(range(len(drawn))))])
        rows = torch.from_numpy(order.ravel()).to(self.features.device)
        features, targets = (
            whole.flatten(0, 1).index_select(0, rows).view(*order.shape, -1) for whole in (self.features, self.targets)
        )
        squares = torch.zeros(len(order), device=self.features.device)
        paces = self._paces()
        for start in range(0, self.items, self.batch):
            few = slice(start, start + self.batch)
            squares += self.stack.step(features[:, few], targets[:, few], paces)
        mean_square = squares / (self.items * targets.shape[-1])
        # The penalty belongs to each batch; taken once an epoch, it differs by what the weights moved in between.
        batches = -(-self.items // self.batch)
        rows_decay = [self.group[row].settings.weight_decay for row in _rows(range(len(self.group)))]
        penalty = self.stack.weights.square().sum(1) * torch.tensor(rows_decay, device=squares.device)
        losses: list[float] = (0.5 * (mean_square + penalty * (batches / self.items))).tolist()
        return losses

    def _paces(self) -> list[Pace]:
        """Return how the stack's networks learn in this epoch; neighbours by the same settings are one."""
        members = [self.group[row].settings for row in _rows(range(len(self.group)))]
        paces, first = [], 0
        for settings, same in groupby(members):
            count = len(list(same))
            paces.append(Pace(slice(first, first + count), settings.rate(self.epochs), settings.weight_decay))
            first += count
        return paces

    def _keep(self, rows: list[int]) -> None:
        """Go on with the networks in these rows alone."""
        self.places = [self.places[row] for row in rows]
        self.group = [self.group[row] for row in rows]
        if not rows:
            return
        index = torch.tensor(_rows(rows), device=self.features.device)
        self.orders = [self.orders[row] for row in rows]
        self.losses = [self.losses[row] for row in rows]
        self.patience = [self.patience[row] for row in rows]
        self.statistics = [self.statistics[row] for row in rows]
        self.features, self.targets = self.features[index], self.targets[index]
        self.stack.keep(index)

    def _result(self, row: int) -> Perceptron:
        weights = [layer[row].cpu().numpy().copy() for layer in layers(self.stack.weights, self.shapes)]
        bounds = np.cumsum([outputs for _, outputs in self.shapes])
        biases = np.split(self.stack.biases[row].cpu().numpy().copy(), bounds)[:-1]
        loss = np.array(self.losses[row], np.float32)
        return Perceptron(weights, biases, *self.statistics[row], self.activation, loss)


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
