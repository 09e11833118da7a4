"""Training the published way: one listener after another, by scikit-learn."""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from earshot.learn.perceptron import Perceptron, TrainingSet, TrainingSettings
from earshot.progress import progress
from earshot.seeds import generator


def train(listeners: Sequence[TrainingSet], settings: TrainingSettings, seed: int) -> list[Perceptron]:
    """Train one network per listener with scikit-learn's `MLPRegressor`."""
    return [_train(one, settings, seed) for one in progress(listeners, "training, control")]


def _train(data: TrainingSet, settings: TrainingSettings, seed: int) -> Perceptron:
    mean, scale = data.statistics
    network = MLPRegressor(
        hidden_layer_sizes=settings.hidden_layers,
        activation=settings.activation,
        learning_rate_init=settings.learning_rate,
        batch_size=min(settings.batch_size, len(data.features)),
        alpha=settings.weight_decay,
        max_iter=settings.max_epochs,
        n_iter_no_change=settings.patience_epochs,
        tol=settings.tolerance,
        # A generator and not its seed: epochs one by one go on in the stream of orders where the last one ended.
        random_state=np.random.RandomState(int(generator(seed, "control", data.name).integers(2**31))),
    )
    with warnings.catch_warnings():
        # Running into the last epoch is one of the two ways to end; the history says which it was.
        warnings.simplefilter("ignore", ConvergenceWarning)
        _fit(network, (data.features - mean) / scale, data.targets, settings)
    return Perceptron(
        weights=[weight.astype(np.float32) for weight in network.coefs_],
        biases=[bias.astype(np.float32) for bias in network.intercepts_],
        mean=mean,
        scale=scale,
        activation=settings.activation,
        loss=np.array(network.loss_curve_, np.float32),
    )


def _fit(
    network: MLPRegressor, features: NDArray[np.float32], targets: NDArray[np.float32], settings: TrainingSettings
) -> None:
    """Fit as scikit-learn does; where the learning rate falls, which it cannot with Adam, epoch by epoch."""
    if settings.schedule == "constant":
        network.fit(features, targets)
        return
    for epoch in range(settings.max_epochs):
        if epoch:
            network._optimizer.learning_rate_init = settings.rate(epoch)
        network.partial_fit(features, targets)
        if network._no_improvement_count > settings.patience_epochs:
            break
