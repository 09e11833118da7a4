"""Networks run over scenes, and what comes after them on the processor: a piece of scenes at a time, by any rank."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from earshot import device
from earshot.data.audio import at_rate
from earshot.data.schemas.scenes import SCENE_ANSWERS, SCENE_PEOPLE, SCENES
from earshot.data.sofa import HrirSet, read_hrirs
from earshot.data.tables import read_table
from earshot.directions import great_circle_deg
from earshot.errors import EarshotError
from earshot.learn import direction_network, direction_templates, separation_network
from earshot.learn.classifier import TaskNetwork, by_task, read_network
from earshot.learn.direction_map import peaks
from earshot.learn.direction_network import DirectionNetwork
from earshot.learn.localiser import Localiser, read_localiser
from earshot.learn.separation_network import SeparationNetwork
from earshot.rooms.heads import Head
from earshot.scenes import without_rooms
from earshot.scenes.drawing import Scene, scenes_of
from earshot.scenes.levels import Levels, levels_at_ears, levels_of
from earshot.scenes.making import Heard, Maker, MakingSettings
from earshot.scenes.people import who_hears
from earshot.scenes.places import Places, read_places
from earshot.scenes.separation import separate
from earshot.scenes.sounds import Sounds, classes_by_task, read_sounds
from earshot.score.separation import fitting_order, si_sdr_gain_db
from earshot.settings import settings_from
from earshot.signal.interaural import interaural_settings

_TASKS = {"category": "class"}  # what tables call a task of studies, where that is not its name

Row = dict[str, Any]


def work(settings: Mapping[str, Any]) -> Callable[[str], pd.DataFrame]:
    """Return what answers a piece of scenes, by its name (`pieces_of`).

    `settings` name files (`sounds`, `sounds_index`, `rooms` (pairs), `scenes`, `people` by name, `localisers`,
    `classifiers` (of `clip` and `chord`), `separators` and `without_rooms` by name) and hold the sections `making` and
    `interaural`.
    """
    sounds = read_sounds(settings["sounds"], settings["sounds_index"])
    people = {
        name: (
            read_hrirs(path, subject=name, rate_hz=sounds.rate_hz),
            read_localiser(settings["without_rooms"][name])[0],
        )
        for name, path in settings["people"].items()
    }
    places = read_places([(one, other) for one, other in settings["rooms"]])
    return Answering(sounds, places, read_table(settings["scenes"], SCENES), people, settings).piece


def settings_of_work(
    files: Mapping[str, Any], people: Sequence[str], heard_in: Sequence[str], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings of `work` as plain values: `settings`, and what names of files stand for.

    `files` are paths by what they are of: one for all (`scenes`, `sounds`, `index`, `hearers`, and the folder
    `without_rooms`), a list of shards (`responses`, `rooms`) or of people (`sofa`, of those, too, who were left out),
    and those of `networks_among`.
    """
    sofa = dict(zip(people, files["sofa"], strict=True))
    hearers = who_hears(read_table(files["hearers"], SCENE_PEOPLE))
    return (
        dict(settings)
        | networks_among(files, heard_in)
        | {
            "scenes": files["scenes"],
            "sounds": files["sounds"],
            "sounds_index": files["index"],
            "rooms": list(zip(files["responses"], files["rooms"], strict=True)),
            "people": {person: sofa[person] for person in hearers},
            "without_rooms": {person: f"{files['without_rooms']}/{person}.safetensors" for person in hearers},
            "interaural": {"features": without_rooms.features_below(settings["features"], settings["rate_hz"])},
        }
    )


def networks_among(files: Mapping[str, Any], heard_in: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return localisers and separators by name, and classifiers by the sounds that they hear and by name.

    `files` are lists of what networks heard (`localisers`, `classifiers`, and `chords` and `separators`, of which there
    may be none), and `study_of_chords`, the folder with the chord study's own, if there is one.
    """
    of_chords = [*files["chords"], *(f"{folder}/root_type.safetensors" for folder in files["study_of_chords"])]
    return {
        "localisers": dict(zip(heard_in, files["localisers"], strict=True)),
        "separators": dict(zip(heard_in, files["separators"], strict=False)),
        "classifiers": {
            "clip": dict(zip(heard_in, files["classifiers"], strict=True)),
            "chord": dict(zip([*heard_in, "study"], of_chords, strict=False)),
        },
    }


def pieces_of(scenes: int, per_piece: int) -> list[str]:
    """Return the names of the pieces of so many scenes: the first scene of each, and the last."""
    return [f"{first:06d}-{min(first + per_piece, scenes) - 1:06d}" for first in range(0, scenes, per_piece)]


@dataclass(frozen=True)
class _Person:
    """A person's ears, as each network needs them."""

    head: Head
    templates: tuple[torch.Tensor, torch.Tensor]
    without_rooms: Localiser


class Answering:
    """What a rank keeps: scenes, sounds, rooms, people with study A's networks of them, and networks.

    `settings` are those of `work`, of which names of networks and sections are used here.
    """

    def __init__(
        self,
        sounds: Sounds,
        places: Places,
        table: pd.DataFrame,
        people: Mapping[str, tuple[HrirSet, Localiser]],
        settings: Mapping[str, Any],
    ) -> None:
        self._where = device.choose(settings["device"])
        self._rate_hz = sounds.rate_hz
        self._table, self._places = table, places
        self._interaural = interaural_settings(settings["interaural"])
        self._part_s = settings["part_s"]
        self._localisers = {name: self._network(path) for name, path in settings["localisers"].items()}
        self._classifiers = {
            kind: {name: self._classifier(path) for name, path in own.items()}
            for kind, own in settings["classifiers"].items()
        }
        self._people = {name: self._person(*own) for name, own in people.items()}
        heads = {name: person.head for name, person in self._people.items()}
        self._maker = Maker(sounds, places, heads, settings_from(MakingSettings, settings["making"]))
        self._kinds = dict(zip(sounds.index["item"], sounds.index["kind"], strict=True))
        self._right = classes_by_task(sounds.index)
        self._separators = {name: self._separator(path) for name, path in settings["separators"].items()}

    def _network(self, path: str) -> DirectionNetwork:
        return direction_network.read_network(path)[0].to(self._where).eval()

    def _separator(self, path: str) -> SeparationNetwork:
        return separation_network.read_network(path)[0].to(self._where).eval()

    def _classifier(self, path: str) -> tuple[TaskNetwork, Levels]:
        network, about = read_network(path)
        network.network.to(self._where).eval()
        return network, levels_of(about["made_with"], self._rate_hz)

    def _person(self, measured: HrirSet, without_rooms: Localiser) -> _Person:
        network = next(iter(self._localisers.values()))
        templates, there = direction_templates.templates(measured, network.spectra, network.settings.directions)
        own = templates.to(self._where), there.to(self._where)
        return _Person(Head.of(measured), own, without_rooms)

    def piece(self, name: str) -> pd.DataFrame:
        """Return the answers to the scenes of a piece, called as 000020-000039."""
        first, last = map(int, name.split("-"))
        rows: list[Row] = []
        for place in range(first, last + 1):
            described = self._table.iloc[[place]]
            try:
                (scene,) = scenes_of(described, self._places)
                heard = self._maker.make(scene)
            except (EarshotError, OSError) as fault:
                rows.append({"scene": described["scene"].item(), "task": "none", "by": "", "said": str(fault)})
                continue
            rows += [{"scene": scene.name, **row} for row in self._answers(scene, heard)]
        empty = dict.fromkeys(SCENE_ANSWERS.columns)
        return pd.DataFrame([empty | row for row in rows])

    @torch.no_grad()
    def _answers(self, scene: Scene, heard: Heard) -> Iterator[Row]:
        mixture = heard.mixture
        true = np.stack([source.direction for source in scene.sources])
        for by, network, person in self._listeners(scene):
            ears = torch.from_numpy(mixture[None]).to(self._where)
            whose = [(*self._people[person].templates, torch.zeros(1, dtype=torch.long, device=self._where))]
            said = peaks(network(ears, whose).exp().cpu().numpy(), len(true))[0]
            yield from direction_rows(by, said[list(paired(said, true))], true)
        if len(true) == 1:
            own = self._people[scene.person].without_rooms
            said = without_rooms.answer(own, mixture, self._interaural, self._rate_hz, self._part_s)
            yield from direction_rows("study", said[None], true)
            yield from self._classes(scene, 0, mixture, "")
            return
        for source in range(len(true)):
            yield from self._classes(scene, source, mixture, " of the mixture")
        for name, separator in self._separators.items():
            apart = separate(mixture, separator)
            fitting = apart[list(fitting_order(apart, heard.images, mixture))]
            left_first = apart[np.argsort(np.argsort(-true[:, 1], kind="stable"))]
            for by, signals in ((name, fitting), (f"{name}, from left to right", left_first)):
                for source, gain in enumerate(si_sdr_gain_db(signals, heard.images, mixture).tolist()):
                    yield {"source": source + 1, "task": "separation", "by": by, "si_sdr_gain_db": gain}
            for source, ears in enumerate(fitting.astype(np.float32)):
                yield from self._classes(scene, source, ears, " of what was separated")

    def _listeners(self, scene: Scene) -> Iterator[tuple[str, DirectionNetwork, str]]:
        """Go through localisers, and with whose ears they hear: their own, and the first also with another's."""
        people = list(self._people)
        another = people[(people.index(scene.person) + 1) % len(people)]
        for number, (name, network) in enumerate(self._localisers.items()):
            yield name, network, scene.person
            if not number and another != scene.person:
                yield f"{name}, another's ears", network, another

    def _classes(self, scene: Scene, source: int, ears: NDArray[np.float32], of: str) -> Iterator[Row]:
        item = scene.sources[source].item
        for name, (network, levels) in self._classifiers.get(self._kinds[item], {}).items():
            heard = np.stack([at_rate(ear, self._rate_hz, levels.rate_hz) for ear in ears])
            values = levels_at_ears(torch.from_numpy(heard[None]).to(self._where), levels)
            likely = by_task(network.network(network.inputs.judged(values)).softmax(1).cpu(), network.tasks)
            for task, (own,) in zip(network.tasks, likely, strict=True):
                right, said = self._right[item][task.name], task.classes[int(own.argmax())]
                if right in task.classes:
                    answer = {"task": _TASKS.get(task.name, task.name), "said": said, "right": said == right}
                    yield {"source": source + 1, "by": name + of, **answer}


def paired(said: NDArray[np.float64], true: NDArray[np.float64]) -> tuple[int, ...]:
    """Return for each true direction which of those said is taken for it: so that they are nearest together."""
    apart = great_circle_deg(said[:, None], true[None])
    return min(
        permutations(range(len(said))), key=lambda order: sum(apart[one, place] for place, one in enumerate(order))
    )


def direction_rows(by: str, said: NDArray[np.float64], true: NDArray[np.float64]) -> Iterator[Row]:
    """Go through the rows of answers: of each source the direction that was said, and how far it is from the true one.

    Both are unit vectors `(sources, 3)`.
    """
    for source, (one, error) in enumerate(zip(said, great_circle_deg(said, true), strict=True), 1):
        yield {
            "source": source,
            "task": "direction",
            "by": by,
            "azimuth_deg": float(np.degrees(np.arctan2(one[1], one[0])) % 360),
            "elevation_deg": float(np.degrees(np.arcsin(np.clip(one[2], -1, 1)))),
            "error_deg": float(error),
        }
