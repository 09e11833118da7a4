"""What an impulse response says of a room, by ISO 3382-1, and what statistics says of the room beforehand.

Times are in seconds, energies relative, levels in dB.
"""

import numpy as np
from numpy.typing import NDArray

from earshot.signal.octaves import CENTRES_HZ, in_bands

SPEED_OF_SOUND = 343.0  # m/s, dry air of 20 degrees
DIRECT_S = 0.0025  # half the time around its arrival in which sound counts as direct (Zahorik 2002)
_ONSET = 0.1  # of a response's largest sample
_AT_ONCE = 8  # responses, or groups of them, whose octaves are in memory together
_BACKGROUND = 0.1  # of a recorded response, its end, that tells how loud the background is
_ABOVE_BACKGROUND_DB = 10.0  # that a decay has to be where its time is read last (ISO 3382-1, 5.3.3)

Measures = dict[str, NDArray[np.float64]]


def decay_levels(responses: NDArray[np.floating], background: NDArray[np.float64] | float = 0.0) -> NDArray[np.float64]:
    """Return decay curves `(..., samples)` in dB by backward integration (Schroeder 1965), 0 at the first sample.

    What comes after a response's last sound is at minus infinity. `background` `(..., samples)` is the power of a
    recording's noise, which is taken off (Chu 1978); what is left of a curve goes down until there is nothing above it.
    """
    squares = np.square(responses, dtype=np.float64) - background
    energy = np.cumsum(squares[..., ::-1], axis=-1)[..., ::-1]
    if np.any(background):
        energy = np.minimum.accumulate(energy, axis=-1).clip(min=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 10 * np.log10(energy / energy[..., :1])


def decay_time(levels: NDArray[np.float64], rate_hz: float, first_db: float, last_db: float) -> NDArray[np.float64]:
    """Return the time `(...)` of a decay by 60 dB, by the line of least squares between two levels of a decay curve.

    NaN where a curve has no three samples between these, or ends above the lower.
    """
    begins = np.argmax(levels <= first_db, axis=-1)
    ends = np.argmax(levels < last_db, axis=-1)  # 0 where it never is
    count = ends - begins
    finite = np.where(np.isfinite(levels), levels, 0.0)
    places = np.arange(levels.shape[-1])

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        summed = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
        bounds = [np.take_along_axis(summed, at[..., None], -1)[..., 0] for at in (begins, np.maximum(ends, begins))]
        return bounds[1] - bounds[0]

    level, moment = total(finite), total(finite * places)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = begins + (count - 1) / 2
        slope = 12 * (moment - middle * level) / (count * (count.astype(np.float64) ** 2 - 1))  # dB a sample
        return np.where((ends > 0) & (count >= 3) & (slope < 0), -60 / slope / rate_hz, np.nan)


def onsets(responses: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the samples `(...)` in which responses `(..., samples)` begin: 20 dB below their peak (ISO 3382-1)."""
    loud = abs(responses)
    return np.argmax(loud >= _ONSET * loud.max(-1, keepdims=True), axis=-1)


def background_power(responses: NDArray[np.floating], ends: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the power `(...)` of the noise in recorded responses `(..., samples)`: that of the last tenth.

    `ends` `(...)` are where they end in samples: what comes after is no recording but zeros that were added.
    """
    places = np.arange(responses.shape[-1])
    last = (places < ends[..., None]) & (places >= (1 - _BACKGROUND) * ends[..., None])
    return np.where(last, np.square(responses, dtype=np.float64), 0).sum(-1) / last.sum(-1).clip(min=1)


def measures(
    responses: NDArray[np.floating],
    rate_hz: float,
    arrivals: NDArray[np.integer],
    bands: bool = False,
    recorded: bool = False,
) -> Measures:
    """Return T60, EDT, C50, D50 and the direct-to-reverberant ratio of responses `(..., samples)`.

    `arrivals` `(...)` are the samples at which the direct sound arrives, from which times count. T60 is by the decay
    from -5 to -35 dB, EDT by the first 10 dB (ISO 3382-1, 5.3 and A.2.2). With `bands` each measure is `(..., bands)`,
    of the octaves of `CENTRES_HZ`, and a response is cut in time before it is filtered, so that what a filter adds in
    time is counted where it comes from (A.3.4); else it is of the whole response. Raises nothing: what a response does
    not have, as a time of a decay that ends early, is NaN. `recorded` responses have noise in them, as loud as in their
    last tenth: its energy is taken off, and a time that is read where a decay is less than 10 dB above it is NaN
    (5.3.3).
    """
    if responses.ndim > 1 and len(responses) > _AT_ONCE:
        few = [slice(first, first + _AT_ONCE) for first in range(0, len(responses), _AT_ONCE)]
        found = [measures(responses[rows], rate_hz, arrivals[rows], bands, recorded) for rows in few]
        return {name: np.concatenate([one[name] for one in found]) for name in found[0]}
    places = np.arange(responses.shape[-1])
    after = places - arrivals[..., None]
    direct = abs(after) <= round(DIRECT_S * rate_hz)
    early = after < round(0.05 * rate_hz)
    decaying = in_bands(responses, rate_hz) if bands else responses
    if recorded:
        ends = responses.shape[-1] - np.argmax(responses[..., ::-1] != 0, axis=-1)
        noise = background_power(decaying, ends[..., None] if bands else ends)
        kept = places < ends[..., None]
    else:
        noise, kept = np.zeros(decaying.shape[:-1]), np.ones_like(early)

    def energy(part: NDArray[np.bool]) -> NDArray[np.float64]:
        count = (part & kept).sum(-1)
        squares = _energy(np.where(part, responses, 0), rate_hz, bands)
        return (squares - noise * (count[..., None] if bands else count)).clip(min=0)

    background = noise[..., None] * (kept[..., None, :] if bands else kept)
    levels = _from_arrival(decay_levels(decaying, background), arrivals[..., None] if bands else arrivals)
    t60_s, edt_s = decay_time(levels, rate_hz, -5, -35), decay_time(levels, rate_hz, 0, -10)
    with np.errstate(divide="ignore", invalid="ignore"):
        # What an exponential decay has left when its power is the noise's.
        drowned = noise * rate_hz / (6 * np.log(10)) / np.square(decaying, dtype=np.float64).sum(-1)

        def clear(time_s: NDArray[np.float64], last_db: float) -> NDArray[np.float64]:
            return np.where(10 * np.log10(drowned * time_s) <= last_db - _ABOVE_BACKGROUND_DB, time_s, np.nan)

        early_energy, late_energy = energy(early), energy(~early)
        return {
            "t60_s": clear(t60_s, -35) if recorded else t60_s,
            "edt_s": clear(edt_s, -10) if recorded else edt_s,
            "c50_db": 10 * np.log10(early_energy / late_energy),
            "d50": early_energy / (early_energy + late_energy),
            "drr_db": 10 * np.log10(energy(direct) / energy(~direct)),
        }


def columns_of(whole: Measures, by_octave: Measures) -> Measures:
    """Return measures by names of columns: of whole responses `(rows,)`, and of octaves `(rows, bands)`, as t60_s_125.

    What a response does not have, or has without an end, is NaN.
    """
    found = dict(whole)
    for name, values in by_octave.items():
        found |= {f"{name}_{round(centre)}": values[:, place] for place, centre in enumerate(CENTRES_HZ)}
    return {name: np.where(np.isfinite(values), values, np.nan) for name, values in found.items()}


def _energy(signals: NDArray[np.floating], rate_hz: float, bands: bool) -> NDArray[np.float64]:
    """Return the energy `(...)` of signals `(..., samples)`, or `(..., bands)` of each octave."""
    return np.square(in_bands(signals, rate_hz) if bands else signals, dtype=np.float64).sum(-1)


def _from_arrival(levels: NDArray[np.float64], arrivals: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return decay curves `(..., samples)` moved so that each begins with its direct sound.

    What a filter of zero phase puts before it stays counted, since the levels do.
    """
    places = np.arange(levels.shape[-1]) + arrivals[..., None]
    places = np.broadcast_to(places, levels.shape)
    inside = places < levels.shape[-1]
    return np.where(inside, np.take_along_axis(levels, np.where(inside, places, 0), -1), -np.inf)


def sabine_time(volume_m3: float, absorbing_m2: float) -> float:
    """Return the reverberation time of a diffuse field by Sabine, without absorption by air.

    `absorbing_m2` is the sum of areas, each times its absorption.
    """
    return float(24 * np.log(10) / SPEED_OF_SOUND * volume_m3 / absorbing_m2)


def eyring_time(volume_m3: float, area_m2: float, absorption: float) -> float:
    """Return the reverberation time by Eyring (1930): `absorption` is the mean over the area."""
    return sabine_time(volume_m3, -area_m2 * np.log1p(-absorption))
