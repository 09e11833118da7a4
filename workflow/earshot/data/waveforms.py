"""Clips made ready to learn from: one rate, one length, 16 bits, as shards."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earshot.data.audio import Padding, at_rate, fitted, read_audio
from earshot.errors import DataError
from earshot.progress import progress

FULL_SCALE = 2**15  # of 16 bits
SHORTEST = 0.5  # of the length that is wanted: what is shorter is not padded but damaged
SILENT = 1e-4  # of full scale: what never exceeds it says nothing

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WaveformSettings:
    """What clips are made into."""

    rate_hz: float
    duration_s: float
    padding: Padding

    @property
    def samples(self) -> int:
        """Length of every clip, samples."""
        return round(self.duration_s * self.rate_hz)


def prepare(
    clips: pd.DataFrame, settings: WaveformSettings, bad: Literal["stop", "exclude"], threads: int
) -> tuple[pd.DataFrame, NDArray[np.int16]]:
    """Read clips, which have columns item and path, and return their index and their waveforms `(clips, samples)`.

    The index has all columns but path, the rate and length that each file has, and the reason for each clip that was
    left out, which has no waveform. Raises DataError for the first such clip, unless `bad` says to exclude it.
    """
    waveforms = np.empty((len(clips), settings.samples), np.int16)

    def read(place: int) -> dict[str, Any]:
        path = clips["path"].iloc[place]
        try:
            signal, recorded_hz, recorded_s = _signal(path, settings)
        except DataError as fault:
            return {"excluded": str(fault)}
        waveforms[place] = in_16_bits(signal)
        return {"recorded_hz": recorded_hz, "recorded_s": recorded_s}

    rows = []
    with ThreadPoolExecutor(threads) as readers:
        items = progress([str(item) for item in clips["item"]], "reading clips")
        for item, row in zip(items, readers.map(read, range(len(clips))), strict=True):
            rows.append(row)
            if not (fault := row.get("excluded")):
                continue
            if bad == "stop":
                readers.shutdown(cancel_futures=True)
                study = "sounds" if "category" in clips else "chords"
                raise DataError(f"{fault} To go on without {item}, set the config key {study}.bad_clip to exclude.")
            log.warning("left out: %s", fault)
    found = pd.DataFrame(rows, columns=["recorded_hz", "recorded_s", "excluded"], index=clips.index)
    index = pd.concat([clips.drop(columns="path"), found], axis="columns")
    kept = index["excluded"].isna().to_numpy()
    return index, waveforms if kept.all() else waveforms[kept]


def _signal(path: str, settings: WaveformSettings) -> tuple[NDArray[np.float32], float, float]:
    """Return a clip as it is wanted, and its file's rate and length. Raises DataError for what cannot become one."""
    signal, recorded_hz = read_audio(path)
    recorded_s = len(signal) / recorded_hz
    if recorded_hz < settings.rate_hz:
        raise DataError(f"{path}: is recorded at {recorded_hz:g} Hz, less than {settings.rate_hz:g} Hz. Leave it out.")
    if recorded_s < SHORTEST * settings.duration_s:
        raise DataError(f"{path}: is {recorded_s:.3f} s long, and {settings.duration_s:g} s are wanted. Leave it out.")
    kept = fitted(at_rate(signal, recorded_hz, settings.rate_hz), settings.samples, settings.padding)
    if abs(kept).max() < SILENT:
        what = f"{settings.duration_s:g} s at {settings.rate_hz:g} Hz"
        raise DataError(f"{path}: what is kept of it, {what}, is silent. Leave it out.")
    return kept, recorded_hz, recorded_s


def in_16_bits(signal: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return a signal of full scale 1 in 16 bits."""
    return np.clip(np.round(signal * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def map_waveforms(
    change: Callable[[NDArray[np.float32], str], NDArray[np.float32]],
    waveforms: Any,
    items: Sequence[str],
    what: str,
    threads: int,
) -> NDArray[np.int16]:
    """Return what a change makes of each waveform `(clips, samples)` of 16 bits, which it is given with its item."""
    changed = np.empty(waveforms.shape, np.int16)

    def at(place: int) -> None:
        signal = np.asarray(waveforms[place], np.float32) / np.float32(FULL_SCALE)
        changed[place] = in_16_bits(change(signal, items[place]))

    with ThreadPoolExecutor(threads) as workers:
        for _ in zip(progress(items, what), workers.map(at, range(len(waveforms))), strict=True):
            pass
    return changed
