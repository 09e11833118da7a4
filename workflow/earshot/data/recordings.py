"""Recordings that serve as sources, one half of them to train with and the other to test with."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from earshot.data.clips import ESC50_NAME, HEADERS
from earshot.errors import DataError
from earshot.progress import progress

MOST_CLIPS = 400  # of a collection are read: more would only fill the memory
TEST_FOLD = "5"  # of ESC-50 tests, the others train
SILENT = 1e-4  # of full scale: a recording that never exceeds it is left out

Pool = Literal["training", "test"]

log = logging.getLogger(__name__)


def read_recording(path: Path | str, rate_hz: float | None = None) -> NDArray[np.float32]:
    """Return a recording in one channel, `(samples,)`, at this rate or else at its own.

    Raises DataError for a file that is no audio, or holds values that are not finite.
    """
    try:
        channels, recorded_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as fault:
        raise DataError(f"{path}: cannot be read as audio: {fault}. Retrieve it again, or leave it out.") from fault
    signal = channels.mean(1)
    if not np.isfinite(signal).all():
        raise DataError(f"{path}: holds values that are not finite. Retrieve it again, or leave it out.")
    return (
        signal
        if rate_hz in (None, recorded_hz)
        else np.asarray(soxr.resample(signal, recorded_hz, rate_hz), np.float32)
    )


def find_clips(folder: Path | str) -> dict[Pool, list[Path]]:
    """Return clips of ESC-50 in or below a folder, known by their names, for training and for testing: by folds.

    Raises DataError where there are none.
    """
    named = {path.stem: path for path in sorted(Path(folder).rglob("*")) if ESC50_NAME.match(f"{path.stem}.wav")}
    clips = [path for path in named.values() if path.suffix in HEADERS]
    if not clips:
        raise DataError(
            f"{folder}: no clips of ESC-50 are in it or below, which are called like 1-100032-A-0.wav. Put them there, "
            "or take clips out of the config keys localisation.models.*.stimulus.sources."
        )
    some = clips[:: max(1, len(clips) // MOST_CLIPS)]
    return {
        "training": [path for path in some if not path.name.startswith(TEST_FOLD)],
        "test": [path for path in some if path.name.startswith(TEST_FOLD)],
    }


def read_recordings(paths: Sequence[Path | str], rate_hz: float) -> list[NDArray[np.float32]]:
    """Return the recordings that are not silent.

    Raises DataError where none is left.
    """
    signals = []
    for path in progress(paths, "reading recordings"):
        signal = read_recording(path, rate_hz)
        if signal.size and abs(signal).max() > SILENT:
            signals.append(signal)
        else:
            log.warning("%s is silent, and is no source", path)
    if not signals:
        raise DataError(f"{', '.join(map(str, paths[:3]))}: all {len(paths)} recordings are silent. Give others.")
    return signals
