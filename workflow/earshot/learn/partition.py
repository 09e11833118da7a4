"""Which clips train and which test: official folds, and splits that keep together what belongs together.

A split is called `fold1` (ESC-50's folds; the one named tests), `random`, `by_performance`, or `by_dynamic_f` and
`by_octave_2` (the value named tests). Of chords, `random` is the study's. Clips are variations of performances, ten of
each, and it deals them one by one: nearly every performance that tests has been trained on, and it leaks.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earshot.errors import ConfigError
from earshot.seeds import generator

TEST_SHARE = 0.3  # of clips, or of performances: Kauppila et al.


def parts(
    index: pd.DataFrame, split: str, seed: int, *, variations: int = 10, validation: float = 0.0
) -> NDArray[np.str_]:
    """Return the part of each clip of an index: training, validation, test or, seldom, none.

    `validation` is the share that is taken off the training part to choose by: of its groups, so that no recording
    and no performance is in two parts. `variations` is how many chords in succession are of one performance. Of parts
    that are drawn each has one group at least, where there are two. Raises ConfigError for a split that these clips do
    not have, where there is no group to validate by, and where a sound is tested that is learnt from no clip.
    """
    kind, _, value = split.rpartition("_")
    together = groups(index, variations)
    if split.startswith("fold") and "fold" in index:
        test = (index["fold"] == int(split.removeprefix("fold"))).to_numpy()
    elif split == "random":
        names = index["item"] + index["effect"].fillna("").astype(str)
        test = _lowest(names, TEST_SHARE, seed, "test")
    elif split == "by_performance" and "dynamic" in index:
        test = _lowest(together, TEST_SHARE, seed, "test")
    elif kind in ("by_dynamic", "by_octave") and "dynamic" in index:
        test = (index[kind.removeprefix("by_")].astype(str) == value).to_numpy()
    else:
        raise ConfigError(f"split {split} is none of these clips'.")
    found = np.where(test, "test", "training").astype("<U10")
    if split.startswith("fold"):
        # Four recordings of ESC-50 were cut into clips of two classes, which are in two folds.
        found[~test & together.isin(together[test]).to_numpy()] = "none"
    rest = found == "training"
    if validation:
        if together[rest].nunique() < 2:
            raise ConfigError(
                f"config key validation: the clips that train in split {split} are of fewer than two recordings or "
                "performances, so none can be set apart. Set patience_epochs to null, or give more clips."
            )
        found[rest] = np.where(_lowest(together[rest], validation, seed, split), "validation", "training")
    if "category" in index:
        _require_learnt(index["category"], found, split)
    return found


def _require_learnt(classes: pd.Series, found: NDArray[np.str_], split: str) -> None:
    """Raise ConfigError where nothing tests, or a class that tests is not learnt: clips may have been left out."""
    tested, learnt = (set(classes[found == part]) for part in ("test", "training"))
    remedy = "Give more clips or recordings, lower sounds.folds, or take the class out of the table of clips."
    if not tested:
        raise ConfigError(f"no clip is there to test in split {split}. {remedy}")
    if lacking := sorted(tested - learnt):
        raise ConfigError(f"no clip of {lacking[0]} is left to learn from in split {split}, where it tests. {remedy}")


def groups(index: pd.DataFrame, variations: int) -> pd.Series:
    """Return what each clip is a part of: a recording of ESC-50, or a performance of a chord."""
    if "src_file" in index:
        return index["src_file"].astype(str)
    performance = (index["idx"] // variations).astype(str)
    return index[["octave", "root", "triad", "dynamic"]].astype(str).agg("_".join, axis=1) + "_" + performance


def _lowest(names: pd.Series, share: float, seed: int, what: str) -> NDArray[np.bool_]:
    """Return who is among this share of names whose draws are lowest. A name's draw is its own.

    One name at least is among them and one is not, where there are two.
    """
    once = names.unique()
    drawn = np.array([generator(seed, "part", what, name).random() for name in once])
    count = min(max(round(share * len(once)), 1), len(once) - 1)
    chosen = set(once[np.argsort(drawn)[:count]])
    return names.isin(chosen).to_numpy()
