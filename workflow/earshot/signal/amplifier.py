"""A guitar amplifier that clips are played through, after Kauppila et al., who do not say which.

Ours is of the usual parts: a drive that saturates, a tone control of three bands, and a loudspeaker, which lets little
through below 80 Hz and above 5 kHz. Its settings are drawn for each clip.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pedalboard
import soxr
from numpy.typing import NDArray

from earshot.seeds import generator

_OVERSAMPLING = 4  # what saturation adds above half the rate is not to be folded below it
_SPEAKER_HZ = (80.0, 5000.0)
_TONE_HZ = (150.0, 700.0, 2500.0)  # bass, middle and treble


@dataclass(frozen=True)
class AmplifierSettings:
    """What is drawn for each clip, evenly between a lowest and a highest value."""

    drive_db: tuple[float, float]  # gain before the saturation, a hyperbolic tangent
    tone_db: tuple[float, float]  # of bass, middle and treble alike


def amplified(
    signal: NDArray[np.float32], rate_hz: float, settings: AmplifierSettings, seed: int, item: str
) -> NDArray[np.float32]:
    """Return a signal `(samples,)` as the amplifier plays it, as loud at its peak as before.

    Peaks are brought to full scale before the drive, so that how much saturates does not depend on a clip's level.
    """
    draw = generator(seed, "amplifier", item)
    drive = draw.uniform(*settings.drive_db)
    bass, middle, treble = draw.uniform(*settings.tone_db, 3)
    amplifier = pedalboard.Pedalboard(
        [
            pedalboard.Distortion(drive_db=drive),
            pedalboard.LowShelfFilter(_TONE_HZ[0], bass),
            pedalboard.PeakFilter(_TONE_HZ[1], middle),
            pedalboard.HighShelfFilter(_TONE_HZ[2], treble),
            pedalboard.HighpassFilter(_SPEAKER_HZ[0]),
            *[pedalboard.LowpassFilter(_SPEAKER_HZ[1]) for _ in range(2)],
        ]
    )
    peak = abs(signal).max()
    fine = soxr.resample(signal / peak, rate_hz, _OVERSAMPLING * rate_hz)
    played = soxr.resample(amplifier(fine, _OVERSAMPLING * rate_hz), _OVERSAMPLING * rate_hz, rate_hz)[: len(signal)]
    return (played * (peak / abs(played).max())).astype(np.float32)


def amplifier_settings(settings: Mapping[str, Any]) -> AmplifierSettings:
    """Return the settings that a configuration's section holds as plain values."""
    return AmplifierSettings(tuple(settings["drive_db"]), tuple(settings["tone_db"]))
