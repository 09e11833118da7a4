"""Splits: who trains and who tests, and that nothing which belongs together is in two parts."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from earshot.data.clips import TRIAD_ROOTS, verify_esc50
from earshot.errors import ConfigError
from earshot.learn.partition import groups, parts


def chords(clips_per_cell=20):
    cells = product((2, 3, 4), TRIAD_ROOTS, "jnda", "fmp", range(clips_per_cell))
    rows = pd.DataFrame(list(cells), columns=["octave", "root", "triad", "dynamic", "idx"])
    rows["item"] = rows.astype(str).agg("_".join, axis=1)
    return pd.concat([rows.assign(effect=None), rows.assign(effect="amplifier")], ignore_index=True)


def sounds():
    cells = product(range(1, 6), range(4), range(6))
    rows = pd.DataFrame(list(cells), columns=["fold", "target", "number"])
    rows["src_file"] = (1000 * rows["fold"] + 100 * rows["target"] + rows["number"] // 2).astype(str)
    rows["item"] = rows.astype(str).agg("-".join, axis=1)
    return rows.assign(effect=None)


CHORDS, SOUNDS = chords(), sounds()
SPLITS = ["by_performance", *(f"by_dynamic_{one}" for one in "fmp"), *(f"by_octave_{one}" for one in (2, 3, 4))]


def shared(index, found):
    """The groups that are in more than one part."""
    by_group = pd.Series(found).groupby(groups(index, 10).to_numpy()).nunique()
    return (by_group > 1).sum()


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("validation", [0.0, 0.2])
def test_no_performance_is_in_two_parts(split, validation):
    """Nor is one whose second half was played through the amplifier."""
    found = parts(CHORDS, split, 1, validation=validation)
    assert shared(CHORDS, found) == 0
    assert set(found) == {"training", "test"} | ({"validation"} if validation else set())


@pytest.mark.parametrize("validation", [0.0, 0.2])
def test_no_recording_is_in_two_parts_of_a_fold(validation):
    for fold in range(1, 6):
        found = parts(SOUNDS, f"fold{fold}", 1, validation=validation)
        assert shared(SOUNDS, found) == 0
        assert set(SOUNDS["fold"][found == "test"]) == {fold} and (found == "test").mean() == pytest.approx(0.2)


@pytest.mark.data
def test_no_recording_of_the_real_esc_10_is_in_two_folds(data):
    rows = verify_esc50(data, esc10=True, classes=10).assign(effect=None)
    for fold in range(1, 6):
        assert shared(rows, parts(rows, f"fold{fold}", 1, validation=0.2)) == 0


@pytest.mark.data
def test_four_recordings_of_esc_50_are_in_two_official_folds_as_two_classes(data):
    """The folds stay the publisher's: what shares a recording with a clip that tests is left out of training."""
    whole = pd.read_csv(data / "esc50_meta" / "esc50.csv", dtype={"src_file": str}).assign(effect=None)
    folds = whole.groupby("src_file")["fold"].nunique()
    assert len(whole) == 2000 and set(folds.index[folds > 1]) == {"131943", "134049", "209698", "234879"}
    assert (whole.groupby(["src_file", "target"])["fold"].nunique() == 1).all()
    left_out = 0
    for fold in range(1, 6):
        found = parts(whole, f"fold{fold}", 1, validation=0.2)
        assert (found == "test").sum() == 400 and shared(whole[found != "none"], found[found != "none"]) == 0
        left_out += (found == "none").sum()
    assert left_out == whole["src_file"].isin(folds.index[folds > 1]).sum()


def test_the_studys_own_split_leaks():
    """Seven clips in ten train, and of nearly every performance that tests some variation is among them."""
    found = parts(CHORDS, "random", 1)
    assert (found == "test").mean() == pytest.approx(0.3, abs=1e-3)
    assert shared(CHORDS, found) > 0.99 * groups(CHORDS, 10).nunique()


def test_shares_are_as_asked():
    found = parts(CHORDS, "by_performance", 1, validation=0.25)
    assert (found == "test").mean() == pytest.approx(0.3, abs=2e-3)
    assert (found == "validation").mean() == pytest.approx(0.7 * 0.25, abs=2e-3)


@pytest.mark.parametrize("share", [0.001, 0.999])
def test_each_part_has_a_group_however_small_its_share(share):
    rows = SOUNDS[SOUNDS["fold"] < 3]
    found = parts(rows, "fold1", 1, validation=share)
    assert set(found) == {"training", "validation", "test"} and shared(rows, found) == 0
    fewer = "validation" if share < 0.5 else "training"
    assert rows["src_file"][found == fewer].nunique() == 1


def test_a_recording_alone_cannot_train_and_validate():
    alone = SOUNDS[(SOUNDS["fold"] == 1) | (SOUNDS["src_file"] == "1200")]
    alone = pd.concat([alone, SOUNDS[SOUNDS["src_file"] == "2000"]])
    assert set(parts(alone, "fold1", 1)) == {"training", "test"}
    with pytest.raises(ConfigError, match=r"config key validation: .* fold1 are of fewer than two recordings"):
        parts(alone, "fold1", 1, validation=0.2)


@pytest.mark.parametrize(("split", "column", "value"), [("by_dynamic_m", "dynamic", "m"), ("by_octave_3", "octave", 3)])
def test_the_value_that_a_split_names_tests_and_no_other(split, column, value):
    np.testing.assert_array_equal(parts(CHORDS, split, 1) == "test", CHORDS[column] == value)


def test_a_seed_gives_the_same_parts_in_any_order_and_another_seed_gives_others():
    found = pd.Series(parts(CHORDS, "by_performance", 1), index=CHORDS.index)
    shuffled = CHORDS.sample(frac=1, random_state=3)
    np.testing.assert_array_equal(parts(shuffled, "by_performance", 1), found[shuffled.index])
    assert (parts(CHORDS, "by_performance", 2) != found).any()


@pytest.mark.parametrize(("index", "split"), [(CHORDS, "fold1"), (SOUNDS, "by_octave_2"), (CHORDS, "by_moon_full")])
def test_a_split_that_clips_do_not_have_is_refused(index, split):
    with pytest.raises(ConfigError, match=f"split {split} is none"):
        parts(index, split, 1)


def test_a_class_that_tests_is_learnt_from_something():
    """Else clips were left out, or all are of recordings that test."""
    index = SOUNDS.assign(category=SOUNDS["target"].map("class {}".format))
    assert set(parts(index, "fold1", 1)) == {"training", "test"}
    alone = index[(index["fold"] == 1) | (index["target"] != 2)].reset_index(drop=True)
    with pytest.raises(ConfigError, match="no clip of class 2 is left to learn from in split fold1"):
        parts(alone, "fold1", 1)
    with pytest.raises(ConfigError, match="no clip is there to test in split fold9"):
        parts(index, "fold9", 1)
