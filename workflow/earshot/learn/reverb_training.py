"""Training of networks that learn how rooms sound."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from earshot.errors import ConfigError
from earshot.learn.clip_values import ClipValues
from earshot.learn.reverb_models import build
from earshot.learn.training import Course, train
from earshot.learn.waveform_networks import WaveformNetwork
from earshot.rooms.sampling import TEST_FOLD
from earshot.rooms.simulation import SimulationSettings
from earshot.seeds import generator
from earshot.settings import settings_from


def train_network(
    index: pd.DataFrame,
    values: ClipValues,
    wanted: NDArray[np.floating],
    settings: Mapping[str, Any],
    simulation: SimulationSettings,
    device: torch.device,
    state: Path,
) -> tuple[nn.Module, list[dict[str, float]]]:
    """Return a network that has learnt from the rooms of an index, and the losses of each epoch.

    `index`, `values` and `wanted` have a row for each response. The fold that `settings` name validates, rooms that
    test are not looked at; with `most_rooms` it learns from so many of the others, the first.
    """
    fold, room = index["fold"].to_numpy(), index["room"]
    may_learn = (fold != TEST_FOLD) & (fold != settings["validates"])
    if settings["most_rooms"]:
        few = room[may_learn].unique()[: settings["most_rooms"]]
        may_learn &= room.isin(few).to_numpy()
    learns, validates = np.flatnonzero(may_learn), np.flatnonzero(fold == settings["validates"])
    if not learns.size or not validates.size:
        raise ConfigError(
            f"config key rooms.count: of these rooms {index.loc[may_learn, 'room'].nunique()} are to learn from and "
            f"{index.loc[fold == settings['validates'], 'room'].nunique()} validate. Raise it, or lower rooms.folds."
        )
    torch.manual_seed(int(generator(settings["seed"], "network", settings["kind"]).integers(2**62)))
    network, objective = build(settings, simulation)
    rows = values.rows(learns)
    if isinstance(network, WaveformNetwork):
        network.standardise_by(rows, torch.from_numpy(wanted[learns]))
    else:
        network.standardise_by(rows)  # type: ignore[operator]
    course = settings_from(Course, settings)
    history = train(network, values, wanted, learns, validates, objective, course, settings["seed"], device, state)
    return network, history
