"""Rooms that were made, found again by their files; and recordings as they would sound in a room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from earshot.data.schemas.reverb import REVERB_ERRORS
from earshot.data.schemas.rooms import ROOM_INDEX
from earshot.data.shards import read_settings
from earshot.data.tables import read_table
from earshot.errors import ConfigError
from earshot.learn.reverb_models import model_of, read_network
from earshot.rooms.comparison import medians
from earshot.rooms.room_shards import read_rooms, rooms_of
from earshot.rooms.sampling import number_of
from earshot.rooms.simulation import SimulationSettings

_LOUDEST = 0.9  # of a recording that is written


@dataclass(frozen=True)
class RoomSet:
    """Rooms that were simulated alike: their shards' tensors and indices."""

    name: str
    shards: tuple[Path, ...]

    @property
    def index(self) -> pd.DataFrame:
        """A row for each response."""
        tables = [read_table(path.with_suffix(".parquet"), ROOM_INDEX) for path in self.shards]
        # Where the number of rooms was changed, an earlier last shard lies beside the one in its place.
        return pd.concat(tables).drop_duplicates(["room", "receiver", "ear"])

    @property
    def head(self) -> str | None:
        """The SOFA file of the heads that its receivers are; None where they are none."""
        return read_settings(self.shards[0]).get("head")

    @property
    def count(self) -> int:
        """How many rooms there are."""
        return max(int(path.stem.split("-")[1]) for path in self.shards) + 1

    def shard_of(self, room: str) -> Path:
        """Return the shard that holds a room. Raises ConfigError where none does."""
        for path in self.shards:
            first, last = map(int, path.stem.split("-"))
            if first <= number_of(room) <= last:
                return path
        raise ConfigError(f"{room} is none of the rooms of {self.name}, which `earshot rooms` lists.")


@dataclass(frozen=True)
class TrainedModel:
    """A model of reverberation: its name, and the files of its trainings."""

    name: str
    networks: tuple[Path, ...]

    @property
    def settings(self) -> Mapping[str, Any]:
        """What it was trained with."""
        return read_settings(self.networks[0])["settings"]

    @property
    def scores(self) -> dict[str, Mapping[str, float]]:
        """Its errors by the rooms that judged, the mean over trainings; none where it was not judged."""
        by_set: dict[str, list[Mapping[str, float]]] = {}
        for path in (network.parent / "errors.parquet" for network in self.networks):
            if path.exists():
                for judges, errors in read_table(path, REVERB_ERRORS).groupby("judges", sort=False):
                    by_set.setdefault(str(judges), []).append(medians(errors))
        return {
            name: {figure: float(np.mean([one[figure] for one in each])) for figure in each[0]}
            for name, each in by_set.items()
        }


def find_rooms(folder: Path | str) -> dict[str, RoomSet]:
    """Return the sets of rooms below a folder of results, by name. Raises ConfigError where there are none."""
    found: dict[str, list[Path]] = {}
    for path in sorted(Path(folder).glob("shared/rooms/*/*.safetensors")):
        found.setdefault(path.parent.name, []).append(path)
    if not found:
        raise ConfigError(f"{folder}: no rooms are in it. Simulate some: snakemake --cores 2 -- rooms")
    return {name: RoomSet(name, tuple(paths)) for name, paths in found.items()}


def response_of(
    rooms: RoomSet, room: str, receiver: int, model: TrainedModel | None, device: torch.device
) -> tuple[NDArray[np.float32], float, pd.Series]:
    """Return the response at a receiver, simulated or by a model, its rate, and its first row of the index.

    It is `(samples,)`, or `(ears, samples)` of a head, left and right. Raises ConfigError for a room or a receiver that
    is not there, and for a model where receivers are heads.
    """
    if model is not None and rooms.head:
        raise ConfigError(
            f"receivers of {rooms.name} are heads with two ears, and a model says what a microphone hears. "
            "Choose another set with --set, or leave out --model."
        )
    shard = rooms.shard_of(room)
    index, tensors, made_with = read_rooms(shard, shard.with_suffix(".parquet"))
    own = index[index["room"] == room]
    rows = own[own["receiver"] == receiver]
    if rows.empty:
        raise ConfigError(f"{room} has receivers 0 to {own['receiver'].max()}, and no {receiver}.")
    simulation = SimulationSettings(**made_with["simulation"])
    if model is None:
        response = tensors["responses"][rows.index.to_list()].float().numpy()
        response = response if rooms.head else response[0]
    else:
        network, about = read_network(model.networks[0])
        (drawn,) = rooms_of(own, made_with)
        response = model_of(about["settings"], simulation, device, network).responses([drawn])[0][receiver]
    return response, simulation.rate_hz, rows.iloc[0]


def heard_in(signal: NDArray[np.float32], response: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a signal `(samples,)` as it sounds by responses `(..., samples)`, to their last echo.

    The loudest sample of all is 0.9: ears stay as loud to each other as they are.
    """
    wet = oaconvolve(np.broadcast_to(signal, (*response.shape[:-1], len(signal))), response, axes=-1)
    return np.asarray(wet * (_LOUDEST / max(float(abs(wet).max()), 1e-9)), np.float32)


def ranges(index: pd.DataFrame, columns: Sequence[str]) -> list[tuple[float, float]]:
    """Return the least and the largest value of columns."""
    return [(float(index[name].min()), float(index[name].max())) for name in columns]
