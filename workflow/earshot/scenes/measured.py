"""Scenes in rooms whose responses were measured at a head, as far as their directions go.

The head is told by its own responses without a room, and whoever hears with it says no direction far from those that
were measured. So an error is to be compared with what guessing among these directions would give.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from earshot.data.schemas.scenes import SCENE_ANSWERS
from earshot.data.sofa import HrirSet, read_hrirs
from earshot.errors import ConfigError
from earshot.learn.localiser import Localiser
from earshot.progress import progress
from earshot.rooms.measured import MeasuredRoom, audible
from earshot.scenes.drawing import Cast, DrawingSettings, Scene, draw_scenes, table_of
from earshot.scenes.inference import Answering, direction_rows, paired, pieces_of
from earshot.scenes.places import FEWEST, HeardPlace, Places
from earshot.scenes.sounds import Sounds
from earshot.seeds import generator

CHANCE = "chance"  # in tables of answers, beside networks
_AT_ONCE = 20  # scenes, of which progress tells
_HEAD_S = 0.16  # that responses of a head without a room have at most


def read_heard(
    name: str, path: Path | str, anechoic: Path | str, rate_hz: float, clockwise: bool
) -> tuple[HeardPlace, HrirSet]:
    """Return a measured room as a place for scenes, and its head as a person, both by the room's name.

    Both are SOFA files of SimpleFreeFieldHRIR, and are resampled to a rate. Raises DataError as `read_hrirs` does, and
    ConfigError where the room has one response, or those without a room are so long that they seem to be of one.
    """
    room, head = (read_hrirs(one, subject=name, rate_hz=rate_hz, clockwise=clockwise) for one in (path, anechoic))
    longest = round(_HEAD_S * rate_hz)
    if head.hrirs.shape[-1] > longest:
        raise ConfigError(
            f"config key scenes.measured.{name}.anechoic: responses in {anechoic} have "
            f"{head.hrirs.shape[-1] / rate_hz:.2f} s, {longest / rate_hz:g} at most are of a head alone. "
            "Name the file of the head without a room."
        )
    if len(room.hrirs) < FEWEST:
        raise ConfigError(
            f"config key scenes.measured.{name}.file: {path} has one response, and scenes need {FEWEST} directions."
        )
    responses = audible(room)
    t60_s = MeasuredRoom([], responses, rate_hz).measures()["t60_s"]
    known = t60_s[np.isfinite(t60_s)]
    place = HeardPlace(
        name,
        responses.astype(np.float32),
        room.unit_vectors,
        room.distance_m,
        float(known.mean()) if known.size else float("nan"),
    )
    return place, head


def try_room(
    place: HeardPlace,
    head: HrirSet,
    localiser: Localiser,
    sounds: Sounds,
    count: int,
    drawing: DrawingSettings,
    settings: Mapping[str, Any],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return so many scenes in a measured room, and the answers to them: those of networks, and guesses.

    Their sounds, levels and noise are those of the first scenes in simulated rooms. `localiser` is study A's network of
    the head, and `settings` are those of `inference.work`. Raises ConfigError where no two directions of the room are
    such as scenes need.
    """
    places = Places({place.name: place})
    cast = Cast("test", sounds, places, {place.name: head})
    scenes = draw_scenes(range(count), cast, drawing)
    table = table_of(scenes, cast)
    answering = Answering(sounds, places, table, {place.name: (head, localiser)}, settings)
    answered = [answering.piece(name) for name in progress(pieces_of(count, _AT_ONCE), "scenes")]
    empty = dict.fromkeys(SCENE_ANSWERS.columns)
    guesses = [empty | row for scene in scenes for row in _guessed(scene, place, drawing.seed)]
    return table, pd.concat([*answered, pd.DataFrame(guesses)], ignore_index=True)


def _guessed(scene: Scene, place: HeardPlace, seed: int) -> Iterator[dict[str, Any]]:
    """Go through what somebody says of a scene who hears nothing, but knows where loudspeakers are."""
    random = generator(seed, CHANCE, place.name, scene.name)
    true = np.stack([source.direction for source in scene.sources])
    said = place.directions[random.permutation(len(place.directions))[: len(true)]]
    for row in direction_rows(CHANCE, said[list(paired(said, true))], true):
        yield {"scene": scene.name, **row}
