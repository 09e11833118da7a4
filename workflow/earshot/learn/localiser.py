"""Study A from features to answers: what a listener's network learns from, what it says, and how it is kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earshot.data.schemas.training import HISTORY, PREDICTIONS
from earshot.data.shards import read_tensors, write_tensors
from earshot.data.tables import write_table
from earshot.directions import great_circle_deg, unit_vectors
from earshot.files import replacing_folder
from earshot.learn.perceptron import Perceptron, TrainingSet, TrainingSettings, split_directions

Train = Callable[[Sequence[TrainingSet], TrainingSettings, int], list[Perceptron]]


@dataclass(frozen=True)
class LocaliserSettings:
    """How listeners' waveforms are split and what is trained on them."""

    seed: int
    held_out: float
    network: TrainingSettings


@dataclass(frozen=True)
class Outcome:
    """What training a shard's listeners gave."""

    networks: dict[str, Perceptron]
    history: pd.DataFrame
    predictions: pd.DataFrame


def train_and_answer(
    index: pd.DataFrame, features: NDArray[np.float32], settings: LocaliserSettings, train: Train
) -> Outcome:
    """Train each listener of a shard on the directions that are not held out, and let it answer for those that are.

    `index` and `features` are a shard's (`earshot.data.listeners.read_features`).
    """
    left_out = index.loc[index["excluded"].notna(), ["subject", "excluded"]]
    heard = index[index["excluded"].isna()].reset_index(drop=True)
    targets = unit_vectors(heard["azimuth_deg"].to_numpy(), heard["elevation_deg"].to_numpy())
    rows = {str(subject): group.index.to_numpy() for subject, group in heard.groupby("subject", sort=False)}
    held_out = {
        subject: split_directions(heard["direction"][own].tolist(), settings.held_out, settings.seed)
        for subject, own in rows.items()
    }
    sets = [
        TrainingSet(subject, features[own[~held_out[subject]]], targets[own[~held_out[subject]]].astype(np.float32))
        for subject, own in rows.items()
    ]
    networks = dict(zip(rows, train(sets, settings.network, settings.seed), strict=True))
    answers = [
        _answers(heard.loc[own[held_out[subject]]], features[own[held_out[subject]]], networks[subject])
        for subject, own in rows.items()
    ]
    history = [
        pd.DataFrame({"subject": subject, "epoch": np.arange(1, len(network.loss) + 1), "loss": network.loss})
        for subject, network in networks.items()
    ]
    return Outcome(networks, pd.concat([*history, left_out]), pd.concat([*answers, left_out]))


def _answers(rows: pd.DataFrame, features: NDArray[np.float32], network: Perceptron) -> pd.DataFrame:
    """Return rows of the table of predictions for held-out items."""
    said = network(features).astype(np.float64)
    said /= np.linalg.norm(said, axis=-1, keepdims=True)
    true = unit_vectors(rows["azimuth_deg"].to_numpy(), rows["elevation_deg"].to_numpy())
    return rows.assign(
        predicted_azimuth_deg=np.degrees(np.arctan2(said[:, 1], said[:, 0])) % 360,
        predicted_elevation_deg=np.degrees(np.arcsin(np.clip(said[:, 2], -1, 1))),
        error_deg=great_circle_deg(said, true),
    )


def write_localiser(path: Path | str, network: Perceptron, settings: dict[str, Any]) -> None:
    """Write a network with all that is needed to use it: statistics and settings of its features, names, split."""
    tensors = {"mean": network.mean, "scale": network.scale, "loss": network.loss}
    for layer, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        tensors |= {f"layers.{layer}.weight": weight, f"layers.{layer}.bias": bias}
    write_tensors(path, tensors, settings | {"activation": network.activation})


def read_localiser(path: Path | str) -> tuple[Perceptron, dict[str, Any]]:
    """Return the network and the settings of a file that `write_localiser` wrote."""
    tensors, settings = read_tensors(path)
    layers = range(sum(name.endswith(".weight") for name in tensors))
    network = Perceptron(
        weights=[tensors[f"layers.{layer}.weight"] for layer in layers],
        biases=[tensors[f"layers.{layer}.bias"] for layer in layers],
        mean=tensors["mean"],
        scale=tensors["scale"],
        activation=settings["activation"],
        loss=tensors["loss"],
    )
    return network, settings


def localiser_settings(settings: Mapping[str, Any]) -> LocaliserSettings:
    """Return the settings that a configuration's values describe."""
    known = {field.name for field in fields(TrainingSettings)}
    network = {name: value for name, value in settings["network"].items() if name in known}
    network["hidden_layers"] = tuple(network["hidden_layers"])
    return LocaliserSettings(settings["seed"], settings["held_out"], TrainingSettings(**network))


def write_outcome(
    outcome: Outcome, settings: Mapping[str, Any], models: Path | str, history: Path | str, predictions: Path | str
) -> None:
    """Write a job's results: a folder with a file for each listener's network, and both tables."""
    with replacing_folder(models) as folder:
        for subject, network in outcome.networks.items():
            write_localiser(folder / f"{subject}.safetensors", network, {**settings, "subject": subject})
    write_table(history, outcome.history, HISTORY)
    write_table(predictions, outcome.predictions, PREDICTIONS)
