"""The page itself: its tabs in Gradio, and what is asked when something on them is chosen."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from earshot.app import answers
from earshot.app.answers import answered
from earshot.app.limits import LARGEST_MB, LONGEST_S
from earshot.app.open_run import RoomTab, Tabs, WhatTab, WhereTab
from earshot.app.room import Wish

_AT_ONCE = 2  # questions that are answered together
_CLEAN_EVERY_S, _KEPT_S = 300, 1800  # files that were given or made
_FEW = 8  # choices that are all seen; of more, a list that opens


def build(tabs: Tabs) -> gr.Blocks:
    """Return the page with its tabs; one whose models are missing says what makes them."""
    made: Sequence[tuple[str, Any, Callable[[Any], None]]] = (
        ("Where", tabs.where, _where),
        ("What", tabs.what, lambda tab: _what(tab, "what")),
        ("Chord", tabs.chord, lambda tab: _what(tab, "chord")),
        ("Room", tabs.room, _room),
    )
    with gr.Blocks(title="Earshot", analytics_enabled=False, delete_cache=(_CLEAN_EVERY_S, _KEPT_S)) as page:
        gr.HTML(
            f"<h1>Earshot</h1><p>What the run <b>{escape(tabs.run)}</b> has learnt, on sounds of your own. All is "
            f"computed on the machine that shows this page; what you give it is deleted again. Recordings may have "
            f"{LONGEST_S:g} s and {LARGEST_MB} MB.</p>"
        )
        with gr.Tabs():
            for name, tab, fill in made:
                with gr.Tab(name):
                    if isinstance(tab, str):
                        gr.HTML(answers.fault_on_page(tab))
                    else:
                        fill(tab)
    return page


def _where(tab: WhereTab) -> None:
    _heading(
        "Where is it?",
        "What two ears hear says from where it comes. Choose a scene in a simulated room, or give a recording that was "
        "made with a microphone in each ear.",
        tab.judged,
    )
    scenes = {words: name for name, words in tab.scenes.words.items()} if tab.scenes else {}
    with gr.Row():
        with gr.Column():
            scene = _choice("A scene, made now", list(scenes), None)
            audio = _recorder("Or a recording of two ears, in stereo")
            people = tab.localiser.people
            person = _choice("Whose ears hear it", people, people[0])
            sources = gr.Radio([("one", 1), ("two", 2)], value=1, label="How many sounds")
        said = _said()

    def load(words: str) -> tuple[Any, str, int]:
        assert tab.scenes is not None  # of which it is one
        name = scenes[words]
        made = _playable(tab.scenes.make(name), tab.localiser.rate_hz)
        return made, tab.scenes.person(name), len(tab.scenes.directions(name))

    def answer(path: str | None, words: str | None, whose: str, count: int) -> str:
        chosen = scenes.get(words) if words else None
        return answered(lambda: answers.where_it_is(tab, path, whose, count, chosen), str)

    asked: dict[str, Any] = {"fn": answer, "inputs": [audio, scene, person, sources], "outputs": said}
    _connect(audio, scene, load, [audio, person, sources], asked, "where")
    for setting in (person, sources):
        setting.input(**asked, **_hidden("where_again"))


def _what(tab: WhatTab, name: str) -> None:
    chords = name == "chord"
    _heading(
        "Which chord is it?" if chords else "What is it?",
        "A piano plays three notes at once: what is their root, and of which type is the chord?"
        if chords
        else "One sound, of the kinds that the networks have learnt: which of them is it?",
        tab.judged,
    )
    known = list(tab.classifiers.by_name)
    sounds = {sound.words: sound for sound in tab.sounds}
    with gr.Row():
        with gr.Column():
            sound = _choice("A chord of the run" if chords else "A sound of the run", list(sounds), None)
            audio = _recorder("Or a recording")
            classifier = _choice("Who answers", known, known[-1])
        said = _said()

    def load(words: str) -> Any:
        return _playable(sounds[words].signal, sounds[words].rate_hz)

    def answer(path: str | None, words: str | None, who: str) -> str:
        chosen = sounds.get(words) if words else None
        return answered(lambda: answers.what_it_is(tab, who, path, chosen), str)

    asked: dict[str, Any] = {"fn": answer, "inputs": [audio, sound, classifier], "outputs": said}
    _connect(audio, sound, load, [audio], asked, name)
    classifier.input(**asked, **_hidden(f"{name}_again"))


def _room(tab: RoomTab) -> None:
    ears = f"with {tab.person}'s ears" if tab.person else "with one ear, a microphone's"
    _heading(
        "How would it sound there?",
        f"Choose a sound and a room. It is heard {ears}, in the middle of the room and looking along it: as it is "
        "simulated, and by a model that has learnt how rooms sound. Sliders go as far as rooms that it learnt from.",
        tab.judged,
    )
    models = list(tab.models)
    learnt = tab.models[models[-1]].learnt
    sounds = {sound.words: sound for sound in tab.sounds}
    with gr.Row():
        with gr.Column():
            sound = _choice("A sound", list(sounds), None)
            audio = _recorder("Or a recording")
            model = _choice("Which model", models, models[-1])
            start = learnt.usual
            sliders = [
                _slider("Length (m)", learnt.length_m, start.length_m, 0.1),
                _slider("Width (m)", learnt.width_m, start.width_m, 0.1),
                _slider("Height (m)", learnt.height_m, start.height_m, 0.1),
                _slider("Reverberation time T60 (s)", learnt.t60_s, start.t60_s, 0.01),
                _slider("Distance of the source (m)", learnt.distance_m, start.distance_m, 0.1),
                _slider(
                    "Direction of the source (degrees: -90 is left, 0 ahead, 90 right)",
                    (-180, 180),
                    -start.azimuth_deg,
                    5,
                ),
            ]
        with gr.Column():
            ways = [
                _sounding(label=words, interactive=False, buttons=["download"], visible=False)
                for words in ("Dry", "In the room, simulated", "In the room, by the model")
            ]
            said = _said()

    def load(words: str) -> Any:
        return _playable(sounds[words].signal, sounds[words].rate_hz)

    def nothing(page: str) -> tuple[Any, ...]:
        return *(gr.update(value=None, visible=False) for _ in ways), page

    def answer(path: str | None, which: str, *wish: float) -> tuple[Any, ...]:
        def found() -> tuple[Any, ...]:
            length_m, width_m, height_m, t60_s, distance_m, rightwards_deg = map(float, wish)
            room = Wish(length_m, width_m, height_m, t60_s, distance_m, -rightwards_deg)
            heard, page = answers.how_it_sounds(tab, which, path, room)
            if heard is None:
                return nothing(page)
            return *(gr.update(value=_playable(one, heard.rate_hz), visible=True) for one in heard.heard.values()), page

        return answered(found, nothing)

    asked: dict[str, Any] = {"fn": answer, "inputs": [audio, model, *sliders], "outputs": [*ways, said]}
    _connect(audio, sound, load, [audio], asked, "room")
    model.input(**asked, **_hidden("room_again"))
    for slider in sliders:
        slider.input(**asked, **_hidden("room_again"), trigger_mode="always_last")


def _connect(
    audio: gr.Audio, choice: Any, load: Callable[..., Any], loads: list[Any], asked: dict[str, Any], name: str
) -> None:
    """Ask whenever a recording is given, and when one of the page's sounds is chosen, which is then shown first."""
    choice.input(load, choice, loads, **_hidden(f"{name}_load")).then(**asked, **_hidden(name))
    for given in (audio.upload, audio.stop_recording, audio.clear):
        given(lambda: None, None, choice, **_hidden(f"{name}_own")).then(**asked, **_hidden(f"{name}_given"))


def _hidden(name: str) -> dict[str, Any]:
    """Return how a question is named for programs, of which no page tells, and that all wait in one line."""
    together = {"concurrency_id": "all", "concurrency_limit": _AT_ONCE}
    return {"api_name": name, "api_visibility": "undocumented", "show_progress": "minimal"} | together


def _recorder(label: str) -> gr.Audio:
    return _sounding(label=label, type="filepath", sources=["upload", "microphone"], editable=False, buttons=[])


def _sounding(**settings: Any) -> gr.Audio:
    """Return what sounds are given by and played by.

    Unlike Gradio's own it has no example, which is a file of another server, and takes uploaded files alone: no
    address, which this server would have to fetch.
    """
    audio = gr.Audio(**settings)
    keep = audio.async_move_resource_to_block_cache

    async def keep_upload(path: Any) -> str | None:
        if "://" in str(path):
            raise gr.Error("Recordings are uploaded, not fetched.", print_exception=False)
        return await keep(path)

    vars(audio).update(
        async_move_resource_to_block_cache=keep_upload, example_payload=lambda: None, example_value=lambda: None
    )
    return audio


def _choice(label: str, choices: list[str], value: str | None) -> Any:
    """Return what is chosen by; it is not seen where there is nothing to choose."""
    kind = gr.Radio if len(choices) <= _FEW else gr.Dropdown
    return kind(choices, value=value, label=label, visible=len(choices) > (value is not None))


def _slider(label: str, ends: tuple[float, float], at: float, step: float) -> gr.Slider:
    """Return a slider over a range, rounded inwards to steps."""
    low, high = np.ceil(ends[0] / step) * step, np.floor(ends[1] / step) * step
    value = np.clip(np.round(at / step) * step, low, high)
    return gr.Slider(*(round(float(one), 2) for one in (low, high, value)), step=step, label=label)


def _heading(question: str, words: str, judged: str) -> None:
    """Write what a tab is about, and how far its models are to be trusted."""
    trust = f'<p class="soft">On what they had not learnt from: {escape(judged)}.</p>' if judged else ""
    gr.HTML(f"<h2>{question}</h2><p>{escape(words)}</p>{trust}")


def _said() -> gr.HTML:
    """Return where answers are written, which are read out to who cannot see them."""
    return gr.HTML(
        answers.nothing_yet(), elem_classes=["said"], apply_default_css=False, js_on_load="element.ariaLive = 'polite'"
    )


def _playable(signal: NDArray[np.float32], rate_hz: float) -> tuple[int, NDArray[np.int16]]:
    """Return a signal `(samples,)` or `(channels, samples)` as Gradio takes it: 16 bits, `(samples, channels)`."""
    loudest = max(float(abs(signal).max()), 1.0)
    return round(rate_hz), np.round(np.atleast_2d(signal).T / loudest * (2**15 - 1)).astype(np.int16)
