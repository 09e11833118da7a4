"""White noise, the stimulus of the localisation study."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from earshot.seeds import generator


def white_noise(seed: int, directions: Sequence[str], repetitions: int, samples: int) -> NDArray[np.float32]:
    """Return Gaussian white noise of unit variance, `(directions, repetitions, samples)`.

    There is one draw per direction and repetition. It belongs to the direction's id, so every listener hears the same
    noise from the same direction, and a grid with one more direction leaves the others' noise as it was.
    """
    noise = np.empty((len(directions), repetitions, samples), np.float32)
    for draws, direction in zip(noise, directions, strict=True):
        for repetition, draw in enumerate(draws):
            generator(seed, "noise", direction, repetition).standard_normal(dtype=np.float32, out=draw)
    return noise
