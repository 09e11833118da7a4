"""How long a computation takes and how much memory: what every figure of speed rests on."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earshot.progress import to_terminal


def in_fresh_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a new process, so that its memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=to_terminal) as pool:
        return pool.submit(function, *arguments).result()


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a function returns and the seconds that it took."""
    start = time.perf_counter()
    result = function()
    return result, time.perf_counter() - start


def peak_memory_mb() -> float:
    """Return the largest resident memory that this process has had, in megabytes (Linux: VmHWM)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise OSError("/proc/self/status has no VmHWM")


@dataclass(frozen=True)
class Ratio:
    """How many times faster, and between which bounds the repeats put it."""

    slow_s: float
    fast_s: float
    ratio: float
    low: float
    high: float


def ratio(slow_s: NDArray[np.floating], fast_s: NDArray[np.floating]) -> Ratio:
    """Compare repeats of two computations: medians, and the extremes that slowest and fastest repeats would give."""
    slow, fast = float(np.median(slow_s)), float(np.median(fast_s))
    return Ratio(slow, fast, slow / fast, float(slow_s.min() / fast_s.max()), float(slow_s.max() / fast_s.min()))
