"""Scenes of a run to try its localiser on, made when they are wanted: what is right about them is known."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earshot.data.schemas.scenes import SCENES
from earshot.data.sofa import HrirSet
from earshot.data.tables import read_table
from earshot.rooms.heads import Head
from earshot.scenes.drawing import scenes_of
from earshot.scenes.made_of import MadeOf
from earshot.scenes.making import Maker
from earshot.scenes.places import read_places
from earshot.scenes.sounds import read_sounds
from earshot.show.class_words import called

_OF_EACH = 3  # scenes with one source, and with two


class DemoScenes:
    """A handful of scenes, made as the run makes those that it is judged by."""

    def __init__(self, made_of: MadeOf, people: Mapping[str, HrirSet]) -> None:
        """Raise DataError where files are damaged, and ConfigError where rooms have too few receivers."""
        table = read_table(made_of.scenes, SCENES)
        table = table[table["person"].isin(list(people))]
        firsts = table.groupby("sources").head(_OF_EACH).sort_values("sources", kind="stable")
        places = read_places(made_of.rooms)
        sounds = read_sounds(made_of.sounds, made_of.sounds_index)
        self._scenes = {scene.name: scene for scene in scenes_of(firsts, places)}
        heads = {name: Head.of(people[name]) for name in sorted(firsts["person"].unique())}
        self._maker = Maker(sounds, places, heads, made_of.making)
        self.rate_hz = sounds.rate_hz
        rows = firsts.to_dict("records")
        self.words = {row["scene"]: f"{number}: {_words(row)}" for number, row in enumerate(rows, 1)}

    def make(self, name: str) -> NDArray[np.float32]:
        """Return what the ears hear of a scene, `(ears, samples)`."""
        return self._maker.make(self._scenes[name]).mixture

    def directions(self, name: str) -> NDArray[np.float64]:
        """Return where a scene's sources are, `(sources, 3)`."""
        return np.stack([source.direction for source in self._scenes[name].sources])

    def person(self, name: str) -> str:
        """Return who hears a scene."""
        return self._scenes[name].person


def _words(row: Mapping[Any, Any]) -> str:
    """Say what a scene is, without where."""
    what = [_what(row[f"kind_{number}"], row[f"label_{number}"]) for number in range(1, row["sources"] + 1)]
    return f"{' and '.join(what)}, T60 {row['t60_s']:.1f} s, heard by {row['person']}"


def _what(kind: str, label: str | None) -> str:
    if not isinstance(label, str):  # as of speech
        return kind
    if kind == "chord":
        root, _, triad = label.partition(" ")  # Df4 j
        return f"a piano's {called(root[:-1], 'root')} {called(triad, 'type')}"
    return called(label, "category")
