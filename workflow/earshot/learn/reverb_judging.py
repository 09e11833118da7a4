"""How models of reverberation are judged: by rooms that they have not heard, simulated or measured."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import torch

from earshot.learn.reverb_models import RoomModel
from earshot.progress import progress
from earshot.rooms.acoustics import measures
from earshot.rooms.comparison import compare, measures_apart
from earshot.rooms.heads import EARS
from earshot.rooms.measured import MeasuredRoom
from earshot.rooms.sampling import Room
from earshot.rooms.simulation import arrivals

_AT_ONCE = 8  # rooms


def judge(
    model: RoomModel, rooms: Sequence[Room], index: pd.DataFrame, responses: torch.Tensor, rate_hz: float
) -> pd.DataFrame:
    """Return a row for each response of the rooms: what it is of, and how far the model's is from the true one.

    `index` and `responses` `(rows, samples)` are those of the shard that holds the true ones.
    """
    found = []
    for some in progress(
        [rooms[first : first + _AT_ONCE] for first in range(0, len(rooms), _AT_ONCE)], "steps of rooms"
    ):
        for room, said in zip(some, model.responses(some), strict=True):
            places = np.flatnonzero(index["room"] == room.name)
            true = responses[torch.from_numpy(places)].float().numpy()
            rows = compare(said, true, arrivals(room, rate_hz), rate_hz)
            about = index.iloc[places][["room", "receiver", "volume_m3", "distance_m"]].reset_index(drop=True)
            found.append(pd.concat([about, rows], axis=1))
    return pd.concat(found, ignore_index=True)


def judge_by_measured(model: RoomModel, measured: MeasuredRoom) -> pd.DataFrame:
    """Return a row for each ear of each measurement: how far the model's decay at the head is from what it measured."""
    rate_hz = measured.rate_hz
    said = np.concatenate(model.responses(measured.rooms))
    arrived = np.concatenate([arrivals(room, rate_hz) for room in measured.rooms])
    about = pd.DataFrame(
        {
            "room": [room.name for room in measured.rooms],
            "volume_m3": [room.walls.volume_m3 for room in measured.rooms],
            "distance_m": [room.distances_m[0] for room in measured.rooms],
        }
    )
    ways = partial(measures, said, rate_hz, arrived), measured.measures
    found, true = ([measure(bands) for bands in (False, True)] for measure in ways)
    ears = []
    for place, ear in enumerate(EARS):
        of_ear = [{name: values[:, place] for name, values in part.items()} for part in true]
        ears.append(pd.concat([about, measures_apart(found, of_ear)], axis=1).assign(ear=ear))
    return pd.concat(ears, ignore_index=True)
