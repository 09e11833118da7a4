"""SI-SDR: what it is of signals of which it is known."""

import numpy as np
import pytest
from earshot.score.separation import fitting_order, si_sdr_db, si_sdr_gain_db

SAMPLES = 4000


def noises(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal((*shape, SAMPLES))


def orthogonal(noise, signal):
    """A noise without what it has of a signal, as loud as that."""
    rest = noise - (noise * signal).sum() / np.square(signal).sum() * signal
    return rest * np.sqrt(np.square(signal).sum() / np.square(rest).sum())


@pytest.mark.parametrize("ratio_db", [-20, 0, 13.5, 60])
@pytest.mark.parametrize("scale", [1, -0.01, 300])
def test_it_is_the_ratio_at_which_orthogonal_noise_was_added_whatever_the_scale(ratio_db, scale):
    signal, noise = noises(2)
    estimate = signal + 10 ** (-ratio_db / 20) * orthogonal(noise, signal)
    assert si_sdr_db(scale * estimate, signal) == pytest.approx(ratio_db)
    assert si_sdr_db(estimate, scale * signal) == pytest.approx(ratio_db)


def test_many_signals_are_judged_each_alone():
    estimates, references = noises(3, 2), noises(3, 2, seed=2) + noises(3, 2)
    together = si_sdr_db(estimates, references)
    assert together.shape == (3, 2)
    assert together[1, 0] == pytest.approx(si_sdr_db(estimates[1, 0], references[1, 0]))


def test_the_same_signal_has_no_distortion():
    signal = noises()
    assert si_sdr_db(signal, signal) == np.inf
    assert si_sdr_db(0.3 * signal, signal) > 250


def test_silence():
    """It holds nothing of a source; and what an estimate holds of silence is no question."""
    signal, silence = noises(), np.zeros(SAMPLES)
    assert si_sdr_db(silence, signal) == -np.inf
    assert np.isnan(si_sdr_db(signal, silence)) and np.isnan(si_sdr_db(silence, silence))


def test_the_mixture_itself_is_no_gain():
    sources = noises(2, 2)
    mixture = sources.sum(0)
    assert si_sdr_gain_db(np.stack([mixture, mixture]), sources, mixture) == pytest.approx(0)


def test_a_gain_is_counted_at_the_ear_that_hears_the_source_better():
    """The first source is louder on the left, the second on the right; only there are estimates free of the other."""
    first, second = noises(2)
    second = orthogonal(second, first)
    sources = np.stack([[first, 0.5 * first], [0.5 * second, second]])
    mixture = sources.sum(0)
    estimates = np.stack([mixture, mixture])
    estimates[0, 0] = first + 0.05 * second
    estimates[1, 1] = second + 0.05 * first
    assert si_sdr_gain_db(estimates, sources, mixture) == pytest.approx(20)


def test_an_ear_that_does_not_hear_a_source_is_not_the_better_one():
    sources = noises(2, 2)
    sources[0, 0] = 0
    gain, _ = si_sdr_gain_db(sources + 0.1 * noises(2, 2, seed=2), sources, sources.sum(0))
    assert gain == pytest.approx(20, abs=1)


def test_estimates_are_taken_in_the_order_in_which_they_fit():
    random = np.random.default_rng(1)
    sources = random.standard_normal((2, 2, 1000))
    estimates = sources[::-1] + 0.1 * random.standard_normal((2, 2, 1000))
    mixture = sources.sum(0)
    assert fitting_order(estimates, sources, mixture) == (1, 0)
    assert fitting_order(estimates[::-1], sources, mixture) == (0, 1)
    silent = estimates.copy()
    silent[0] = 0  # of which the gain is minus infinity in either order
    assert fitting_order(silent, sources, mixture) == (1, 0)
