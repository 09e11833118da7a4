"""Recordings that serve as sources, one half of them to train with and the other to test with."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from earshot.data.audio import read_audio
from earshot.data.clips import ESC50_NAME, HEADERS
from earshot.errors import DataError
from earshot.progress import progress

MOST_CLIPS = 400  # of a collection are read: more would only fill the memory
TEST_FOLD = "5"  # of ESC-50 tests, the others train
SILENT = 1e-4  # of full scale: a recording that never exceeds it is left out

Pool = Literal["training", "test"]

log = logging.getLogger(__name__)


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
        signal, _ = read_audio(path, rate_hz)
        if signal.size and abs(signal).max() > SILENT:
            signals.append(signal)
        else:
            log.warning("%s is silent, and is no source", path)
    if not signals:
        raise DataError(f"{', '.join(map(str, paths[:3]))}: all {len(paths)} recordings are silent. Give others.")
    return signals
