"""Collections of clips: what is right is taken however it lies, and each fault is found and named."""

from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from earshot.data.clips import TRIAD_ROOTS, verify_esc50, verify_piano_triads
from earshot.errors import DataError

CATEGORIES = {3: "cow", 7: "rooster", 41: "chainsaw"}
SMALL = {"classes": 3, "folds": 2, "clips_per_cell": 2}
WAV = b"RIFF\x00\x00\x00\x00WAVE"


def table(categories=CATEGORIES, folds=2, clips=2):
    rows = []
    for number, (target, fold, clip) in enumerate(product(categories, range(1, folds + 1), range(clips))):
        take = "AB"[clip % 2]
        name = f"{fold}-{1000 + number}-{take}-{target}.wav"
        rows.append((name, fold, target, categories[target], target < 10, 1000 + number, take))
    return pd.DataFrame(rows, columns=["filename", "fold", "target", "category", "esc10", "src_file", "take"])


def esc50(rows, audio, meta):
    audio.mkdir(parents=True, exist_ok=True)
    meta.mkdir(parents=True, exist_ok=True)
    rows.to_csv(meta / "esc50.csv", index=False)
    for name in rows["filename"]:
        (audio / name).write_bytes(WAV)


@pytest.mark.parametrize(
    ("audio", "meta"), [("ESC-50-master/audio", "ESC-50-master/meta"), ("audio", "meta"), ("", "")]
)
def test_esc50_is_read_in_each_of_its_layouts(tmp_path, audio, meta):
    expected = table()
    esc50(expected, tmp_path / audio, tmp_path / meta)
    rows = verify_esc50(tmp_path, **SMALL)
    assert list(rows.columns) == ["item", "path", "fold", "target", "category", "esc10", "src_file", "take"]
    assert [f"{item}.wav" for item in rows["item"]] == list(expected["filename"])
    assert [Path(path) for path in rows["path"]] == [tmp_path / audio / name for name in expected["filename"]]


def test_the_defaults_are_the_official_counts(tmp_path):
    categories = {target: f"class {target}" for target in range(50)}
    esc50(table(categories, folds=5, clips=8), tmp_path / "audio", tmp_path / "meta")
    rows = verify_esc50(tmp_path)
    assert len(rows) == 2000
    assert set(rows.groupby("target").size()) == {40} and set(rows.groupby("fold").size()) == {400}


@pytest.mark.data
def test_the_real_esc10_is_read_from_ogg_with_the_table_elsewhere(data):
    given = data / "esc50_meta" / "esc50.csv"
    rows = verify_esc50(data / "esc10", table=given, esc10=True, classes=10)
    assert len(rows) == 400 and rows["path"].str.endswith(".ogg").all() and rows["category"].nunique() == 10
    with pytest.raises(DataError, match=r"1600 faults: .* is missing"):
        verify_esc50(data / "esc10", table=given)


def set_value(rows, column, value):
    rows.loc[0, column] = value


ESC50_FAULTS = {
    "fold": (lambda rows, audio: set_value(rows, "fold", 2), "1-1000-A-3.wav does not agree with its row"),
    "take": (lambda rows, audio: set_value(rows, "take", "B"), "does not agree"),
    "source": (lambda rows, audio: set_value(rows, "src_file", 1), "does not agree"),
    "name": (lambda rows, audio: set_value(rows, "filename", "dog.wav"), "dog.wav does not agree"),
    "category": (lambda rows, audio: set_value(rows, "category", "dog"), "3 targets, 4 categories and 4 pairs"),
    "category shared": (lambda rows, audio: rows.replace("cow", "rooster"), "3 targets, 2 categories and 3 pairs"),
    "row missing": (lambda rows, audio: rows.drop(0), "1 clips of target 3, fold 1, not 2"),
    "row twice": (lambda rows, audio: rows.replace("1-1001-B-3.wav", "1-1000-A-3.wav"), "more than one row"),
    "clip missing": (lambda rows, audio: (audio / "1-1000-A-3.wav").unlink(), "1-1000-A-3 is missing"),
    "clip empty": (lambda rows, audio: (audio / "1-1000-A-3.wav").write_bytes(b""), "begins with b''"),
    "clip no RIFF": (lambda rows, audio: (audio / "1-1000-A-3.wav").write_bytes(b"<htm"), "begins with b'<htm'"),
    "clip twice": (lambda rows, audio: (audio / "1-1000-A-3.ogg").write_bytes(b"OggS"), "more than once"),
    "column": (lambda rows, audio: rows.drop(columns="take"), "no column take"),
}


@pytest.mark.parametrize("fault", ESC50_FAULTS)
def test_each_fault_of_esc50_is_named(tmp_path, fault):
    spoil, message = ESC50_FAULTS[fault]
    rows = table()
    esc50(rows, tmp_path / "audio", tmp_path)
    spoiled = spoil(rows, tmp_path / "audio")
    rows = spoiled if isinstance(spoiled, pd.DataFrame) else rows
    rows.to_csv(tmp_path / "esc50.csv", index=False)
    with pytest.raises(DataError) as raised:
        verify_esc50(tmp_path, **SMALL)
    assert message in str(raised.value) and str(tmp_path) in str(raised.value)


def test_a_class_too_few_is_named(tmp_path):
    esc50(table({3: "cow", 7: "rooster"}), tmp_path, tmp_path)
    with pytest.raises(DataError, match="2 targets, 2 categories and 2 pairs of these, not 3 each"):
        verify_esc50(tmp_path, **SMALL)


def test_many_faults_are_counted_and_the_first_named(tmp_path):
    rows = table()
    esc50(rows, tmp_path / "audio", tmp_path)
    for name in rows["filename"][1:]:
        (tmp_path / "audio" / name).unlink()
    with pytest.raises(DataError, match=r"11 faults: 1-1001-B-3 is missing; .*; and 6 more\. Retrieve"):
        verify_esc50(tmp_path, **SMALL)


def test_a_folder_without_clips_or_without_a_table_is_named(tmp_path):
    with pytest.raises(DataError, match=f"{tmp_path}: no clips"):
        verify_esc50(tmp_path)
    (tmp_path / "a.wav").write_bytes(WAV)
    with pytest.raises(DataError, match=r"0 files in it or below are called esc50\.csv"):
        verify_esc50(tmp_path)


FEW = {"octaves": (2, 3), "roots": ("Cn", "Gf"), "triads": ("j", "n"), "dynamics": ("f",), "clips_per_cell": 3}


def triads(folder, *, octaves, roots, triads, dynamics, clips_per_cell):
    folder.mkdir(parents=True, exist_ok=True)
    for *cell, idx in product(octaves, roots, triads, dynamics, range(clips_per_cell)):
        (folder / "piano_{}_{}_{}_{}_{:02}.wav".format(*cell, idx)).write_bytes(WAV)


@pytest.mark.parametrize("below", ["", "audio_augmented_x10", "audioPianoTriadDataset/audio_augmented_x10"])
def test_triads_are_read_in_each_of_their_layouts(tmp_path, below):
    triads(tmp_path / below, **FEW)
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "._piano_2_Cn_j_f_00.wav").touch()
    rows = verify_piano_triads(tmp_path, **FEW)
    assert list(rows.columns) == ["item", "path", "octave", "root", "triad", "dynamic", "idx"]
    assert len(rows) == 24 and rows["item"].is_monotonic_increasing
    last = rows.iloc[-1]
    assert (last["octave"], last["root"], last["triad"], last["dynamic"], last["idx"]) == (3, "Gf", "n", "f", 2)
    assert Path(last["path"]) == tmp_path / below / "piano_3_Gf_n_f_02.wav"


def test_the_defaults_are_the_official_grid(tmp_path):
    """All 432 cells and 100 clips a cell are asked for: a set of one a cell lacks 99 in each."""
    triads(tmp_path, octaves=(2, 3, 4), roots=TRIAD_ROOTS, triads="jnda", dynamics="fmp", clips_per_cell=1)
    assert len(verify_piano_triads(tmp_path, clips_per_cell=1)) == 432
    with pytest.raises(DataError, match=r"432 faults: 1 clips of octave 2, root .*, not 100"):
        verify_piano_triads(tmp_path)


TRIAD_FAULTS = {
    "missing": (
        lambda folder: (folder / "piano_2_Cn_j_f_00.wav").unlink(),
        "2 clips of octave 2, root Cn, triad j, dyn",
    ),
    "outside": (lambda folder: (folder / "piano_5_Cn_j_f_00.wav").write_bytes(WAV), "1 clips of octave 5"),
    "name": (lambda folder: (folder / "piano_2_C_j_f_00.wav").write_bytes(WAV), "piano_2_C_j_f_00 is no name"),
    "idx": (lambda folder: (folder / "piano_2_Cn_j_f_0.wav").write_bytes(WAV), "has the idx of another"),
    "no RIFF": (lambda folder: (folder / "piano_2_Cn_j_f_00.wav").write_bytes(b"html"), "begins with b'html'"),
    "doubled": (lambda folder: triads(folder / "again", **FEW), "piano_2_Cn_j_f_00 is there more than once"),
}


@pytest.mark.parametrize("fault", TRIAD_FAULTS)
def test_each_fault_of_the_triads_is_named(tmp_path, fault):
    triads(tmp_path, **FEW)
    spoil, message = TRIAD_FAULTS[fault]
    spoil(tmp_path)
    with pytest.raises(DataError) as raised:
        verify_piano_triads(tmp_path, **FEW)
    assert message in str(raised.value) and str(tmp_path) in str(raised.value)
