"""The page of models of reverberation."""

from collections.abc import Mapping, Sequence
from typing import Any

from earshot.show.listen import SoundOnPage
from earshot.show.page import FigureOnPage, render_page

_KINDS = {
    "operator": "Fourier neural operator on octaves' energy, images first",
    "perceptron": "perceptron on octaves' energy, images first",
    "expected": "images first, then noise as expected of such a room",
    "waveform_operator": "Fourier neural operator on waveforms, as study D",
    "waveform_recurrent": "recurrent network on waveforms, as study D",
    "nearest": "response of the nearest room that is known",
    "sabine": "exponential noise by Sabine's formula",
    "eyring": "exponential noise by Eyring's formula",
}

_LEARN_NOTHING = ("expected", "nearest", "sabine", "eyring")


def render_reverb(
    summary: Mapping[str, Any],
    figures: Sequence[FigureOnPage],
    heading: str,
    sounds: Sequence[SoundOnPage],
    sounds_words: str,
    tables: Sequence[str],
) -> str:
    """Return the page of models of reverberation; `heading` is the model that heads it.

    `sounds` are recordings as they sound in the room of which `sounds_words` tell. The rest is `render_page`'s.
    """
    models = summary["settings"]["reverb"]["models"]

    def words(name: str) -> str:
        own = models[name]
        rank = f", Tucker rank {own['rank']:g}" if own["kind"].endswith("operator") and own["rank"] else ""
        images = f", about {own['images']:,} images" if own["kind"] in ("operator", "perceptron", "expected") else ""
        few = f", learns from {own['most_rooms']:,} rooms at most" if own["most_rooms"] else ""
        return _KINDS[own["kind"]] + rank + images + (few if own["kind"] not in _LEARN_NOTHING else "")

    described = {name: words(name) for name in summary["reverb"]}
    return render_page(
        summary,
        figures,
        "reverb.html.j2",
        heading=heading,
        described=described,
        sounds=sounds,
        sounds_words=sounds_words,
        tables=tables,
    )
