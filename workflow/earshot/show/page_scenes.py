"""The page of scenes."""

from collections.abc import Mapping, Sequence
from typing import Any

from earshot.show.figures_scenes import CLASSIFIERS, GUESSING, LOCALISERS
from earshot.show.listen import SoundOnPage
from earshot.show.page import FigureOnPage, render_page
from earshot.show.page_scaling import scaling_on_page
from earshot.show.summary_scenes import LEFT_TO_RIGHT, MIXTURE, ROOMS, SEPARATED

_FEW = 100  # scenes, of which figures say little
_REASONS = 20  # that are listed of scenes that could not be made
_FAR = 1e9  # in place of an edge that is not there
_SPLITS = {
    "t60_s": ("T60 of the room", "s"),
    "distance_m": ("Distance of the source", "m"),
    "signal_to_noise_db": ("Signal-to-noise ratio", "dB"),
    "apart_deg": ("Angle between the sources", "°"),
}
_LOCALISERS = {by: words for by, (words, _, _) in (LOCALISERS | GUESSING).items()}
_HEARING = {
    by + of: f"{words}; {what}"
    for of, what in (
        ("", "one source"),
        (MIXTURE, "two sources, the mixture"),
        (SEPARATED, "two sources, what was separated"),
    )
    for by, (words, _) in CLASSIFIERS.items()
}
_HELPS = {
    "rooms_over_anechoic_deg": "where: a localiser learnt in rooms, and not without them",
    "rooms_over_study_deg": "where, one source: the same in place of study A's network of the person",
    "own_ears_deg": "where: the localiser hears with the person's own ears, and not with another's",
    "classes_rooms_over_anechoic": "what, one source: a classifier learnt in rooms, and not without them",
    "classes_separated_over_mixture": "what, two sources: the classifier is given what was separated, not the mixture",
    "roots_rooms_over_anechoic": "root of a chord, one source: a network learnt in rooms, and not without them",
    "roots_rooms_over_study": "root of a chord, one source: the same in place of that of the chord study",
    "roots_separated_over_mixture": "root of a chord, two sources: it is given what was separated, not the mixture",
}


def render_scenes(
    summary: Mapping[str, Any],
    figures: Sequence[FigureOnPage],
    sounds: Sequence[SoundOnPage],
    sounds_words: Mapping[str, str],
    tables: Sequence[str],
) -> str:
    """Return the page of scenes; `sounds` are scenes of which `sounds_words` tell by name.

    The rest is `render_page`'s.
    """
    found = summary["scenes"]
    return render_page(
        summary,
        figures,
        "scenes.html.j2",
        few=_FEW,
        most_reasons=_REASONS,
        localisers=_named(found["localisation"], _LOCALISERS),
        classifiers=_named(found["classes"], _HEARING),
        of_chords=[
            (words, own, found["types"][by]) for by, words in _HEARING.items() if (own := found["roots"].get(by))
        ],
        measured=[room | {"localisers": _named(room["localisation"], _LOCALISERS)} for room in summary["measured"]],
        separations=_named(
            found["separation"],
            {ROOMS: "in the order in which they fit better", LEFT_TO_RIGHT: "the first is the left one"},
        ),
        helps={words: found["helps"][name] for name, words in _HELPS.items() if found["helps"][name]["n"]},
        splits=_splits(found),
        scaling=scaling_on_page(summary["scaling"]) if summary["scaling"] else None,
        sounds=sounds,
        sounds_words=sounds_words,
        tables=tables,
    )


def _named(found: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return figures by what a person calls who made them, in the order of names."""
    return {words: found[by] for by, words in names.items() if by in found}


def _splits(found: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, list[Mapping[str, Any] | None]]]]]:
    """Return by what scenes are split: in each part the figures of the headline networks and of separation."""
    whole = [found[task].get(ROOMS) for task in ("localisation", "classes", "roots", "types")]
    whole.append(found["separation"].get(ROOMS))
    parts = [own["all"]["splits"] if own else {} for own in whole]
    told = []
    for split, (words, unit) in _SPLITS.items():
        rows: dict[tuple[float, float], list[Mapping[str, Any] | None]] = {}
        for place, own in enumerate(parts):
            for one in own.get(split, ()):
                ends = -_FAR if one["from"] is None else one["from"], _FAR if one["to"] is None else one["to"]
                rows.setdefault(ends, [None] * len(parts))[place] = one
        told.append((words, [(_range(*ends, unit), rows[ends]) for ends in sorted(rows)]))
    people = [one["is"] for one in parts[0].get("person", ())]
    rows_of_people = [
        (str(person), [next((one for one in own.get("person", ()) if one["is"] == person), None) for own in parts])
        for person in people
    ]
    told.append(("Whose ears", rows_of_people))
    return [(words, rows) for words, rows in told if rows]


def _range(low: float, high: float, unit: str) -> str:
    space = "" if unit == "°" else " "
    if low == -_FAR:
        return f"below {high:g}{space}{unit}"
    if high == _FAR:
        return f"{low:g}{space}{unit} and more"
    return f"{low:g} to {high:g}{space}{unit}"
