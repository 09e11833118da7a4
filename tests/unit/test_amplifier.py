"""The amplifier: it saturates, its loudspeaker cuts off, and an item's settings are its own."""

import numpy as np
from earshot.signal.amplifier import AmplifierSettings, amplified

RATE_HZ = 16000
FLAT = AmplifierSettings((20, 20), (0, 0))


def tone(hz, level=0.3):
    return (level * np.sin(2 * np.pi * hz * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)


def levels_db(signal, frequencies):
    spectrum = abs(np.fft.rfft(signal * np.hanning(len(signal))))
    return 20 * np.log10(spectrum[list(frequencies)] / spectrum.max() + 1e-12)


def test_saturation_adds_odd_harmonics_and_folds_nothing_below_half_the_rate():
    """A hyperbolic tangent is odd. What it adds at 9 * 1100 = 9900 Hz would be folded to 6100 Hz."""
    played = amplified(tone(1100), RATE_HZ, FLAT, 1, "any")
    third, fifth, second, folded = levels_db(played, [3300, 5500, 2200, 6100])
    assert -20 < third < -5 and -40 < fifth < third
    assert second < -80 and folded < -70


def test_more_drive_saturates_more_whatever_the_level():
    soft, hard = (AmplifierSettings((drive, drive), (0, 0)) for drive in (6, 30))
    third = [
        levels_db(amplified(tone(500, level), RATE_HZ, one, 1, "any"), [1500])
        for one in (soft, hard)
        for level in (0.01, 0.5)
    ]
    assert np.allclose(third[0], third[1], atol=0.1) and third[2] > third[0] + 5


def test_the_loudspeaker_lets_little_through_at_both_ends():
    noise = np.random.default_rng(2).standard_normal(8 * RATE_HZ).astype(np.float32)
    gentle = AmplifierSettings((-30, -30), (0, 0))
    gain = abs(np.fft.rfft(amplified(noise, RATE_HZ, gentle, 1, "any"))) / abs(np.fft.rfft(noise))
    middle, low, high = (
        20 * np.log10(np.median(gain[8 * a : 8 * b])) for a, b in ((500, 1500), (20, 30), (7500, 7900))
    )
    assert low < middle - 8 and high < middle - 9


def test_the_peak_stays_and_so_does_the_place_in_time():
    click = np.zeros(RATE_HZ, np.float32)
    click[4000:4100] = tone(1000)[:100]
    played = amplified(click, RATE_HZ, FLAT, 1, "any")
    assert len(played) == len(click) and abs(played).max() == np.float32(abs(click).max())
    assert abs(np.argmax(abs(played)) - np.argmax(abs(click))) < 20


def test_settings_are_the_items_own():
    settings = AmplifierSettings((6, 30), (-6, 6))
    one, again, another, other_seed = (
        amplified(tone(700), RATE_HZ, settings, seed, item) for seed, item in ((1, "a"), (1, "a"), (1, "b"), (2, "a"))
    )
    np.testing.assert_array_equal(one, again)
    assert not np.allclose(one, another) and not np.allclose(one, other_seed)
