"""How a recording would sound in a room of one's own: simulated, and by a model that has learnt how rooms sound."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from earshot.app.limits import Recording
from earshot.device import side_by_side
from earshot.errors import ConfigError
from earshot.learn.reverb_models import RoomModel
from earshot.learn.room_listening import heard_in, ranges
from earshot.rooms.acoustics import measures
from earshot.rooms.auralisation import Listening, binaural_response
from earshot.rooms.heads import Head
from earshot.rooms.sampling import MOST_ABSORBED, TEST_FOLD, Range, Room
from earshot.rooms.shoebox import Shoebox, absorption_for
from earshot.rooms.simulation import SimulationSettings, arrivals, simulate
from earshot.seeds import generator
from earshot.show.figures_reverb import decays

SHOWN = {"t60_s": "T60 (s)", "edt_s": "EDT (s)", "c50_db": "C50 (dB)"}
_FROM_WALLS_M = 0.3  # of ears and source, at least: nearer, a wall is a part of them
_EARS_M = 1.5  # above the floor, or half as high as the room
_ASIDE = np.array(
    [0.46, 0.53]
)  # of length and width, between ears and source: a room's very middle is like no other place
_IMAGES = 1_000_000  # that are simulated at most: a second is worth more than the last of them
_EXACT_S = 0.05  # in which ears hear images from their directions


@dataclass(frozen=True)
class Wish:
    """A room as a person asks for it, and where the source is, as a listener sees it who looks along the length."""

    length_m: float
    width_m: float
    height_m: float
    t60_s: float
    distance_m: float
    azimuth_deg: float  # 0 is ahead, 90 to the left

    @property
    def volume_m3(self) -> float:
        """Volume, cubic metres."""
        return self.length_m * self.width_m * self.height_m


@dataclass(frozen=True)
class Learnt:
    """The rooms that a model learnt from: the least and the largest of each measure."""

    length_m: Range
    width_m: Range
    height_m: Range
    volume_m3: Range
    t60_s: Range
    distance_m: Range

    @classmethod
    def of(cls, index: pd.DataFrame) -> "Learnt":
        """Return them of rooms' index: of those that do not test."""
        names = list(cls.__dataclass_fields__)
        return cls(*ranges(index[index["fold"] != TEST_FOLD], names))

    @property
    def usual(self) -> Wish:
        """One in the middle of them, with a source that is not far."""
        length_m, width_m, height_m, t60_s = (
            sum(ends) / 2 for ends in (self.length_m, self.width_m, self.height_m, self.t60_s)
        )
        return Wish(length_m, width_m, height_m, t60_s, 1.5 * self.distance_m[0], -30.0)


@dataclass(frozen=True)
class Answer:
    """How a room sounds: responses as a microphone hears them, and the recording as it is heard."""

    rate_hz: float
    responses: Mapping[str, NDArray[np.float32]]  # (samples,), by whose they are
    arrival: int  # of the direct sound, samples
    heard: Mapping[str, NDArray[np.float32]]  # (ears, samples), or (samples,) without ears
    doubts: tuple[str, ...]

    @property
    def figure(self) -> Figure:
        """How the responses decay: what was simulated, and what models say of it."""
        (_, true), *said = self.responses.items()
        return decays(true, dict(said), self.rate_hz, self.arrival)

    @property
    def times(self) -> dict[str, dict[str, float]]:
        """What each response measures (ISO 3382-1), by whose it is."""
        found = {}
        for name, response in self.responses.items():
            own = measures(response[None], self.rate_hz, np.array([self.arrival]))
            found[name] = {measure: float(own[measure][0]) for measure in SHOWN}
        return found


@dataclass(frozen=True)
class Rooms:
    """A model of rooms, the simulation that it learnt from, and the ears that hear."""

    name: str
    model: RoomModel
    simulation: SimulationSettings
    learnt: Learnt
    head: Head | None
    device: torch.device

    def sound(self, recording: Recording, wish: Wish) -> Answer:
        """Return how a recording sounds in a room. Raises ConfigError for a room that cannot be."""
        room = room_of(wish)
        dry = recording.mixed(self.simulation.rate_hz)
        simulated = replace(self.simulation, most_images=min(_IMAGES, self.simulation.most_images))

        def made(by_model: bool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            if by_model:
                response = self.model.responses([room])[0][0]
            else:
                response = simulate(room, simulated, self.device).responses[0]
            return response, heard_in(dry, self._at_ears(room, response))

        names = "simulated", self.name
        both = dict(zip(names, side_by_side(made, (False, True), self.device), strict=True))
        responses = {name: response for name, (response, _) in both.items()}
        heard = {"dry": heard_in(dry, np.ones(1, np.float32))} | {name: one for name, (_, one) in both.items()}
        arrival = int(arrivals(room, self.simulation.rate_hz)[0])
        return Answer(self.simulation.rate_hz, responses, arrival, heard, tuple(_doubts(wish, self.learnt)))

    def _at_ears(self, room: Room, response: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what ears hear, `(ears, samples)`, of what a microphone hears; this itself where there are none."""
        if self.head is None:
            return response
        random = generator(self.simulation.seed, "late", room.name)
        listening = Listening(room.receivers_m[0], 0.0)
        return binaural_response(room.walls, listening, room.source_m, response, self.head, _EXACT_S, random)


def room_of(wish: Wish) -> Room:
    """Return the room, with ears and source on both sides of a place near its middle, at the height of ears.

    Raises ConfigError where the source would be in a wall, and where no walls make such a reverberation.
    """
    dimensions = np.array([wish.length_m, wish.width_m, wish.height_m])
    absorption = absorption_for(dimensions, wish.t60_s)
    if absorption > MOST_ABSORBED:
        raise ConfigError(
            f"The walls of a room of {wish.volume_m3:.0f} m³ would have to absorb {100 * absorption:.0f} % of sound "
            f"for a T60 of {wish.t60_s:.2f} s, and {100 * MOST_ABSORBED:.0f} % is the most. Choose a longer T60 or a "
            "smaller room."
        )
    azimuth = np.radians(wish.azimuth_deg)
    ahead = np.array([np.cos(azimuth), np.sin(azimuth)])
    middle = _ASIDE * dimensions[:2]
    free = np.minimum(middle, dimensions[:2] - middle) - _FROM_WALLS_M
    farthest = 2 * float((free / np.maximum(abs(ahead), 1e-9)).min())
    if wish.distance_m > farthest:
        raise ConfigError(
            f"In a room of {wish.length_m:.1f} by {wish.width_m:.1f} m a source in this direction is at most "
            f"{farthest:.1f} m away. Choose a shorter distance, another direction or a larger room."
        )
    height = min(_EARS_M, wish.height_m / 2)
    ears, source = (np.array([*(middle + side * wish.distance_m / 2 * ahead), height]) for side in (-1, 1))
    walls = Shoebox(dimensions, np.full((3, 2, 1), absorption))
    return Room("room as asked for", walls, wish.t60_s, source, ears[None], TEST_FOLD, 1)


def _doubts(wish: Wish, learnt: Learnt) -> list[str]:
    """Say in which way a room is like none that the model learnt from."""
    (small, large), (near, far) = learnt.volume_m3, learnt.distance_m
    doubts = []
    if not small <= wish.volume_m3 <= large:
        doubts.append(
            f"This room has {wish.volume_m3:.0f} m³, and the model learnt from rooms of {small:.0f} to {large:.0f} m³: "
            "what it says of others may be worse."
        )
    if not near <= wish.distance_m <= far:
        doubts.append(f"The model learnt from sources {near:.1f} to {far:.1f} m away.")
    return doubts
