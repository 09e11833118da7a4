"""How well clips are told apart: accuracy, what is taken for what, and whether probabilities are to be believed."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

BINS = 10  # of probability
TRAINING = ["study", "model", "split", "seed", "task"]  # what one row of scores is of


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
