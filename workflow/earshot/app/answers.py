"""Answers as parts of the page, in words first and then in pictures; what cannot be answered is a sentence."""

import logging
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
import soundfile
from numpy.typing import NDArray

from earshot.app import sphere, what, where
from earshot.app.limits import read_ears, read_recording
from earshot.app.open_run import RoomTab, Tabs, WhatTab, WhereTab
from earshot.app.pictures import picture
from earshot.app.room import SHOWN, Wish
from earshot.app.room import Answer as RoomAnswer
from earshot.app.sounds import Sound
from earshot.directions import great_circle_deg
from earshot.errors import EarshotError
from earshot.scenes.inference import paired
from earshot.seeds import generator
from earshot.show.page import number

T = TypeVar("T")

log = logging.getLogger(__name__)

_RATE_HZ = 44100
_NOTHING = "Record something, choose a file, or choose one of the sounds."
_UNKNOWN = "This went wrong, and Earshot does not know why. The terminal in which it was started says more."


def answered(answer: Callable[[], T], refuse: Callable[[str], T]) -> T:
    """Return an answer, or what `refuse` makes of the sentence that says why there is none."""
    try:
        return answer()
    except EarshotError as fault:
        return refuse(fault_on_page(str(fault)))
    except Exception:  # a page shows no traceback
        log.exception("the page could not answer:")
        return refuse(fault_on_page(_UNKNOWN))


def warm(tabs: Tabs) -> None:
    """Answer once on every tab: what the first answer alone has to make is made before anybody waits for it.

    A tab that cannot answer says so when it is asked.
    """
    with TemporaryDirectory() as folder:
        path = str(Path(folder, "noise.wav"))
        noise = generator(0, "noise to begin with").standard_normal((_RATE_HZ, 2))
        soundfile.write(path, 0.1 * noise, _RATE_HZ)
        if isinstance(tabs.where, WhereTab):
            hearing = tabs.where
            answered(lambda: where_it_is(hearing, path, hearing.localiser.people[0], 1, None), str)
        for tab in (tabs.what, tabs.chord):
            if isinstance(tab, WhatTab):
                for name in tab.classifiers.by_name:
                    answered(partial(what_it_is, tab, name, path, None), str)
        if isinstance(tabs.room, RoomTab):
            for name, rooms in tabs.room.models.items():
                answered(partial(how_it_sounds, tabs.room, name, path, rooms.learnt.usual), lambda said: (None, said))


def fault_on_page(sentence: str) -> str:
    """Return a sentence that says what is wrong."""
    return f'<p class="fault" role="alert">{escape(sentence)}</p>'


def where_it_is(tab: WhereTab, path: str | None, person: str, sources: int, scene: str | None) -> str:
    """Return where sounds are; beside it, where they should be, of one of the page's scenes."""
    if path is None:
        return nothing_yet()
    said = tab.localiser.hear(read_ears(path), person, sources)
    true = tab.scenes.directions(scene) if scene and tab.scenes else np.empty((0, 3))
    words = where.in_words(said)
    truth = _truth(said.peaks, true) if len(true) else ""
    spoken = "".join(f"<p>{escape(one)}</p>" for one in words)
    halves = "".join(
        picture(
            partial(sphere.half, said, true, behind),
            f"Map of the half of the sphere {sphere.HALVES[behind]}. {' '.join([*words, truth])}",
        )
        for behind in (False, True)
    )
    legend = sphere.legend(len(true))
    beside = f"<p>{escape(truth)}</p>" if truth else ""
    pictures = f'<div class="halves">{halves}</div><p class="soft">{escape(legend)}</p>'
    return f'<div class="answer">{spoken}</div>{beside}{pictures}'


def _truth(said: NDArray[np.float64], true: NDArray[np.float64]) -> str:
    """Say where sources are, and how far off what was said of each is."""
    if len(said) != len(true):
        truth = " and ".join(map(where.direction_in_words, true))
        return f"In truth there {'is one sound' if len(true) == 1 else 'are two sounds'}: {truth}."
    order = list(paired(said, true))
    errors = great_circle_deg(said[order], true)
    named = len(said) > 1
    places = [
        f"{f'sound {heard + 1} is ' if named else ''}{where.direction_in_words(one)}, {error:.0f}° beside what is heard"
        for heard, one, error in sorted(zip(order, true, errors, strict=True), key=lambda place: place[0])
    ]
    return f"In truth: {'; '.join(places)}."


def what_it_is(tab: WhatTab, classifier: str, path: str | None, sound: Sound | None) -> str:
    """Return what a sound is, or which chord; beside it, what it should be, of one of the page's sounds."""
    if path is None:
        return nothing_yet()
    unheard_by = sound.unheard_by.intersection(tab.classifiers.files[classifier]) if sound else frozenset[Path]()
    answer = tab.classifiers.say(classifier, path, unheard_by)
    count = tab.classifiers.asked(classifier, unheard_by).trainings
    learnt = " that did not learn from this clip" if unheard_by else ""
    notes = [f"By {'one network' if count == 1 else f'{count} networks'} of {classifier}{learnt}."]
    notes += [f"In truth: {sound.words}."] if sound else []
    notes += [f"But: {doubt}." for doubt in answer.doubts]
    spoken = f'<div class="answer"><p>{escape(what.in_words(answer))}</p></div>'
    return f'{spoken}<p>{escape(" ".join(notes))}</p><div class="tables">{what.bars(answer)}</div>'


def how_it_sounds(tab: RoomTab, model: str, path: str | None, wish: Wish) -> tuple[RoomAnswer | None, str]:
    """Return how a sound is heard in a room, and what there is to read and to see of the room."""
    if path is None:
        return None, nothing_yet()
    answer = tab.models[model].sound(read_recording(path), wish)
    times = answer.times
    words = ", ".join(f"{name}: T60 {number(own['t60_s'], 2)} s" for name, own in times.items())
    drawing = picture(
        lambda: answer.figure, f"Decay curves, in dB over milliseconds, whole and in two octaves. {words}."
    )
    # Wider than a telephone: who has no mouse moves it with the arrow keys.
    wide = f'<div class="wide" role="region" tabindex="0" aria-label="Decay curves">{drawing}</div>'
    doubts = "".join(f"<p>{escape(doubt)}</p>" for doubt in answer.doubts)
    return answer, f"{doubts}{_times(times)}{wide}"


def _times(times: dict[str, dict[str, float]]) -> str:
    """Return what responses measure as a table."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in times)
    rows = "".join(
        f'<tr><th scope="row">{words}</th>'
        + "".join(f"<td>{number(own[measure], 1 if measure == 'c50_db' else 2)}</td>" for own in times.values())
        + "</tr>"
        for measure, words in SHOWN.items()
    )
    caption = "What the room measures (ISO 3382-1), as it is simulated and by the model"
    return (
        f'<table class="times"><caption>{caption}</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def nothing_yet() -> str:
    """Return what is said before anything is asked."""
    return f'<p class="soft">{_NOTHING}</p>'
