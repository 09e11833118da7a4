"""What there is to say of networks of each kind: their cards, of what their files and a run's report say."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from earshot.models.cards import Card, Input
from earshot.models.chapters import Summary, chapter_of, data_of, measures_of, provenance_of
from earshot.models.licences import licence_of_weights
from earshot.models.networks import Kind, Networks, features_of_person, settings_of_person
from earshot.models.splits import split_of

log = logging.getLogger(__name__)

_SPECTRA = {
    "image": "an image of powers in mel bands",
    "levels": "levels in mel bands, dB",
    "mel": "powers in mel bands",
    "constant_q": "levels of a constant-Q transform, dB",
}
_LIMITS: Mapping[Kind, str] = {
    "classifier": (
        "It knows no classes but these and always answers, so what is none of them gets probabilities too. It hears "
        "one sound in a recording, and says neither when it was nor where."
    ),
    "person_localiser": (
        "Each network knows one person's ears and is wrong with another's. It learnt from one source at a time and "
        "without a room: echoes and a second source lead it astray."
    ),
    "scene_localiser": (
        "It hears with the ears whose templates it is given, and not without. It says directions, and neither how far "
        "sources are nor how many there are."
    ),
    "scene_classifier": "It knows no classes but these and always answers. Of two sources at a time it says one class.",
    "separator": (
        "It takes two sources apart, by which is further to the left: one behind the other, or a third one, it does "
        "not tell apart."
    ),
    "room_model": (
        "It knows empty rooms that are boxes, as they were simulated, with receivers that hear alike from all sides: "
        "no heads, no furniture and no other shapes."
    ),
}
_HEARD_IN = {  # by the end of a model's name, where it learnt from scenes
    "_rooms": " Rooms that it learnt from were simulated: empty boxes.",
    "_anechoic": " It learnt without rooms, so echoes lead it astray.",
}


def describe(networks: Networks, folder: Path) -> Card:
    """Return the card of networks of a run, whose folder is `results/<name>`.

    A chapter of another version is passed over with a warning, and the card without what it would say.
    """
    summary = chapter_of(networks, folder)
    try:
        return _card(networks, folder, summary)
    except (LookupError, TypeError, ValueError, AttributeError) as fault:
        if summary is None:
            raise
        said = f"{type(fault).__name__}: {fault}"
        log.warning(
            "%s/%s: its chapter is of another version (%s). Make it again.", networks.study, networks.model, said
        )
        return _card(networks, folder, None)


def _card(networks: Networks, folder: Path, summary: Summary | None) -> Card:
    measures, data, tasks = measures_of(networks, summary), data_of(summary), _tasks(networks)
    return Card(
        name=f"{folder.resolve().name}/{networks.study}/{networks.model}",
        kind=networks.kind,
        does=_DOES[networks.kind](networks, tasks),
        tasks=tasks,
        input=_INPUTS[networks.kind](networks, summary),
        data=data,
        split=split_of(networks, summary),
        measure=next(iter(measures), None),
        further=measures[1:],
        limits=_limits(networks),
        licence=licence_of_weights(data),
        provenance=provenance_of(summary),
    )


def _limits(networks: Networks) -> str:
    learnt = (words for end, words in _HEARD_IN.items() if networks.study == "scenes" and networks.model.endswith(end))
    return _LIMITS[networks.kind] + next(learnt, "")


def _tasks(networks: Networks) -> dict[str, tuple[str, ...]]:
    """Return by task the classes that networks tell apart; none of networks that say something else."""
    found: dict[str, tuple[str, ...]] = {}
    for settings in networks.settings:
        found |= {task: tuple(classes) for task, classes in settings.get("tasks", {}).items()}
    return found


Tasks = Mapping[str, tuple[str, ...]]


def _classes(networks: Networks, tasks: Tasks) -> str:
    where = ", as two ears hear it in a room" if networks.kind == "scene_classifier" else ""
    if "category" in tasks:
        return f"Says which of {len(tasks['category'])} kinds of sound a recording is of{where}."
    asked = " and ".join(f"the {task} (of {len(classes)})" for task, classes in tasks.items())
    return f"Says {asked} of a piano's triad{where}."


def _person(networks: Networks, _tasks: Tasks) -> str:
    count = len(networks.files)
    return f"Says from which direction one of {count} people hears a sound: a network for the ears of each."


def _directions(networks: Networks, _tasks: Tasks) -> str:
    count = networks.settings[0]["direction_network"]["network"]["directions"]
    return f"Says how likely each of {count:,} directions is to be a source's, by what two ears hear in a room."


def _separates(_networks: Networks, _tasks: Tasks) -> str:
    return "Takes two sources and noise apart, by what two ears hear in a room."


def _rooms(networks: Networks, _tasks: Tasks) -> str:
    kind = networks.settings[0]["settings"]["kind"].replace("_", " ")
    return f"Says how a room responds to a source, for each receiver in it ({kind})."


_DOES: Mapping[Kind, Callable[[Networks, Tasks], str]] = {
    "classifier": _classes,
    "scene_classifier": _classes,
    "person_localiser": _person,
    "scene_localiser": _directions,
    "separator": _separates,
    "room_model": _rooms,
}


def _of_clips(networks: Networks, summary: Summary | None) -> Input:
    first = networks.settings[0]
    made_with, (bands, frames) = first["made_with"], first["shape"]
    settings = ", ".join(f"{key} {value}" for key, value in made_with["settings"].items())
    features = f"{_SPECTRA[made_with['kind']]}, {bands} x {frames} ({settings})"
    # Networks of scenes do not say it themselves.
    rate_hz = made_with.get("rate_hz") or _of_rooms(summary).get("sample_rate_hz")
    return Input(features, rate_hz, made_with.get("duration_s") or _of_stream(summary).get("duration_s"))


def _of_person(networks: Networks, summary: Summary | None) -> Input:
    settings, names = settings_of_person(networks.settings[0]), features_of_person(networks.settings[0])
    features = f"{len(names)} interaural features, {names[0]} to {names[-1]}"
    rate_hz = settings.get("rate_hz") or _of_rooms(summary).get("sample_rate_hz")
    own = "" if rate_hz or networks.study == "scenes" else ", at the rate of each person's file"
    return Input(features + own, rate_hz, settings["stimulus"]["duration_s"])


def _of_scene(networks: Networks, summary: Summary | None) -> Input:
    spectra = networks.settings[0]["direction_network"]["spectra"]
    features = f"waveforms at two ears, heard in {spectra['bands']} bands, and a person's templates"
    return Input(features, spectra["rate_hz"], _of_stream(summary).get("duration_s"))


def _of_separator(networks: Networks, summary: Summary | None) -> Input:
    own = networks.settings[0]["separation_network"]
    features = f"waveforms at two ears, heard in {own['settings']['bands']} bands"
    return Input(features, own["rate_hz"], _of_stream(summary).get("duration_s"))


def _of_room(networks: Networks, _summary: Summary | None) -> Input:
    settings, simulation = networks.settings[0]["settings"], networks.settings[0]["simulation"]
    features = f"a room's size and walls, a source and receivers, and {settings['images']:,} image sources of each"
    return Input(features, simulation["rate_hz"], simulation["length_s"])


_INPUTS: Mapping[Kind, Callable[[Networks, Summary | None], Input]] = {
    "classifier": _of_clips,
    "scene_classifier": _of_clips,
    "person_localiser": _of_person,
    "scene_localiser": _of_scene,
    "separator": _of_separator,
    "room_model": _of_room,
}


def _of_rooms(summary: Summary | None) -> Mapping[str, Any]:
    """Return a chapter's section of rooms, whose rate is that of scenes; nothing where it has none."""
    return (summary or {}).get("settings", {}).get("rooms", {})


def _of_stream(summary: Summary | None) -> Mapping[str, Any]:
    """Return a chapter's section of the stream that is learnt from; nothing where it has none."""
    return (summary or {}).get("settings", {}).get("scenes", {}).get("stream", {})
