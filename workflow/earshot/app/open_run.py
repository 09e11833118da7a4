"""A run made ready to try: its models, read once, or for each tab the sentence that says what is missing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from earshot.app.room import Learnt, Rooms
from earshot.app.runs import Run
from earshot.app.scenes import DemoScenes
from earshot.app.sounds import Sound, made_up, of_classifiers
from earshot.app.what import Classifiers
from earshot.app.where import Localiser
from earshot.data.shards import read_settings
from earshot.data.sofa import HrirSet, read_hrirs
from earshot.errors import ConfigError, EarshotError
from earshot.learn import direction_network
from earshot.learn.reverb_models import model_of, read_network
from earshot.learn.room_listening import RoomSet, find_rooms
from earshot.models.manifest import Model
from earshot.rooms.heads import Head
from earshot.rooms.simulation import SimulationSettings

T = TypeVar("T")

_CLIPS_IN_ROOMS = 3  # of the run, beside what is made up

STUDIES = {"sounds": "what a sound is", "chords": "which chord it is"}


@dataclass(frozen=True)
class WhereTab:
    """What hears where a sound is, and scenes to try it on, of which there may be none.

    Of this tab and of others `judged` says how well models did on what they had not learnt from, if that is known.
    """

    localiser: Localiser
    scenes: DemoScenes | None
    judged: str


@dataclass(frozen=True)
class WhatTab:
    """What tells sounds apart, and sounds to try each on."""

    classifiers: Classifiers
    sounds: list[Sound]
    judged: str


@dataclass(frozen=True)
class RoomTab:
    """Models of rooms by name, the ears that hear in them, if any, and sounds to hear there."""

    models: dict[str, Rooms]
    person: str | None
    sounds: list[Sound]
    judged: str


@dataclass(frozen=True)
class Tabs:
    """All that the page has: of each tab what it needs, or why it has none."""

    run: str
    where: WhereTab | str
    what: WhatTab | str
    chord: WhatTab | str
    room: RoomTab | str


def open_run(run: Run, ears: Path | None, device: torch.device) -> Tabs:
    """Return what a run can be tried on; a tab that cannot be opened has the sentence that says why.

    `ears` is a folder of more people's SOFA files. Raises ConfigError where it has none.
    """
    more = {path.stem: path for path in sorted(ears.glob("*.sofa"))} if ears else {}
    if ears and not more:
        raise ConfigError(f"{ears}: no SOFA files are in it. Name a folder of some, one a person, with --ears.")
    return Tabs(
        run.name,
        _or_why(lambda: _where(run, more, device)),
        _or_why(lambda: _what(run, "sounds", device)),
        _or_why(lambda: _what(run, "chords", device)),
        _or_why(lambda: _room(run, more, device)),
    )


def _or_why(opened: Callable[[], T]) -> T | str:
    try:
        return opened()
    except EarshotError as fault:
        return str(fault)


def _judged(models: Iterable[Model]) -> str:
    """Say how well models did on what they had not learnt from; nothing where no report says it."""
    found = {model.name: model.card.measure for model in models}
    return ". ".join(f"{name}: {one.what} {one.words}" for name, one in found.items() if one)


def _lacking(what: str, target: str) -> ConfigError:
    return ConfigError(
        f"{what} Train what is missing: `snakemake --cores 2 -- {target}`, or on a small scale, in minutes, "
        f"`snakemake --cores 2 --configfile config/demo.yaml -- {target}`. Then start this page again."
    )


def _where(run: Run, more: Mapping[str, Path], device: torch.device) -> WhereTab:
    if not run.localisers:
        raise _lacking(
            f"The run {run.name} has no localiser of scenes, which hears where a sound comes from.", "scenes"
        )
    model = next(iter(run.localisers.values()))
    network, _ = direction_network.read_network(model.files[0])
    people = _people(run, more, network.spectra.rate_hz)
    if not people:
        raise _lacking(
            f"A localiser hears with a person's ears, and the run {run.name} does not say whose were measured. Name a "
            "folder of SOFA files, one a person, with --ears.",
            "scenes",
        )
    scenes = DemoScenes(run.made_of, people) if run.made_of else None
    return WhereTab(Localiser(network, people, device), scenes, _judged([model]))


def _people(run: Run, more: Mapping[str, Path], rate_hz: float) -> dict[str, HrirSet]:
    """Return the people of a run's scenes, and more, at a rate."""
    known = (run.made_of.people if run.made_of else {}) | dict(more)
    return {name: read_hrirs(path, subject=name, rate_hz=rate_hz) for name, path in known.items()}


def _what(run: Run, study: str, device: torch.device) -> WhatTab:
    models = run.classifiers(study)
    if not models:
        raise _lacking(f"The run {run.name} has no classifier that tells {STUDIES[study]}.", study)
    sounds = _of_run(run, study) or made_up(study)
    return WhatTab(Classifiers.read(models, device), sounds, _judged(models.values()))


def _of_run(run: Run, study: str) -> list[Sound]:
    return of_classifiers([file for model in run.classifiers(study).values() for file in model.files], run.results)


def _room(run: Run, more: Mapping[str, Path], device: torch.device) -> RoomTab:
    if not run.room_models:
        raise _lacking(f"The run {run.name} has no model of how rooms sound.", "reverb")
    read = {name.partition("/")[2]: _model(run, model, device) for name, model in run.room_models.items()}
    rate_hz = next(iter(read.values())).simulation.rate_hz
    person, measured = next(iter(_people(run, more, rate_hz).items()), (None, None))
    head = Head.of(measured) if measured else None
    heard_by = {name: replace(one, head=head) for name, one in read.items()}
    return RoomTab(
        heard_by, person, [*made_up(), *_of_run(run, "sounds")[:_CLIPS_IN_ROOMS]], _judged(run.room_models.values())
    )


def _model(run: Run, model: Model, device: torch.device) -> Rooms:
    network, about = read_network(model.files[0])
    simulation = SimulationSettings(**about["simulation"])
    learnt = Learnt.of(_learnt_from(run, about["simulation"]).index)
    return Rooms(
        model.name.rpartition("/")[2],
        model_of(about["settings"], simulation, device, network),
        simulation,
        learnt,
        None,
        device,
    )


def _learnt_from(run: Run, simulation: Mapping[str, Any]) -> RoomSet:
    """Return the rooms that a model learnt from: those of its simulation whose draws are the run's own.

    Sets that only judge are drawn from seeds of their own.
    """
    found = []
    for rooms in find_rooms(run.results).values():
        about = read_settings(rooms.shards[0])
        drawn_from = about.get("sampling", {}).get("seed")  # older rooms may say less
        if about.get("simulation") == simulation and drawn_from == simulation["seed"] and not rooms.head:
            found.append(rooms)
    if not found:
        raise _lacking(f"The rooms that the models of {run.name} learnt from are gone.", "rooms")
    return max(found, key=lambda rooms: rooms.count)
