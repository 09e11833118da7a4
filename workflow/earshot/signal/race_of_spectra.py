"""Spectrograms timed: ours, and librosa's with a process on each core."""

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from earshot.data.waveforms import FULL_SCALE
from earshot.score.speed import timed
from earshot.signal.spectra import Kind, spectra
from earshot.signal.spectra_control import spectrogram_control


def time_spectra(
    waveforms: torch.Tensor,
    kind: Kind,
    settings: Mapping[str, Any],
    rate_hz: float,
    repeats: int,
    cores: int,
    where: torch.device,
) -> pd.DataFrame:
    """Return a row for each repeat of each implementation, for waveforms `(clips, samples)` of 16 bits.

    Both have worked once before the clock starts; the time to start a process is not counted.
    """
    torch.set_num_threads(cores)
    spectra(waveforms[:cores], kind, settings, rate_hz, where)
    rows = []
    for repeat in range(1, repeats + 1):
        _, seconds = timed(lambda: spectra(waveforms, kind, settings, rate_hz, where))
        rows.append(("earshot", repeat, seconds))
    pieces = [piece.numpy() for piece in torch.split(waveforms, -(-len(waveforms) // (4 * cores)))]
    work = partial(_by_librosa, kind=kind, settings=dict(settings), rate_hz=rate_hz)
    with ProcessPoolExecutor(cores, get_context("spawn"), initializer=threadpool_limits, initargs=(1,)) as pool:
        list(pool.map(work, [waveforms[:2].numpy()] * (2 * cores)))
        for repeat in range(1, repeats + 1):
            _, seconds = timed(lambda: list(pool.map(work, pieces)))
            rows.append(("librosa", repeat, seconds))
    found = pd.DataFrame(rows, columns=["implementation", "repeat", "seconds"])
    return found.assign(device=where.type, kind=kind, clips=len(waveforms), cores=cores)


def _by_librosa(waveforms: NDArray[np.int16], kind: Kind, settings: dict[str, Any], rate_hz: float) -> int:
    for waveform in waveforms:
        spectrogram_control(waveform.astype(np.float32) / FULL_SCALE, kind, settings, rate_hz)
    return len(waveforms)
