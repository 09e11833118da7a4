"""Study A from features to answers: what a listener's network learns from, what it says, and how it is kept."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earshot.data.schemas.training import HISTORY, PREDICTIONS
from earshot.data.shards import read_tensors, write_tensors
from earshot.data.tables import write_table
from earshot.directions import great_circle_deg, unit_vectors
from earshot.files import replacing_folder
from earshot.learn.perceptron import TrainingSet, TrainingSettings
from earshot.learn.split import Held, Split
from earshot.settings import settings_from

# What is kept in files, and where it is defined: imported when it is read, so that an edit of one makes no other stale.
KINDS = {"Perceptron": "earshot.learn.perceptron", "Templates": "earshot.learn.templates"}


class Localiser(Protocol):
    """What says where sounds came from, by their features."""

    @property
    def loss(self) -> NDArray[np.float32]:
        """The loss of each epoch of its training, `(epochs,)`; none where there were no epochs."""

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.floating]:
        """Return vectors `(..., 3)` that point to the sources, of any length, for features `(..., features)`."""


S = TypeVar("S")
Train = Callable[[Sequence[TrainingSet], S, int], Sequence[Localiser]]


@dataclass(frozen=True)
class LocaliserSettings(Generic[S]):
    """How listeners' waveforms are split and by which settings something is trained on them."""

    seed: int
    held_out: float
    network: S
    held: Held = "directions"

    @property
    def split(self) -> Split:
        """What is held out."""
        return Split(self.seed, self.held_out, self.held)


@dataclass(frozen=True)
class Outcome:
    """What training a shard's listeners gave."""

    localisers: dict[str, Localiser]
    history: pd.DataFrame
    predictions: pd.DataFrame


def train_and_answer(
    index: pd.DataFrame, features: NDArray[np.float32], settings: LocaliserSettings[S], train: Train[S]
) -> Outcome:
    """Train each listener of a shard on what is not held out, and let it answer for what is.

    `index` and `features` are a shard's (`earshot.data.listeners.read_features`).
    """
    left_out = index.loc[index["excluded"].notna(), ["subject", "excluded"]]
    heard = index[index["excluded"].isna()].reset_index(drop=True)
    targets = unit_vectors(heard["azimuth_deg"].to_numpy(), heard["elevation_deg"].to_numpy())
    rows: dict[str, tuple[NDArray[np.int_], NDArray[np.int_]]] = {}
    sets = []
    for subject, own in heard.groupby("subject", sort=False):
        learnt, judged = (own.index.to_numpy()[items] for items in settings.split.items(own))
        rows[str(subject)] = learnt, judged
        plain = (heard["source"][learnt] == "white").to_numpy() if "source" in heard else None
        sets.append(TrainingSet(str(subject), features[learnt], targets[learnt].astype(np.float32), plain))
    localisers = dict(zip(rows, train(sets, settings.network, settings.seed), strict=True))
    answers = [
        answered(heard.loc[judged], localisers[subject](features[judged])) for subject, (_, judged) in rows.items()
    ]
    history = [
        pd.DataFrame({"subject": subject, "epoch": np.arange(1, len(localiser.loss) + 1), "loss": localiser.loss})
        for subject, localiser in localisers.items()
    ]
    return Outcome(localisers, pd.concat([*history, left_out]), pd.concat([*answers, left_out]))


def answered(rows: pd.DataFrame, vectors: NDArray[np.floating]) -> pd.DataFrame:
    """Return rows of the table of predictions for held-out items, from vectors `(rows, 3)` of any length."""
    said = vectors.astype(np.float64)
    said /= np.linalg.norm(said, axis=-1, keepdims=True)
    true = unit_vectors(rows["azimuth_deg"].to_numpy(), rows["elevation_deg"].to_numpy())
    return rows.drop(columns="pool", errors="ignore").assign(
        predicted_azimuth_deg=np.degrees(np.arctan2(said[:, 1], said[:, 0])) % 360,
        predicted_elevation_deg=np.degrees(np.arcsin(np.clip(said[:, 2], -1, 1))),
        error_deg=great_circle_deg(said, true),
    )


def write_localiser(path: Path | str, localiser: Localiser, settings: dict[str, Any]) -> None:
    """Write a localiser with all that is needed to use it: statistics and settings of its features, names, split."""
    tensors: dict[str, NDArray[Any]] = {}
    plain: dict[str, Any] = {"kind": type(localiser).__name__}
    for field in fields(localiser):  # type: ignore[arg-type]  # every localiser is a dataclass
        match getattr(localiser, field.name):
            case np.ndarray() as array:
                tensors[field.name] = array
            case list(arrays):
                tensors |= {f"{field.name}.{number}": array for number, array in enumerate(arrays)}
            case value:
                plain[field.name] = value
    write_tensors(path, tensors, settings | {"localiser": plain})


def read_localiser(path: Path | str) -> tuple[Localiser, dict[str, Any]]:
    """Return the localiser and the settings of a file that `write_localiser` wrote."""
    tensors, settings = read_tensors(path)
    plain = dict(settings["localiser"])
    name = plain.pop("kind")
    kind = getattr(importlib.import_module(KINDS[name]), name)
    lists: dict[str, list[NDArray[Any]]] = {}
    for key in sorted(tensors, key=lambda key: (len(key), key)):
        listed, dot, _ = key.rpartition(".")
        if dot:
            lists.setdefault(listed, []).append(tensors[key])
        else:
            plain[key] = tensors[key]
    return kind(**plain, **lists), settings


def localiser_settings(settings: Mapping[str, Any]) -> LocaliserSettings[TrainingSettings]:
    """Return the settings that a configuration's values describe."""
    network = settings["network"]
    training = settings_from(TrainingSettings, network, hidden_layers=tuple(network["hidden_layers"]))
    return LocaliserSettings(settings["seed"], settings["held_out"], training)


def write_outcome(
    outcome: Outcome, settings: Mapping[str, Any], models: Path | str, history: Path | str, predictions: Path | str
) -> None:
    """Write a job's results: a folder with a file for each listener, and both tables."""
    with replacing_folder(models) as folder:
        for subject, localiser in outcome.localisers.items():
            if type(localiser).__name__ not in KINDS:  # what others are only compared with is not kept
                continue
            write_localiser(folder / f"{subject}.safetensors", localiser, {**settings, "subject": subject})
    write_table(history, outcome.history, HISTORY)
    write_table(predictions, outcome.predictions, PREDICTIONS)
