"""Audio files as signals of one channel, of one rate and of one length."""

from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from earshot.errors import DataError

Padding = Literal["reflect", "zeros"]


def read_audio(path: Path | str, rate_hz: float | None = None) -> tuple[NDArray[np.float32], float]:
    """Return a recording mixed down to one channel, `(samples,)` at this rate or else at its own, and its own rate.

    Raises DataError for a file that is not there or no audio, or holds values that are not finite.
    """
    if not Path(path).is_file():
        raise DataError(f"{path}: there is no such file.")
    try:
        # Without its name: by an ending such as .raw or .vox libsndfile takes anything for samples without a header.
        with Path(path).open("rb") as file:
            channels, recorded_hz = soundfile.read(file.fileno(), dtype="float32", always_2d=True, closefd=False)
    except (soundfile.LibsndfileError, OSError) as fault:
        reason = str(fault).rpartition(": ")[2].rstrip(".")
        raise DataError(
            f"{path}: cannot be read as audio: {reason}. Retrieve it again, convert it to WAV, or leave it out."
        ) from fault
    signal = channels.mean(1)
    if not np.isfinite(signal).all():
        raise DataError(f"{path}: holds values that are not finite. Retrieve it again, or leave it out.")
    return signal if rate_hz is None else at_rate(signal, recorded_hz, rate_hz), float(recorded_hz)


def at_rate(signal: NDArray[np.float32], recorded_hz: float, rate_hz: float) -> NDArray[np.float32]:
    """Return a signal `(samples,)` resampled from one rate to another."""
    return signal if rate_hz == recorded_hz else np.asarray(soxr.resample(signal, recorded_hz, rate_hz), np.float32)


def fitted(signal: NDArray[np.float32], samples: int, padding: Padding) -> NDArray[np.float32]:
    """Return a signal of so many samples: a longer one is cut at its end.

    A shorter one is continued by its mirror image at both ends alike (Pavlova 2021), or by zeros at its end.
    """
    lacking = samples - len(signal)
    if lacking <= 0:
        return signal[:samples]
    if padding == "zeros":
        return np.pad(signal, (0, lacking))
    return np.pad(signal, -(-lacking // 2), mode="reflect")[:samples]
