"""What networks did not learn from, so that they could be judged by it, in words."""

from collections.abc import Callable, Mapping
from typing import Any

from earshot.learn.partition import TEST_SHARE
from earshot.learn.split import REGION_RADIUS_DEG
from earshot.models.networks import Kind, Networks, settings_of_person
from earshot.rooms.sampling import TEST_FOLD

Summary = Mapping[str, Any]

# Of each kind of split of clips, and of what a person's localiser is judged by; {values} are what was held out.
_OF_CLIPS = {
    "fold": "folds {values}; what the collection names as one recording is on one side",
    "random": f"{100 * TEST_SHARE:.0f} % of the clips, drawn one by one, and variations of them learnt from: it leaks",
    "by_performance": f"{100 * TEST_SHARE:.0f} % of the performances, each with all its variations",
    "by_dynamic": "the dynamics {values}, each as one that was never heard",
    "by_octave": "the octaves {values}, each as one that was never heard",
}
_OF_DIRECTIONS = {
    "directions": "{share} of each person's directions, drawn one by one, with all noise from there",
    "noise": "{share} of the noise from each direction, so that no direction was unknown",
    "regions": "{share} of each person's directions, whole regions of {across:g} degrees, so that none is close by",
}
_NOT_SAID = "What was held out is not known: its files do not say."


def split_of(networks: Networks, summary: Summary | None) -> str:
    """Say what networks did not learn from, of what their files and their chapter say."""
    return _OF_KINDS[networks.kind](networks, summary)


def _clips(networks: Networks, _summary: Summary | None) -> str:
    splits = list(dict.fromkeys(settings.get("split") for settings in networks.settings))
    held: dict[str, list[str]] = {}
    for split in splits:
        if split is None:
            return _NOT_SAID
        kind, value = _divided(split)
        held.setdefault(kind, []).append(value)
    said = "; or ".join(_OF_CLIPS.get(kind, kind).format(values=", ".join(own)) for kind, own in held.items())
    if len(splits) == 1:
        return f"Held out: {said}."
    return (
        f"Held out: {said}. Each network was judged by what it had not learnt from itself, and figures are of that. "
        "Where all answer together, others among them have learnt from it."
    )


def _divided(split: str) -> tuple[str, str]:
    """Return of which kind a split is and what it holds out, by its name: fold and 3, by_octave and 2."""
    if split.startswith("fold"):
        return "fold", split.removeprefix("fold")
    kind, _, value = split.rpartition("_")
    return (kind, value) if kind in _OF_CLIPS else (split, "")


def _directions(networks: Networks, summary: Summary | None) -> str:
    if networks.study == "scenes":
        return "No direction was held out: scenes in rooms judge, which are nothing that it learnt from."
    settings = settings_of_person(networks.settings[0])
    held, share = settings.get("held", "directions"), settings.get("held_out")
    if share is None:
        return _NOT_SAID
    words = _OF_DIRECTIONS[held].format(share=f"{100 * share:.0f} %", across=2 * REGION_RADIUS_DEG)
    chosen_on = len(summary["localisation"]["tuning_subjects"]) if summary else 0
    tuning = f" Who settings were chosen on counts in no figure ({chosen_on} of these people)." if chosen_on else ""
    return f"Held out: {words}.{tuning}"


def _scenes(_networks: Networks, summary: Summary | None) -> str:
    said = "Held out: the rooms and the sounds of all scenes that test; no recording and no room is on both sides."
    if summary is None:
        return said
    heard_by, taught_by = set(summary["scenes"]["people"]), set(summary["taught_by"])
    both = len(heard_by & taught_by)
    people = f"{len(heard_by)} people hear scenes that test, and {both or 'none'} of them taught it."
    return f"{said} {people}"


def _rooms(networks: Networks, summary: Summary | None) -> str:
    validates = networks.settings[0]["settings"].get("validates")
    folds = f" of {summary['settings']['rooms']['folds']}" if summary else ""
    stops = f", and fold {validates} said when to stop" if validates is not None else ""
    return (
        f"Held out: the rooms of fold {TEST_FOLD}{folds}{stops}. Rooms of the other sets were not learnt from at all."
    )


_OF_KINDS: Mapping[Kind, Callable[[Networks, Summary | None], str]] = {
    "classifier": _clips,
    "person_localiser": _directions,
    "scene_localiser": _scenes,
    "scene_classifier": _scenes,
    "separator": _scenes,
    "room_model": _rooms,
}
