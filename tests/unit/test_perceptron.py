"""The network's forward pass, and the statistics of its input."""

import numpy as np
import pytest
from earshot.learn.perceptron import Perceptron, TrainingSet
from sklearn.neural_network import MLPRegressor


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_forward_pass_is_scikit_learns(activation):
    random = np.random.default_rng(1)
    features = random.normal(3, 2, (60, 7)).astype(np.float32)
    mean, scale = TrainingSet("anna", features, features).statistics
    theirs = MLPRegressor(hidden_layer_sizes=(16, 8), activation=activation, max_iter=2000, tol=1e-2, random_state=1)
    theirs.fit((features - mean) / scale, random.normal(size=(60, 3)))
    ours = Perceptron(theirs.coefs_, theirs.intercepts_, mean, scale, activation, np.empty(0, np.float32))
    np.testing.assert_allclose(ours(features), theirs.predict((features - mean) / scale), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ours(features.reshape(3, 20, 7)), ours(features).reshape(3, 20, 3), atol=1e-6)


def test_statistics_standardise_and_a_constant_feature_stays_finite():
    features = np.stack([np.arange(5), np.full(5, 7)], -1).astype(np.float32)
    mean, scale = TrainingSet("anna", features, features).statistics
    np.testing.assert_allclose((features - mean) / scale, np.stack([(np.arange(5) - 2) / np.sqrt(2), np.zeros(5)], -1))
