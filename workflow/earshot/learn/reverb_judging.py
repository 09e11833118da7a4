"""How models of reverberation are judged: by rooms that they have not heard."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from earshot.learn.reverb_models import RoomModel
from earshot.progress import progress
from earshot.rooms.comparison import compare
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
