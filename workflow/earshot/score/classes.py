"""How well clips are told apart: accuracy, what is taken for what, and whether probabilities are to be believed."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from earshot.errors import ConfigError

BINS = 10  # of probability
TRAINING = ["study", "model", "split", "seed", "task"]  # what one row of scores is of
ENSEMBLE = ["study", "model", "split", "task"]  # and what one of ensembles' scores is of


def refuse_excluded(index: pd.DataFrame, study: str, bad: Literal["stop", "exclude"]) -> None:
    """Raise ConfigError when a study's clips are without one that was left out, and `bad` says that this stops the run.

    `index` has a row for each clip, those left out included.
    """
    left_out = index[index["excluded"].notna()]
    if bad == "stop" and not left_out.empty:
        item, reason = left_out.iloc[0][["item", "excluded"]]
        raise ConfigError(
            f"config key {study}.bad_clip: stop, but {item} was left out by an earlier run: {reason} Put a good file "
            "in its place and delete the shards that lack it, or set the key to exclude."
        )


def confusion(true: pd.Series, said: pd.Series, classes: list[str]) -> pd.DataFrame:
    """Return how many clips of each class (rows) were taken for each (columns)."""
    return pd.DataFrame(confusion_matrix(true, said, labels=classes), index=classes, columns=classes)


def most_confused(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return the pairs of classes that are taken for one another most often, the worst first.

    Columns: `one` and `other`, `share` of the clips of both, and how many of `one` were taken for `other` and the other
    way round. Pairs that never are confused are left out.
    """
    rows = []
    for place, one in enumerate(table.index):
        for other in table.index[place + 1 :]:
            there, back = int(table.loc[one, other]), int(table.loc[other, one])
            clips = int(table.loc[[one, other]].to_numpy().sum())
            if there + back:
                rows.append((one, other, (there + back) / clips, there, back))
    columns = ["one", "other", "share", "one_as_other", "other_as_one"]
    return pd.DataFrame(rows, columns=columns).sort_values("share", ascending=False, kind="stable").head(count)


def reliability(probability: NDArray[np.float64], right: NDArray[np.bool_]) -> pd.DataFrame:
    """Return, for each of ten bins of the probability of what was said, how often it was right.

    Columns: `clips`, mean `probability` and `accuracy`; empty bins are left out. Guo et al. (2017), sec. 2.
    """
    place = np.clip(np.ceil(probability * BINS).astype(int) - 1, 0, BINS - 1)
    rows = pd.DataFrame({"bin": place, "probability": probability, "accuracy": right.astype(float)})
    bins = rows.groupby("bin").agg(
        clips=("probability", "size"), probability=("probability", "mean"), accuracy=("accuracy", "mean")
    )
    return bins.reset_index(drop=True)


def calibration_error(bins: pd.DataFrame) -> float:
    """Return the expected calibration error: by how much probability and accuracy differ, as a mean over clips.

    Guo et al. (2017), eq. 3.
    """
    differences = (bins["probability"] - bins["accuracy"]).abs()
    return float((differences * bins["clips"]).sum() / bins["clips"].sum())


def score_trainings(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy and calibration error of each training and task, from a row for each clip."""
    rows = []
    for training, own in predictions.groupby(TRAINING, sort=False):
        right = (own["true"] == own["said"]).to_numpy()
        error = calibration_error(reliability(own["probability"].to_numpy(), right))
        rows.append((*training, len(own), right.mean(), error))
    return pd.DataFrame(rows, columns=[*TRAINING, "clips", "accuracy", "calibration_error"])


def accuracy_of_seeds(scores: pd.DataFrame) -> pd.Series:
    """Return by seed the share of all clips that were held out, of whatever size each part of them is.

    `scores` are those of one classifier and task in splits of one kind.
    """
    right = (scores["accuracy"] * scores["clips"]).groupby(scores["seed"]).sum()
    return right / scores["clips"].groupby(scores["seed"]).sum()


def score_ensembles(predictions: pd.DataFrame, classes: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return accuracy and calibration error of what a classifier's networks say together, for each split and task.

    They say the class whose probability, as a mean over the networks of all seeds, is highest. `predictions` has a row
    for each clip, seed and task; `classes` are the names of each task's classes in the order of its probabilities.
    """
    rows = []
    for ensemble, own in predictions.groupby(ENSEMBLE, sort=False):
        names = np.array(list(classes[str(ensemble[-1])]), dtype=object)
        clip, _ = pd.factorize(own["item"] + " " + own["effect"].fillna("").astype(str))
        together = np.zeros((clip.max() + 1, len(names)))
        np.add.at(together, clip, np.stack(own["probabilities"].to_list()))
        together /= np.bincount(clip)[:, None]
        true = own["true"].to_numpy()[np.unique(clip, return_index=True)[1]]
        right = names[together.argmax(1)] == true
        error = calibration_error(reliability(together.max(1), right))
        rows.append((*ensemble, own["seed"].nunique(), len(true), right.mean(), error))
    return pd.DataFrame(rows, columns=[*ENSEMBLE, "networks", "clips", "accuracy", "calibration_error"])
