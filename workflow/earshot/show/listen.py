"""Sounds that a page holds in itself, so that it needs nothing beside it."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import soundfile
from numpy.typing import NDArray

from earshot.learn.room_listening import heard_in


@dataclass(frozen=True)
class SoundOnPage:
    """Ways in which one recording sounds, by what is said of each: signals between -1 and 1.

    They are `(samples,)`, or `(samples, ears)` of two ears.
    """

    name: str
    ways: Mapping[str, NDArray[np.float32]]
    rate_hz: float

    @property
    def sources(self) -> Sequence[tuple[str, str]]:
        """What is said of each way, and the address that holds it: FLAC, which every browser plays."""
        return [(words, _address(signal, round(self.rate_hz))) for words, signal in self.ways.items()]


def in_a_room(
    clips: Mapping[str, NDArray[np.float32]], responses: Mapping[str, NDArray[np.float32]], rate_hz: float
) -> list[SoundOnPage]:
    """Return recordings `(samples,)` as they are, and as they would sound in a room by each of its responses."""
    ways = {f"in the room, {words}": response for words, response in responses.items()}
    ways = {"dry": np.ones(1, np.float32)} | ways
    return [
        SoundOnPage(name, {words: heard_in(clip, response) for words, response in ways.items()}, rate_hz)
        for name, clip in clips.items()
    ]


def _address(signal: NDArray[np.float32], rate_hz: int) -> str:
    file = io.BytesIO()
    soundfile.write(file, signal, rate_hz, format="FLAC", subtype="PCM_16")
    return "data:audio/flac;base64," + base64.b64encode(file.getvalue()).decode()
