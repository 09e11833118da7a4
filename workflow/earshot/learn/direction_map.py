"""Maps of directions: how likely a sound is to come from each of many directions all over the sphere."""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from earshot.learn.templates import spread_directions

_SPREAD_DEG = 6.0  # of what is wanted about a source's direction
_AROUND_DEG = 15.0  # a peak: over so much the answer is the mean direction
_APART_DEG = 25.0  # of another source from those that were found


@lru_cache(maxsize=8)
def directions(count: int) -> Tensor:
    """Return so many directions spread evenly over the sphere, `(count, 3)`."""
    return torch.from_numpy(spread_directions(count)).float()


def wanted(sources: Tensor, count: int) -> Tensor:
    """Return maps `(scenes, count)` that are wanted of scenes with sources `(scenes, sources, 3)`.

    They add up to 1, to which each source adds the same. Where there are fewer sources, the others are no numbers. A
    source is as likely nearby as the distribution of von Mises and Fisher says.
    """
    known = directions(count).to(sources.device)
    concentration = 1 / np.radians(_SPREAD_DEG) ** 2
    there = sources[..., 0].isfinite()
    towards = sources.nan_to_num(0.0) @ known.T
    each = torch.softmax(concentration * (towards - 1), -1) * there[..., None]
    return each.sum(1) / there.sum(1, keepdim=True)


def peaks(maps: NDArray[np.floating], sources: int) -> NDArray[np.float64]:
    """Return the directions `(scenes, sources, 3)` that maps `(scenes, directions)` say most of, the likeliest first.

    Each is the mean direction around the likeliest place that is not near one that was found before.
    """
    known = directions(maps.shape[1]).double().numpy()
    near = (known @ known.T > np.cos(np.radians(_AROUND_DEG))).astype(np.float64)
    free = np.ones(maps.shape)
    found = []
    for _ in range(sources):
        likely = maps * free
        best = (likely @ near).argmax(1)
        mean = (likely * near[best]) @ known
        # Where a map has nothing left, the place itself.
        mean = np.where(np.linalg.norm(mean, axis=1, keepdims=True) > 0, mean, known[best])
        mean /= np.linalg.norm(mean, axis=1, keepdims=True)
        found.append(mean)
        free *= mean @ known.T < np.cos(np.radians(_APART_DEG))
    return np.stack(found, axis=1)
