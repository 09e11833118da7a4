"""Rooms drawn at random: dimensions, walls, a source and receivers, each room from a seed of its own."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earshot.errors import ConfigError
from earshot.materials import materials
from earshot.rooms.shoebox import Shoebox, absorption_for
from earshot.seeds import generator
from earshot.signal.octaves import CENTRES_HZ

TEST_FOLD = 0
_DRAWS = 200  # of a room, and of a receiver in it, before the settings are called impossible
MOST_ABSORBED = 0.95  # of energy: no wall of a room takes more
_MOST_OF_MATERIALS = 0.99  # the table has some that absorb all, of which no image is left

_NAMED = "room"  # and a number

Range = tuple[float, float]


@dataclass(frozen=True)
class SamplingSettings:
    """What rooms are drawn from. Ranges are of even distributions, the volume's of an even one of its logarithm."""

    seed: int
    volume_m3: Range
    height_m: Range
    proportion: Range  # of length to width
    t60_s: Range | None  # what all walls absorb alike is found for it; None takes materials
    materials: Mapping[str, Sequence[str]] | None  # names for floor, ceiling and walls, each wall draws one
    receivers: int  # at random places
    grid_m: float | None  # in place of these, receivers so far apart at the ears' height
    ears_m: float
    length_s: float  # of responses, in which a decay has to fit
    from_walls_m: float
    from_source_m: float
    test_share: float
    folds: int


@dataclass(frozen=True)
class Room:
    """A room with a source `(3,)` and receivers `(receivers, 3)`, in metres from a corner."""

    name: str
    walls: Shoebox
    t60_s: float | None  # that was asked for
    source_m: NDArray[np.float64]
    receivers_m: NDArray[np.float64]
    fold: int  # of training, from 1; or TEST_FOLD
    draws: int  # until the room was possible

    @property
    def distances_m(self) -> NDArray[np.float64]:
        """How far each receiver is from the source, `(receivers,)`."""
        return np.linalg.norm(self.receivers_m - self.source_m, axis=1)


def number_of(name: str) -> int:
    """Return the number of a room by its name."""
    return int(name.removeprefix(_NAMED))


class _Impossible(Exception):
    """What was drawn is no room that can be."""


def draw_room(number: int, settings: SamplingSettings) -> Room:
    """Return the room of a number, the same whatever other rooms are drawn.

    What cannot be is drawn again. Raises ConfigError when nothing else comes.
    """
    name = f"{_NAMED}{number:06d}"
    reasons: Counter[str] = Counter()
    for draw in range(1, _DRAWS + 1):
        random = generator(settings.seed, "room", name, draw)
        try:
            walls, t60_s = _walls(random, settings)
            source = _place(random, walls.dimensions_m, settings)
            receivers = _receivers(random, walls.dimensions_m, source, settings)
        except _Impossible as reason:
            reasons[str(reason)] += 1
            continue
        return Room(name, walls, t60_s, source, receivers, _fold(name, settings), draw)
    (often, _), *_others = reasons.most_common()
    raise ConfigError(f"config key rooms: {_DRAWS} draws of {name} gave no room that can be. Most often {often}.")


def _walls(random: np.random.Generator, settings: SamplingSettings) -> tuple[Shoebox, float | None]:
    volume = np.exp(random.uniform(*np.log(settings.volume_m3)))
    height, proportion = random.uniform(*settings.height_m), random.uniform(*settings.proportion)
    width = np.sqrt(volume / height / proportion)
    dimensions = np.array([proportion * width, width, height])
    if dimensions.min() <= 2 * settings.from_walls_m:
        raise _Impossible("no place is as far from the walls as from_walls_m asks for: lower it, or raise volume_m3")
    if settings.t60_s is None:
        walls = Shoebox(dimensions, _of_materials(random, settings.materials or {}))
        if not walls.decays_within(settings.length_s):
            raise _Impossible("walls of these materials reverberate for too long: raise length_s, or change materials")
        return walls, None
    t60_s = random.uniform(*settings.t60_s)
    absorption = absorption_for(dimensions, t60_s)
    if absorption > MOST_ABSORBED:
        raise _Impossible(
            f"walls would have to absorb over {MOST_ABSORBED:.0%} for the reverberation time: raise t60_s, "
            "or lower volume_m3"
        )
    return Shoebox(dimensions, np.full((3, 2, 1), absorption)), t60_s


def _of_materials(random: np.random.Generator, names: Mapping[str, Sequence[str]]) -> NDArray[np.float64]:
    """Return what the walls of a room absorb, `(axes, 2, bands)`: each draws one of the materials for its surface."""

    def drawn(surface: str) -> list[float]:
        absorption = materials()[str(random.choice(list(names[surface])))]
        return [min(absorption[centre], _MOST_OF_MATERIALS) for centre in CENTRES_HZ]

    sides = [[drawn("walls"), drawn("walls")] for _ in range(2)]
    return np.array([*sides, [drawn("floor"), drawn("ceiling")]])


def _place(
    random: np.random.Generator, dimensions_m: NDArray[np.float64], settings: SamplingSettings
) -> NDArray[np.float64]:
    return random.uniform(settings.from_walls_m, dimensions_m - settings.from_walls_m)


def _receivers(
    random: np.random.Generator,
    dimensions_m: NDArray[np.float64],
    source_m: NDArray[np.float64],
    settings: SamplingSettings,
) -> NDArray[np.float64]:
    if settings.grid_m is not None:
        places = _grid(dimensions_m, settings.grid_m, settings)
        kept = places[np.linalg.norm(places - source_m, axis=1) >= settings.from_source_m]
        if not len(kept):
            raise _Impossible("the grid has no receiver: lower grid_m, from_walls_m or from_source_m")
        return kept
    found: list[NDArray[np.float64]] = []
    for _ in range(_DRAWS * settings.receivers):
        place = _place(random, dimensions_m, settings)
        if np.linalg.norm(place - source_m) >= settings.from_source_m:
            found.append(place)
        if len(found) == settings.receivers:
            return np.stack(found)
    raise _Impossible("no receiver is as far from the source as from_source_m asks for: lower it")


def _grid(dimensions_m: NDArray[np.float64], spacing_m: float, settings: SamplingSettings) -> NDArray[np.float64]:
    """Return places `(places, 3)` on a grid in the middle of a room, at the height of ears."""
    if not settings.from_walls_m <= settings.ears_m <= dimensions_m[2] - settings.from_walls_m:
        raise _Impossible("ears_m is too close to floor or ceiling: change it, or lower from_walls_m")
    lines = []
    for length in dimensions_m[:2]:
        room = length - 2 * settings.from_walls_m
        count = int(room / spacing_m) + 1
        lines.append(length / 2 + (np.arange(count) - (count - 1) / 2) * spacing_m)
    x, y = np.meshgrid(*lines, indexing="ij")
    return np.stack([x.ravel(), y.ravel(), np.full(x.size, settings.ears_m)], axis=1)


def _fold(name: str, settings: SamplingSettings) -> int:
    """Return the part of a room with all its receivers: tests or a fold of training, of its name alone."""
    random = generator(settings.seed, "fold", name)
    return TEST_FOLD if random.random() < settings.test_share else int(random.integers(1, settings.folds + 1))
