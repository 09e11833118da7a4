"""Interpolated templates find directions between the known ones, and know what noise does."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from earshot.directions import great_circle_deg
from earshot.learn import baselines, templates
from earshot.learn.perceptron import TrainingSet
from earshot.learn.templates import TemplateSettings, covariance, on_the_circle, spread_directions

SETTINGS = TemplateSettings((0.5, 1.0, 2.0), (1e-4, 1e-2), 4000)
CPU = torch.device("cpu")
NO_PERIOD = np.full(6, np.inf)


def heard(directions, noise, random, repetitions=3, common=0.0):
    """Six smooth features of each direction, with noise of each and noise that all features share."""
    mixing = np.random.default_rng(0).normal(size=(3, 6))
    plain = np.repeat(directions @ mixing + (directions @ mixing) ** 2, repetitions, axis=0)
    shared = common * random.normal(size=(len(plain), 1))
    features = plain + noise * random.normal(size=plain.shape) + shared
    return features.astype(np.float32), np.repeat(directions, repetitions, axis=0)


def training_set(directions, noise=0.02, random=None, name="anna", **how):
    features, targets = heard(directions, noise, random or np.random.default_rng(1), **how)
    return TrainingSet(name, features, targets.astype(np.float32))


def errors(model, directions, noise=0.02, **how):
    features, true = heard(directions, noise, np.random.default_rng(2), **how)
    return great_circle_deg(model(features), true)


KNOWN, BETWEEN, AXES = spread_directions(300), spread_directions(77), spread_directions(7)


def test_directions_that_nobody_told_are_found_between_the_known_ones():
    """Known directions lie 12 degrees apart; answers are far closer than that, and than the nearest template."""
    data = training_set(KNOWN)
    (model,) = templates.train([data], SETTINGS, NO_PERIOD, CPU)
    (nearest,) = baselines.train([data], "nearest_template", NO_PERIOD)
    found = np.percentile(errors(model, BETWEEN), 95)
    assert found < 4
    assert found < 0.5 * np.percentile(errors(nearest, BETWEEN), 95)


def test_noise_that_features_share_is_told_from_what_they_say():
    """A common shift as large as the features' own range costs little once training has shown it."""
    shown, hidden = (
        templates.train([training_set(KNOWN, common=common)], SETTINGS, NO_PERIOD, CPU)[0] for common in (1.0, 0.0)
    )
    assert np.percentile(errors(shown, BETWEEN, common=1.0), 95) < 6
    assert np.percentile(errors(hidden, BETWEEN, common=1.0), 95) > 20


def test_templates_are_made_of_plain_sounds_and_the_rest_tells_the_scatter():
    """Sounds that are off by a constant move no template."""
    random = np.random.default_rng(3)
    plain, targets = heard(KNOWN, 0.02, random, repetitions=1)
    coloured = plain + random.normal(size=(len(plain), 1)).astype(np.float32)
    both = TrainingSet(
        "anna",
        np.concatenate([plain, coloured]),
        np.tile(targets, (2, 1)).astype(np.float32),
        np.repeat([True, False], len(plain)),
    )
    alone = TrainingSet("anna", plain, targets.astype(np.float32))
    first, second = (templates.train([data], SETTINGS, NO_PERIOD, CPU)[0] for data in (both, alone))
    np.testing.assert_allclose(first.mean, second.mean)
    np.testing.assert_allclose(first.weights, second.weights)
    assert np.percentile(errors(first, BETWEEN, common=1.0), 95) < 6
    assert np.percentile(errors(second, BETWEEN, common=1.0), 95) > 20


def test_what_a_listeners_templates_are_does_not_depend_on_the_others():
    sets = [training_set(KNOWN, name="anna"), training_set(KNOWN[::2], name="bert"), training_set(KNOWN, name="carl")]
    together = templates.train(sets, SETTINGS, NO_PERIOD, CPU)
    for model, data in zip(together, sets, strict=True):
        (alone,) = templates.train([data], SETTINGS, NO_PERIOD, CPU)
        for name in ("weights", "lengths", "whitening", "interpolated", "uncertainty", "directions"):
            np.testing.assert_array_equal(getattr(model, name), getattr(alone, name))


def test_in_a_gap_templates_are_less_certain():
    """The variance of the interpolation is that of Gaussian processes: largest where known directions are farthest."""
    around = KNOWN[great_circle_deg(KNOWN, np.array([[1.0, 0, 0]])) > 18]
    settings = replace(SETTINGS, lengths=(0.3,), noises=(1e-4,))
    (model,) = templates.train([training_set(around)], settings, NO_PERIOD, CPU)
    near = templates.directions_near(around, SETTINGS.candidates)
    distance = np.degrees(np.arccos((near @ around.T).max(1).clip(-1, 1)))
    least, most = (model.uncertainty[far].mean() for far in (distance < 3, distance > 11))
    assert least < 1 < most and most > 4 * least


def test_the_share_of_the_interpolation_is_what_was_left_out():
    """Whitened errors of directions that are left out have a diagonal covariance: those shares, at most 1."""
    (model,) = templates.train([training_set(KNOWN)], SETTINGS, NO_PERIOD, CPU)
    grid = templates._Grid(model.directions, SETTINGS, CPU)
    about = torch.from_numpy(model.at(model.directions) - model.mean)
    left_out = np.empty_like(model.weights)
    for value in range(6):
        ours = [n for n, (length, _) in enumerate(grid.tried) if length == model.lengths[value]]
        tried = [model.weights[:, value] / grid.inverses[n].diagonal().numpy() for n in ours]
        fits = [
            abs(
                grid.inverses[n] @ (about[:, value] + grid.tried[n][1] * torch.from_numpy(model.weights[:, value]))
                - torch.from_numpy(model.weights[:, value])
            ).max()
            for n in ours
        ]
        left_out[:, value] = tried[int(np.argmin(fits))]
    turned = left_out @ model.whitening
    np.testing.assert_allclose(turned.T @ turned / len(turned), np.diag(model.interpolated), atol=1e-4)
    assert model.interpolated.max() <= 1


def test_coincident_directions_are_one_template():
    """One direction measured twice, with rounding between, gives one row."""
    twice = np.concatenate([KNOWN, KNOWN[:1] + 1e-7])
    (model,) = templates.train([training_set(twice)], SETTINGS, NO_PERIOD, CPU)
    assert len(model.directions) == len(KNOWN)


def test_each_feature_has_the_length_that_suits_it():
    """A feature that swings fast over the sphere is interpolated over less than one that hardly changes."""
    fast, slow = np.sin(25 * KNOWN[:, :1]), KNOWN[:, 2:]
    features = np.concatenate([fast, slow], 1).astype(np.float32)
    settings = replace(SETTINGS, lengths=(0.1, 2.0), noises=(1e-3,))
    (model,) = templates.train([TrainingSet("anna", features, KNOWN.astype(np.float32))], settings, NO_PERIOD[:2], CPU)
    assert model.lengths.tolist() == [0.1, 2.0]


def test_a_phase_that_wraps_is_no_jump():
    """Delays that run through more than a period are worth as much as if they did not wrap."""
    period = 250.0

    def delays(directions, seed):
        random = np.random.default_rng(seed)
        plain = 150 * directions @ AXES.T
        plain += random.normal(0, 2, plain.shape)
        return ((plain + period / 2) % period - period / 2).astype(np.float32)

    data = TrainingSet("anna", delays(KNOWN, 1), KNOWN.astype(np.float32))
    wise, naive = (
        templates.train([data], SETTINGS, np.full(len(AXES), value), CPU)[0](delays(BETWEEN, 2))
        for value in (period, np.inf)
    )
    assert np.percentile(great_circle_deg(wise, BETWEEN), 95) < 4
    assert np.percentile(great_circle_deg(naive, BETWEEN), 95) > 8


def test_on_the_circle_half_a_period_is_next_to_minus_half():
    values = on_the_circle(np.array([[1.0, 249.9], [1.0, -249.9]], np.float32), np.array([np.inf, 500.0]))
    assert values.shape == (2, 3) and abs(values[0] - values[1]).max() < 0.01


@pytest.mark.parametrize("length", [0.1, 0.5, 2.0])
def test_the_covariance_is_one(length):
    """Of variance 1, symmetric, falling with the angle, and no eigenvalue is negative."""
    directions = torch.from_numpy(spread_directions(150))
    matrix = covariance(directions, directions, length)
    np.testing.assert_allclose(matrix.diagonal(), 1, atol=1e-6)
    assert torch.linalg.eigvalsh(matrix).min() > -1e-8
    angle = great_circle_deg(directions.numpy(), directions.numpy()[:1])
    assert (np.diff(matrix[0].numpy()[np.argsort(angle)]) <= 1e-9).all()


def test_spread_directions_are_even():
    """Unit vectors, about as many in every octant, none close to another."""
    directions = spread_directions(800)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    octants = np.unique(directions > 0, axis=0, return_counts=True)[1]
    assert len(octants) == 8 and abs(octants - 100).max() < 6
    apart = np.degrees(np.arccos(np.sort(directions @ directions.T, axis=1)[:, -2].clip(-1, 1)))
    assert apart.min() > 0.5 * np.degrees(np.sqrt(4 * np.pi / 800))


@pytest.mark.parametrize("baseline", ["nearest_template", "kernel_regression"])
def test_baselines_answer_for_known_directions(baseline):
    (model,) = baselines.train([training_set(KNOWN)], baseline, NO_PERIOD)
    assert np.median(errors(model, KNOWN)) < 8


@pytest.mark.gpu
def test_cuda_finds_the_same_templates():
    on_cpu, on_gpu = (
        templates.train([training_set(KNOWN)], SETTINGS, NO_PERIOD, torch.device(name))[0] for name in ("cpu", "cuda")
    )
    features, _ = heard(BETWEEN, 0.02, np.random.default_rng(2))
    assert great_circle_deg(on_cpu(features), on_gpu(features)).max() < 1e-3
