"""Rooms of a shard: simulated, measured and written, and read back."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from earshot.data.schemas.rooms import ROOM_INDEX
from earshot.data.shards import map_tensors, write_tensors
from earshot.data.tables import read_table, write_table
from earshot.device import side_by_side
from earshot.errors import DataError
from earshot.progress import progress
from earshot.rooms.acoustics import columns_of, measures
from earshot.rooms.heads import EARS, Head
from earshot.rooms.sampling import TEST_FOLD, Room, SamplingSettings, draw_room, number_of
from earshot.rooms.simulation import Simulated, SimulationSettings, simulate


def simulate_rooms(
    rooms: Sequence[Room], settings: SimulationSettings, device: torch.device, head: Head | None = None
) -> tuple[pd.DataFrame, NDArray[np.float16]]:
    """Return the index of rooms, a row for each response, and the responses `(rows, samples)` in its order.

    Responses are in 16 bits of floating point: what is lost lies 60 dB or more below what a response has decayed to, as
    long as it has not decayed by more than that itself. No room's depends on its companions. With a head each receiver
    has two, the left ear's and the right one's.
    """

    def made(room: Room) -> tuple[pd.DataFrame, NDArray[np.float16]]:
        simulated = simulate(room, settings, device, head)
        return index_of(room, simulated, settings.rate_hz), simulated.responses.astype(np.float16)

    at_once = 4 * torch.get_num_threads()
    steps = [rooms[first : first + at_once] for first in range(0, len(rooms), at_once)]
    done = [one for some in progress(steps, "steps of rooms") for one in side_by_side(made, some, device)]
    indices, responses = zip(*done, strict=True)
    return pd.concat(indices, ignore_index=True), np.concatenate(responses)


def index_of(room: Room, simulated: Simulated, rate_hz: float) -> pd.DataFrame:
    """Return the rows of a room's responses: what the room is, how each came about, and its measures."""
    walls = room.walls
    mean = walls.mean()
    (sabine,), (eyring,) = mean.statistical_times()
    facing_deg = simulated.facing_deg
    ears = [""] if facing_deg is None else list(EARS)

    def of_rows(values: NDArray[Any]) -> NDArray[Any]:
        return np.repeat(values, len(ears))

    rows = {
        "room": room.name,
        "receiver": of_rows(np.arange(len(room.receivers_m))),
        "ear": ears * len(room.receivers_m),
        "facing_deg": np.nan if facing_deg is None else of_rows(facing_deg),
        "fold": room.fold,
        "draws": room.draws,
        **dict(zip(("length_m", "width_m", "height_m"), walls.dimensions_m, strict=True)),
        "volume_m3": walls.volume_m3,
        "absorption": float(mean.absorption[0, 0, 0]),
        "wanted_t60_s": np.nan if room.t60_s is None else room.t60_s,
        "sabine_s": sabine,
        "eyring_s": eyring,
        **{f"source_{axis}_m": place for axis, place in zip("xyz", room.source_m, strict=True)},
        **{f"receiver_{axis}_m": of_rows(places) for axis, places in zip("xyz", room.receivers_m.T, strict=True)},
        "distance_m": of_rows(room.distances_m),
        "arrival": simulated.arrivals,
        "exact_s": simulated.exact_s,
        "ends_s": simulated.ends_s,
    }
    found = [measures(simulated.responses, rate_hz, simulated.arrivals, bands) for bands in (False, True)]
    return pd.DataFrame(rows | columns_of(*found))


def write_rooms(
    tensors_path: Path | str,
    index_path: Path | str,
    rooms: Sequence[Room],
    index: pd.DataFrame,
    responses: NDArray[np.float16],
    settings: Mapping[str, Any],
) -> None:
    """Write rooms as a shard with its index: responses, and what each room's walls absorb `(rooms, axes, 2, bands)`."""
    absorption = np.stack([room.walls.absorption for room in rooms]).astype(np.float32)
    write_tensors(tensors_path, {"responses": responses, "absorption": absorption}, settings)
    write_table(index_path, index, ROOM_INDEX)


def read_rooms(
    tensors_path: Path | str, index_path: Path | str
) -> tuple[pd.DataFrame, dict[str, torch.Tensor], dict[str, Any]]:
    """Return a shard's index, its tensors and its settings.

    Tensors are mapped into memory, and read when they are used. Raises DataError when the files are missing or
    damaged, or do not belong together.
    """
    index = read_table(index_path, ROOM_INDEX)
    tensors, settings = map_tensors(tensors_path)
    if len(tensors.get("responses", ())) != len(index):
        raise DataError(f"{tensors_path} and {index_path} do not belong together. Delete both and run again.")
    return index, tensors, settings


def read_learnt(pairs: Iterable[tuple[Path | str, Path | str]]) -> tuple[pd.DataFrame, torch.Tensor]:
    """Return index and responses `(rows, samples)` of the rooms in shards, tensors and index each, that do not test."""
    read = [read_rooms(*pair) for pair in pairs]
    index = pd.concat([one for one, _, _ in read], ignore_index=True)
    learns = (index["fold"] != TEST_FOLD).to_numpy()
    responses = torch.cat([tensors["responses"] for _, tensors, _ in read])
    return index[learns].reset_index(drop=True), responses[torch.from_numpy(learns)]


def rooms_of(index: pd.DataFrame, settings: Mapping[str, Any], tests_alone: bool = False) -> list[Room]:
    """Return the rooms of a shard's index, drawn again from the settings that it was made with."""
    rows = index[index["fold"] == TEST_FOLD] if tests_alone else index
    sampling = SamplingSettings(**settings["sampling"])
    return [draw_room(number_of(name), sampling) for name in rows["room"].unique()]
