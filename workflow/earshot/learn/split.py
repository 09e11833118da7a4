"""Which of a listener's waveforms a model learns from, and which it is judged by."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earshot.directions import Vectors, great_circle_deg, unit_vectors
from earshot.seeds import generator

Held = Literal["directions", "noise", "regions"]

REGION_RADIUS_DEG = 10.0  # of a region that is held out: a gap of 20 degrees

Items = NDArray[np.bool_]


@dataclass(frozen=True)
class Split:
    """What is held out: directions drawn one by one, draws of noise at every direction, or regions of directions.

    Directions are the study's (Sumner et al. 2022). Other noise from known directions tells what the noise costs alone;
    regions tell interpolation over a gap from memory of what is close by.
    """

    seed: int
    held_out: float  # share of the directions, or of the repetitions
    held: Held = "directions"

    def items(self, index: pd.DataFrame) -> tuple[Items, Items]:
        """Return which rows of one listener's index are to learn from and which are to be judged by, `(rows,)` each.

        Sources for training and for testing are drawn for the rows that want them: there `pool` says which is which.
        """
        if "pool" in index:
            return (index["pool"] == "training").to_numpy(), (index["pool"] == "test").to_numpy()
        judged = self.judged(index)
        return ~judged, judged

    def judged(self, index: pd.DataFrame) -> Items:
        """Return which rows of one listener's index are held out, `(rows,)`.

        Raises ValueError where there is too little to divide.
        """
        if self.held == "noise":
            repetition = index["repetition"].to_numpy(int)
            count = repetition.max() + 1
            if count < 2:
                raise ValueError("to hold noise out takes two repetitions at least")
            return np.asarray(repetition >= count - max(1, round(self.held_out * count)))
        directions = index["direction"].tolist()
        if self.held == "directions":
            return split_directions(directions, self.held_out, self.seed)
        vectors = unit_vectors(index["azimuth_deg"].to_numpy(), index["elevation_deg"].to_numpy())
        return split_regions(directions, vectors, self.held_out, self.seed)


def split_directions(directions: list[str], held_out: float, seed: int) -> Items:
    """Return which measurements are held out, `(measurements,)`.

    A direction is drawn as a whole: measurements of one direction, all of its repetitions with them, are on one side.
    The draw belongs to the direction's id, so listeners on one grid share their split.
    """
    unique = sorted(set(directions))
    if len(unique) < 2:
        raise ValueError("a split needs two directions at least")
    drawn = {name: generator(seed, "split", name).random() for name in unique}
    count = min(max(round(held_out * len(unique)), 1), len(unique) - 1)
    chosen = set(sorted(unique, key=drawn.__getitem__)[:count])
    return np.array([name in chosen for name in directions])


def split_regions(directions: list[str], vectors: Vectors, held_out: float, seed: int) -> Items:
    """Return which measurements are held out, `(measurements,)`, as `split_directions` does, but whole regions.

    Directions are drawn as centres, one after another, and all within `REGION_RADIUS_DEG` of a centre are held out,
    until their share is reached. `vectors` are the measurements', `(measurements, 3)`.
    """
    first = {name: row for row, name in reversed(list(enumerate(directions)))}
    rows = list(first.values())
    held = np.zeros(len(rows), bool)
    for centre in sorted(first, key=lambda name: generator(seed, "region", name).random()):
        with_it = held | (great_circle_deg(vectors[rows], vectors[first[centre]]) <= REGION_RADIUS_DEG)
        if not with_it.all():
            held = with_it
        if held.mean() >= held_out:
            break
    chosen = {name for name, out in zip(first, held, strict=True) if out}
    return np.array([name in chosen for name in directions])
