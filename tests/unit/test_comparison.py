"""How far responses are apart, and whether anybody would notice."""

import numpy as np
import pytest
from earshot.rooms.comparison import compare, medians

RATE_HZ = 16000


def decaying(t60_s, seed=1, rows=4):
    draw = np.random.default_rng(seed)
    times = np.arange(16000) / RATE_HZ
    response = draw.normal(size=(rows, 16000)) * 10 ** (-3 * times / t60_s)
    response[:, 0] = 3
    return response


ARRIVALS = np.zeros(4, int)


def test_a_response_is_no_distance_from_itself():
    found = compare(decaying(0.5), decaying(0.5), ARRIVALS, RATE_HZ)
    errors = [name for name in found if "error" in name]
    assert (found[errors] == 0).all().all() and (found["early_nmse"] == 0).all() and found["within_jnd"].all()


def test_a_longer_decay_is_an_error_as_large_as_it_is():
    found = compare(decaying(0.55), decaying(0.5), ARRIVALS, RATE_HZ)
    assert found["t60_error"].to_numpy() == pytest.approx(0.1, abs=0.01)
    assert (found["c50_error_db"] < 0).all() and not found["within_jnd"].any()
    assert found["t60_error_1000"].median() == pytest.approx(0.1, abs=0.03)
    assert np.allclose(found["said_t60_s"], 0.55, rtol=0.02) and np.allclose(found["true_t60_s"], 0.5, rtol=0.02)


def test_other_noise_of_the_same_decay_is_hardly_noticed_but_is_another_waveform():
    found = compare(decaying(0.5, seed=2), decaying(0.5), ARRIVALS, RATE_HZ)
    assert found["t60_error"].abs().max() < 0.05 and found["early_nmse"].min() > 0.5


def test_silence_is_noticed():
    found = compare(np.zeros((4, 16000)), decaying(0.5), ARRIVALS, RATE_HZ)
    assert not found["within_jnd"].any() and found["t60_error"].isna().all()
    assert (found["early_nmse"] == 1).all()


def test_what_does_not_decay_is_as_far_off_as_can_be():
    """Else a model of which one response in ten decays would have that one's error."""
    found = compare(decaying(0.5), decaying(0.5), ARRIVALS, RATE_HZ)
    found.loc[1:, ["t60_error", "said_t60_s"]] = np.nan
    assert medians(found)["t60_error_pct"] == np.inf
    found.loc[:, "true_t60_s"] = np.nan
    assert medians(found)["t60_error_pct"] == 0, "but not where there is none to find"


def test_figures_are_medians_of_absolute_errors():
    found = compare(decaying(0.5), decaying(0.5), ARRIVALS, RATE_HZ)
    found["t60_error"] = [-0.04, 0.01, 0.02, -0.03]
    found["within_jnd"] = [True, True, True, False]
    figures = medians(found)
    assert figures["t60_error_pct"] == pytest.approx(2.5) and figures["within_jnd"] == 0.75
