"""Scenes made when they are wanted: what two ears hear of sources in a room, and of noise."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq

from earshot.rooms.auralisation import Listening, binaural_response
from earshot.rooms.heads import Head
from earshot.scenes.drawing import Scene, Source
from earshot.scenes.places import HeardPlace, Places
from earshot.scenes.sounds import Sounds
from earshot.seeds import generator
from earshot.signal.sources import loud_begins

LEVEL = 0.1  # of full scale: the root of the mean power of a scene's first source at the ears
_LOWEST_HZ = 50.0  # of noise, whose power falls by 3 dB an octave above it
_FAINT = 1e-8  # of power: what is fainter at the ears is left as it is

Signal = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


@dataclass(frozen=True)
class Heard:
    """What the ears hear in a scene: each source by itself `(sources, ears, samples)`, and the noise."""

    images: Signal
    noise: Signal  # (ears, samples)

    @property
    def mixture(self) -> Signal:
        """All together, `(ears, samples)`."""
        return self.images.sum(0) + self.noise


@dataclass(frozen=True)
class MakingSettings:
    """How scenes are made."""

    seed: int
    duration_s: float
    exact_s: float  # until when images are heard through the HRIRs of their directions
    anechoic: bool = False  # the direct sound alone, to know what rooms do


@dataclass
class Maker:
    """Makes scenes. What it knows of the last place is kept, since scenes of one place may follow each other."""

    sounds: Sounds
    places: Places
    heads: Mapping[str, Head]
    settings: MakingSettings
    _kept: dict[tuple[str, int], tuple[int, Spectrum]] = field(default_factory=dict)
    _kept_of: str = ""
    _loud: dict[str, NDArray[np.int_]] = field(default_factory=dict)  # where each sound has parts that are not quiet

    def make(self, scene: Scene) -> Heard:
        """Return what the ears hear in a scene: the same whatever was made before."""
        head = self.heads[scene.person]
        samples = round(self.settings.duration_s * self.sounds.rate_hz)
        images = np.stack([self._image(scene, number, samples) for number in range(len(scene.sources))])
        random = generator(self.settings.seed, "noise at the ears", scene.name)
        noise = _pink_in_diffuse_field(head, samples, random)
        heard = np.square(images.sum(0)).mean()
        scale = np.sqrt(max(heard, _FAINT) / np.square(noise).mean()) * 10 ** (-scene.signal_to_noise_db / 20)
        return Heard(images, noise * np.float32(scale))

    def _image(self, scene: Scene, number: int, samples: int) -> Signal:
        """Return a source as the ears hear it `(ears, samples)`, at its level. It has sounded before that."""
        source = scene.sources[number]
        taps, response = self._response(scene, source, samples)
        recording = self.sounds.signal(source.item)
        if len(recording) < samples:
            recording = np.tile(recording, -(-samples // len(recording)))
        if source.item not in self._loud:
            self._loud[source.item] = loud_begins(recording, samples)
        random = generator(self.settings.seed, "excerpt", scene.name, number)
        begins = int(random.choice(self._loud[source.item]))
        before = min(begins, taps)
        length = _length(taps, samples)
        dry = np.zeros(length, np.float32)
        dry[taps - before : taps + samples] = recording[begins - before : begins + samples]
        # What comes round is over when the scene begins.
        made = irfft(response * rfft(dry), length)[:, taps : taps + samples]
        power = np.square(made).mean()
        return made * np.float32(LEVEL * 10 ** (source.level_db / 20) / np.sqrt(max(power, _FAINT)))

    def _response(self, scene: Scene, source: Source, samples: int) -> tuple[int, Spectrum]:
        """Return how long a response to a source is, in samples, and its spectrum for scenes of so many."""
        if scene.place != self._kept_of:
            self._kept, self._kept_of = {}, scene.place
        key = scene.person, source.receiver
        if key not in self._kept:
            response = self._respond(scene, source)
            taps = response.shape[-1]
            self._kept[key] = taps, rfft(response, _length(taps, samples))
        return self._kept[key]

    def _respond(self, scene: Scene, source: Source) -> Signal:
        place, head = self.places.by_name[scene.room], self.heads[scene.person]
        if self.settings.anechoic:
            return _direct(head, source.direction)
        if isinstance(place, HeardPlace):
            return place.responses[source.receiver]
        listening = Listening(place.room.source_m, scene.facing_deg)
        random = generator(self.settings.seed, "late", scene.place, source.receiver)
        where, stored = place.room.receivers_m[source.receiver], place.response(source.receiver)
        return binaural_response(place.room.walls, listening, where, stored, head, self.settings.exact_s, random)


def _direct(head: Head, direction: NDArray[np.float64]) -> Signal:
    """Return the HRIRs of the measured direction that is nearest."""
    return head.hrirs[head.nearest(*torch.from_numpy(direction)[:, None])[0]].numpy()


def _length(taps: int, samples: int) -> int:
    return next_fast_len(taps + samples, real=True)


def _pink_in_diffuse_field(head: Head, samples: int, random: np.random.Generator) -> Signal:
    """Return what ears hear, `(ears, samples)`, of noise of equal power in each octave from all around."""
    length = next_fast_len(samples, real=True)
    frequencies_hz = rfftfreq(length, 1 / head.rate_hz)
    white = random.standard_normal((2, len(frequencies_hz), 2)).view(np.complex128)[..., 0]
    pink = white / np.sqrt(np.maximum(frequencies_hz, _LOWEST_HZ))
    return irfft(head.spectra_in_diffuse_field(pink, length), length)[:, :samples].astype(np.float32)
