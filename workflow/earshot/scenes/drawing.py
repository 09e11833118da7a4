"""Scenes drawn at random: who hears what, in which room, from where. Each comes from a seed of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from earshot.data.sofa import HrirSet
from earshot.directions import great_circle_deg
from earshot.errors import ConfigError, DataError
from earshot.scenes.places import Places
from earshot.scenes.sounds import Sounds, of_pool
from earshot.seeds import generator

_ROOMS = 50  # in which places of head and sources are sought, before there are said to be none ...
_TURNS = 10  # ... and in each, so many times: where the head looks, and which two receivers are sources

Range = tuple[float, float]


@dataclass(frozen=True)
class DrawingSettings:
    """What scenes are drawn from. Ranges are of even distributions."""

    seed: int
    two_sources: float  # share of scenes with two
    signal_to_noise_db: Range
    level_db: Range  # of the second source, above the first one's
    apart_deg: float  # that directions of two sources are, at least
    reach_deg: float  # as far from a direction that was measured of a person may a source be
    scenes_per_place: int = 1  # that have room, person, head and places of sources in common


@dataclass(frozen=True)
class Source:
    """A sound from a receiver's place."""

    item: str
    receiver: int
    level_db: float
    direction: NDArray[np.float64]  # (3,), as the head sees it


@dataclass(frozen=True)
class Scene:
    """All that is needed to make a scene."""

    name: str
    place: str
    person: str
    room: str
    facing_deg: float
    signal_to_noise_db: float
    sources: tuple[Source, ...]


class Cast:
    """What scenes of a pool are drawn from: sounds, rooms, and people with the directions that were measured."""

    def __init__(self, pool: str, sounds: Sounds, places: Places, people: Mapping[str, HrirSet]) -> None:
        self.pool, self.places = pool, places
        own = of_pool(sounds.index, pool)
        self.kinds = {str(kind): some["item"].tolist() for kind, some in own.groupby("kind")}
        self.label = dict(zip(own["item"], own["label"], strict=True))
        self.kind = dict(zip(own["item"], own["kind"], strict=True))
        self.rooms = places.of_pool(pool)
        self.people = list(people)
        self._measured = {name: KDTree(one.unit_vectors) for name, one in people.items()}

    def reached(self, person: str, directions: NDArray[np.float64], within_deg: float) -> NDArray[np.bool_]:
        """Return whether each direction `(..., 3)` is as near to one that was measured of a person."""
        chord, _ = self._measured[person].query(directions)
        return np.asarray(chord <= 2 * np.sin(np.radians(within_deg) / 2))


def draw_scenes(numbers: Sequence[int], cast: Cast, settings: DrawingSettings) -> list[Scene]:
    """Return the scenes of these numbers, each the same whatever others are drawn.

    Raises ConfigError where no room has sources that are as far apart as they are to be.
    """
    drawn: dict[int, tuple[str, str, float, NDArray[np.float64], tuple[int, int]]] = {}
    scenes = []
    for number in numbers:
        where = number // settings.scenes_per_place
        if where not in drawn:
            drawn = {where: _place(where, cast, settings)}
        person, room, facing_deg, directions, receivers = drawn[where]
        name = f"{cast.pool}{number:06d}"
        random = generator(settings.seed, "scene", name)
        count = 2 if random.random() < settings.two_sources else 1
        order = random.permutation(2)[:count]
        kinds = list(cast.kinds)
        sources = []
        for rank, which in enumerate(order):
            of_kind = cast.kinds[kinds[int(random.integers(len(kinds)))]]
            item = of_kind[int(random.integers(len(of_kind)))]
            level_db = float(random.uniform(*settings.level_db)) if rank else 0.0
            sources.append(Source(item, receivers[which], level_db, directions[which]))
        ratio_db = float(random.uniform(*settings.signal_to_noise_db))
        place = f"{cast.pool}{where:06d}"
        scenes.append(Scene(name, place, person, room, facing_deg, ratio_db, tuple(sources)))
    return scenes


def _place(
    number: int, cast: Cast, settings: DrawingSettings
) -> tuple[str, str, float, NDArray[np.float64], tuple[int, int]]:
    """Return a person, a room, where the head looks, and directions `(2, 3)` and receivers of two sources."""
    random = generator(settings.seed, "place", cast.pool, number)
    person = cast.people[int(random.integers(len(cast.people)))]
    for _ in range(_ROOMS):
        room = cast.rooms[int(random.integers(len(cast.rooms)))]
        place = cast.places.by_name[room]
        for _ in range(_TURNS):
            facing_deg = float(random.uniform(*place.looks_deg))
            receivers = random.permutation(len(place.distances_m))[:2]
            directions = place.seen(facing_deg)[receivers]
            apart = float(great_circle_deg(directions[0], directions[1]))
            if apart >= settings.apart_deg and cast.reached(person, directions, settings.reach_deg).all():
                first, second = receivers.tolist()
                return person, room, facing_deg, directions, (first, second)
    raise ConfigError(
        f"config key scenes.reach_deg: of {_ROOMS} rooms, drawn with {_TURNS} ways to look each, none has two "
        f"receivers {settings.apart_deg:g} degrees apart and each within {settings.reach_deg:g} degrees of a direction "
        f"that was measured of {person}. Raise it, lower scenes.apart_deg, or raise rooms.receivers."
    )


def table_of(scenes: Sequence[Scene], cast: Cast) -> pd.DataFrame:
    """Return a row for each scene, as `earshot.data.schemas.scenes.SCENES` has it."""
    rows = []
    for scene in scenes:
        place = cast.places.by_name[scene.room]
        row: dict[str, Any] = {
            "scene": scene.name,
            "place": scene.place,
            "pool": cast.pool,
            "person": scene.person,
            "room": scene.room,
            "t60_s": place.t60_s,
            "facing_deg": scene.facing_deg,
            "signal_to_noise_db": scene.signal_to_noise_db,
            "sources": len(scene.sources),
        }
        for number, source in enumerate(scene.sources, 1):
            x, y, z = source.direction
            row |= {
                f"item_{number}": source.item,
                f"kind_{number}": cast.kind[source.item],
                f"label_{number}": cast.label[source.item],
                f"receiver_{number}": source.receiver,
                f"azimuth_deg_{number}": np.degrees(np.arctan2(y, x)) % 360,
                f"elevation_deg_{number}": np.degrees(np.arcsin(np.clip(z, -1, 1))),
                f"distance_m_{number}": place.distances_m[source.receiver],
                f"level_db_{number}": source.level_db,
            }
        rows.append(row)
    return pd.DataFrame(rows)


def scenes_of(table: pd.DataFrame, places: Places) -> list[Scene]:
    """Return the scenes that rows describe. Raises DataError where one's room is not there."""
    scenes = []
    for row in table.to_dict("records"):
        if row["room"] not in places.by_name:
            raise DataError(f"{row['room']}: no shard has this room. Delete the table of scenes and run again.")
        seen = places.by_name[row["room"]].seen(row["facing_deg"])
        sources = tuple(
            Source(
                row[f"item_{number}"],
                int(row[f"receiver_{number}"]),
                row[f"level_db_{number}"],
                seen[int(row[f"receiver_{number}"])],
            )
            for number in range(1, row["sources"] + 1)
        )
        of_scene = {key: row[key] for key in ("place", "person", "room", "facing_deg", "signal_to_noise_db")}
        scenes.append(Scene(row["scene"], **of_scene, sources=sources))
    return scenes
