"""The place that a report shows a model by: of all that judge it, the one where it is as far off as in the middle."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earshot.learn.reverb_models import RoomModel
from earshot.rooms.room_shards import read_rooms, rooms_of
from earshot.rooms.sampling import Room
from earshot.rooms.simulation import SimulationSettings, arrivals


@dataclass(frozen=True)
class ShownPlace:
    """A receiver in a room, and what it hears by the simulation."""

    room: Room
    receiver: int
    response: NDArray[np.float32]  # (samples,)
    simulation: SimulationSettings
    errors: pd.Series  # of the model, a row of its table

    @property
    def arrival(self) -> int:
        """The sample in which the direct sound arrives."""
        return int(arrivals(self.room, self.simulation.rate_hz)[self.receiver])

    @property
    def words(self) -> str:
        """Where it is, and how far off the model is there."""
        own = self.errors
        return (
            f"{own['room']}, {own['volume_m3']:.0f} m³, {own['distance_m']:.1f} m from the source: "
            f"T60 {own['true_t60_s']:.2f} s simulated, {own['said_t60_s']:.2f} s predicted"
        )

    def by(self, model: RoomModel) -> NDArray[np.float32]:
        """Return the response `(samples,)` that a model gives the place."""
        return model.responses([self.room])[0][self.receiver]


def place_that_shows(errors: pd.DataFrame, shards: Iterable[tuple[Path | str, Path | str]]) -> ShownPlace:
    """Return the place whose error of T60 is the median of these, from the shard, tensors and index, that holds it."""
    timed = errors.dropna(subset="t60_error")
    middle = timed.iloc[timed["t60_error"].abs().argsort().iloc[len(timed) // 2]]
    for shard in shards:
        index, tensors, made_with = read_rooms(*shard)
        (at,) = np.nonzero((index["room"] == middle["room"]) & (index["receiver"] == middle["receiver"]))
        if at.size:
            (room,) = rooms_of(index[index["room"] == middle["room"]], made_with)
            response = tensors["responses"][int(at[0])].float().numpy()
            simulation = SimulationSettings(**made_with["simulation"])
            return ShownPlace(room, int(middle["receiver"]), response, simulation, middle)
    raise ValueError(f"no shard holds {middle['room']}, by which the model was judged")
