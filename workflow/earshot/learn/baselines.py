"""What better models are to be compared with: the nearest template, and kernel regression.

Features are standardised, and those that have a period are taken on the circle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.kernel_ridge import KernelRidge
from sklearn.neighbors import KNeighborsRegressor

from earshot.learn.perceptron import TrainingSet
from earshot.learn.templates import on_the_circle
from earshot.progress import progress

Baseline = Literal["nearest_template", "kernel_regression"]

RIDGE = 0.01


@dataclass(frozen=True)
class Regression:
    """A regression of scikit-learn's for one listener. Called with features, it gives vectors."""

    fitted: Any
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    periods: NDArray[np.float64]  # (features,)
    loss: NDArray[np.float32]  # (0,)

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return vectors `(..., 3)` for features `(..., features)`."""
        values = (on_the_circle(features, self.periods) - self.mean) / self.scale
        said: NDArray[np.float64] = self.fitted.predict(values.reshape(-1, values.shape[-1]))
        return said.reshape(*features.shape[:-1], 3)


def train(listeners: Sequence[TrainingSet], baseline: Baseline, periods: NDArray[np.float64]) -> list[Regression]:
    """Fit a baseline to each listener."""
    return [_train(data, baseline, periods) for data in progress(listeners, baseline.replace("_", " "))]


def _train(data: TrainingSet, baseline: Baseline, periods: NDArray[np.float64]) -> Regression:
    values = on_the_circle(data.features, periods)
    mean, scale = values.mean(0), values.std(0)
    scale[scale == 0] = 1
    values, targets = (values - mean) / scale, data.targets.astype(np.float64)
    if baseline == "nearest_template":
        targets, place = np.unique(targets, axis=0, return_inverse=True)
        templates = np.zeros((len(targets), values.shape[-1]))
        np.add.at(templates, place.ravel(), values)
        values = templates / np.bincount(place.ravel())[:, None]
        regression = KNeighborsRegressor(1)
    else:
        # Of absolute differences: one band that is off does not outvote all others.
        regression = KernelRidge(alpha=RIDGE, kernel="laplacian")
    return Regression(regression.fit(values, targets), mean, scale, periods, np.empty(0, np.float32))
