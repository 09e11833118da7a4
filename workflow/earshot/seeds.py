"""Seeds that belong to an item and not to its place in a queue."""

import hashlib

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return the random generator of one named item.

    `seed` is the study's; `names` say what is drawn and for what ("noise", direction, repetition). The same names give
    the same numbers whatever else is drawn, in whatever order, in whichever job.
    """
    text = "\x1f".join([str(seed), *map(str, names)])
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little"))
