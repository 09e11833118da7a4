"""Models of reverberation: which there are, what each learns, how they are kept, and how rooms get responses."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from earshot.data.shards import read_tensors, write_tensors
from earshot.errors import DataError
from earshot.learn import reverb_networks, waveform_networks
from earshot.learn.decay_objective import DecayObjective
from earshot.learn.objective import Objective
from earshot.learn.reverb_floors import NearestRoom, StatisticalRoom
from earshot.learn.reverb_networks import AsExpected, EchogramNetwork
from earshot.learn.reverb_values import ReverbSettings
from earshot.learn.surrogate import Surrogate, WaveformSurrogate
from earshot.learn.waveform_networks import WaveformNetwork, WaveformObjective
from earshot.learn.weights import give_weights, weights_of
from earshot.rooms.echograms import ShapedNoise, frames_of
from earshot.rooms.sampling import Room
from earshot.rooms.simulation import SimulationSettings

Kind = Literal[
    "operator", "perceptron", "waveform_operator", "waveform_recurrent", "expected", "nearest", "sabine", "eyring"
]

# What networks of each kind that learns are to say, by its name in shards: the energy of echograms, or responses.
LEARNT: Mapping[str, Literal["energy", "responses"]] = {
    "operator": "energy",
    "perceptron": "energy",
    "waveform_operator": "responses",
    "waveform_recurrent": "responses",
}


class RoomModel(Protocol):
    """What gives rooms their responses."""

    def responses(self, rooms: Sequence[Room]) -> list[NDArray[np.float32]]:
        """Return the responses of rooms, of each `(receivers, samples)`."""


def build(settings: Mapping[str, Any], simulation: SimulationSettings) -> tuple[nn.Module, Objective]:
    """Return the network of a model's settings, which has not learnt yet, and what it learns."""
    kind, width, layers = settings["kind"], settings["width"], settings["layers"]
    of_operator = settings["modes"], width, layers, settings["rank"]
    if kind == "waveform_operator":
        return WaveformNetwork(waveform_networks.Operator(*of_operator), simulation.samples), WaveformObjective()
    if kind == "waveform_recurrent":
        return WaveformNetwork(waveform_networks.Recurrent(width, layers), simulation.samples), WaveformObjective()
    if kind == "operator":
        return EchogramNetwork(reverb_networks.Operator(*of_operator)), DecayObjective()
    if kind == "perceptron":
        frames = frames_of(simulation.samples, simulation.rate_hz, settings["frame_s"])
        return EchogramNetwork(reverb_networks.Perceptron(width, layers, frames)), DecayObjective()
    return EchogramNetwork(AsExpected()), DecayObjective()


def model_of(
    settings: Mapping[str, Any],
    simulation: SimulationSettings,
    device: torch.device,
    network: nn.Module | None = None,
    known: tuple[pd.DataFrame, torch.Tensor] | None = None,
) -> RoomModel:
    """Return the model of these settings.

    `network` is the trained one of a model that learns; `known` are the index and the responses that the nearest is
    taken of.
    """
    kind = settings["kind"]
    if kind in ("sabine", "eyring"):
        return StatisticalRoom(kind, simulation)
    if kind == "nearest":
        assert known is not None
        return NearestRoom(*known, simulation)
    assert network is not None or kind not in LEARNT, "what learns is asked for with its trained network"
    network = network or build(settings, simulation)[0]
    network = network.to(device).eval()
    if isinstance(network, WaveformNetwork):
        return WaveformSurrogate(network, _known(settings), simulation, device)
    assert isinstance(network, EchogramNetwork)
    noise = ShapedNoise(simulation.seed, simulation.rate_hz, device)
    return Surrogate(network, _known(settings), simulation, noise, device)


def read_model(
    path: Path | str | None, settings: Mapping[str, Any], simulation: SimulationSettings, device: torch.device
) -> RoomModel:
    """Return the model of these settings, with the network of a file where it has one."""
    return model_of(settings, simulation, device, read_network(path)[0] if path else None)


def _known(settings: Mapping[str, Any]) -> ReverbSettings:
    return ReverbSettings(settings["images"], settings["frame_s"])


def write_network(path: Path | str, network: nn.Module, about: Mapping[str, Any]) -> None:
    """Write a network's weights and what there is to say about it: its `settings` and its `simulation` at least.

    Complex weights are written as pairs of real ones.
    """
    write_tensors(path, weights_of(network), about)


def read_network(path: Path | str) -> tuple[nn.Module, dict[str, Any]]:
    """Return a network that `write_network` wrote, and what there is to say about it.

    Raises DataError for a file that holds none.
    """
    weights, about = read_tensors(path)
    if not {"settings", "simulation"} <= about.keys():
        raise DataError(f"{path}: is no network of reverberation. Delete it and train again.")
    network, _ = build(about["settings"], SimulationSettings(**about["simulation"]))
    give_weights(network, weights, path)
    return network, about
