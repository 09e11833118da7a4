"""Clips of one's own: tables are read as people write them, folds keep recordings together, and faults are named."""

from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from earshot.data.clip_table import find_table, folds_of, read_clip_table
from earshot.data.own_clips import verify_own_clips
from earshot.errors import DataError

WAV = b"RIFF\x00\x00\x00\x00WAVE"
SIZES = {"bell": 24, "drum": 12, "gong": 6}  # clips of each class, two of each recording


def rows_of(sizes=SIZES):
    return pd.DataFrame(
        [
            {"filename": f"{category}/{number:02d}.wav", "category": category, "src_file": f"{category}{number // 2}"}
            for category, size in sizes.items()
            for number in range(size)
        ]
    )


def write(folder, rows, **how):
    """Write a table and the clips that it names, and return the table's path."""
    for name in rows["filename"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(WAV)
    rows.to_csv(folder / "clips.csv", index=False, **how)
    return folder / "clips.csv"


def test_clips_are_dealt_to_folds_evenly_and_recordings_stay_together(tmp_path):
    table = write(tmp_path, rows_of())
    found = verify_own_clips(tmp_path, table=table, folds=3)
    assert list(found.columns) == ["item", "path", "fold", "category", "src_file"]
    assert found.groupby("src_file")["fold"].nunique().max() == 1
    counts = found.groupby(["category", "fold"]).size().unstack()
    assert {name: set(own) for name, own in counts.iterrows()} == {"bell": {8}, "drum": {4}, "gong": {2}}
    assert [Path(path) for path in found["path"]] == [tmp_path / name for name in rows_of()["filename"]]


def test_the_deal_is_that_of_the_seed(tmp_path):
    table = write(tmp_path, rows_of())
    folds = [list(verify_own_clips(tmp_path, table=table, folds=3, seed=seed)["fold"]) for seed in (1, 1, 2)]
    assert folds[0] == folds[1] != folds[2]


def test_without_recordings_each_clip_is_one_by_itself(tmp_path):
    rows = rows_of().drop(columns="src_file")
    found = verify_own_clips(tmp_path, table=write(tmp_path, rows))
    assert found["src_file"].tolist() == found["item"].tolist() and set(found["fold"]) == set(range(1, 6))
    rows["src_file"] = ["one", "one", *[""] * (len(rows) - 2)]
    found = verify_own_clips(tmp_path, table=write(tmp_path, rows))
    assert found["src_file"].nunique() == len(rows) - 1 and found["fold"][0] == found["fold"][1]


def test_folds_of_the_table_are_kept(tmp_path):
    rows = rows_of()
    rows["fold"] = [(2, 4, 10)[number % 3] for number in range(len(rows))]
    table = write(tmp_path, rows)
    assert folds_of(read_clip_table(table), 5) == [2, 4, 10]
    assert verify_own_clips(tmp_path, table=table)["fold"].tolist() == rows["fold"].tolist()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_a_table_is_read_as_spreadsheets_write_it(separator, encoding, tmp_path):
    rows = rows_of().assign(who="Käthe, the recordist")
    rows["category"] = rows["category"].replace("gong", " Glöckchen ")
    found = read_clip_table(write(tmp_path, rows, sep=separator, encoding=encoding))
    assert list(found.columns) == ["item", "filename", "category", "src_file"] and len(found) == 42
    assert set(found["category"]) == {"bell", "drum", "Glöckchen"}


def test_files_are_known_by_the_end_of_their_path(tmp_path):
    rows = pd.DataFrame({"filename": ["a.wav", "deep\\b.flac", "b.flac"], "category": ["bell", "bell", "drum"]})
    for place in ("audio/deep/a.wav", "audio/deep/b.flac", "b.flac"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(WAV if place.endswith("wav") else b"fLaC")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/table.csv").write_text(rows.assign(fold=[1, 2, 1]).to_csv(index=False))
    with pytest.raises(DataError, match="no clip of drum is left to learn from when fold 1 tests"):
        verify_own_clips(tmp_path, table=tmp_path / "notes/table.csv")
    (tmp_path / "notes/table.csv").write_text(rows.assign(category="bell", fold=[1, 2, 1]).to_csv(index=False))
    with pytest.raises(DataError, match="bell is the only class"):
        verify_own_clips(tmp_path, table=tmp_path / "notes/table.csv")
    (tmp_path / "c.wav").write_bytes(WAV)
    more = pd.concat([rows, pd.DataFrame({"filename": ["c.wav"], "category": ["drum"]})]).assign(fold=[1, 2, 1, 2])
    (tmp_path / "notes/table.csv").write_text(more.to_csv(index=False))
    found = verify_own_clips(tmp_path, table=tmp_path / "notes/table.csv")
    places = [Path(path).relative_to(tmp_path).as_posix() for path in found["path"]]
    assert places == ["audio/deep/a.wav", "audio/deep/b.flac", "b.flac", "c.wav"]
    assert found["item"].tolist() == ["a", "deep/b", "b", "c"]


def test_the_table_of_esc_50_is_one(tmp_path):
    rows = pd.DataFrame(
        [
            {"filename": f"{fold}-{10 * fold + target}-A-{target}.wav", "fold": fold, "target": target, "esc10": False}
            | {"category": ("cow", "hen")[target], "src_file": 10 * fold + target, "take": "A"}
            for fold, target in product((1, 2), (0, 1))
        ]
    )
    found = verify_own_clips(tmp_path, table=write(tmp_path, rows))
    assert found["fold"].tolist() == [1, 1, 2, 2] and found["src_file"].tolist() == ["10", "11", "20", "21"]


def test_a_recording_on_both_sides_leaves_nothing_to_learn_from(tmp_path):
    rows = pd.DataFrame({"filename": ["a.wav", "b.wav", "c.wav", "d.wav"], "category": ["dog", "dog", "hen", "hen"]})
    table = write(tmp_path, rows.assign(fold=[1, 2, 1, 2], src_file=["one", "one", "", ""]))
    with pytest.raises(DataError, match="no clip of dog is left to learn from when fold 1 tests"):
        verify_own_clips(tmp_path, table=table)


def test_one_file_has_one_row(tmp_path):
    rows = pd.DataFrame({"filename": ["bell/a.wav", "b.wav"], "category": ["bell", "drum"], "fold": [1, 2]})
    table = write(tmp_path, rows)
    rows.assign(filename=["bell/a.wav", "a.wav"]).to_csv(table, index=False)
    with pytest.raises(DataError, match=r"bell/a and a are one file, .*bell/a\.wav"):
        verify_own_clips(tmp_path, table=table)
    rows.assign(filename=["b.wav", "./b.wav"]).to_csv(table, index=False)
    with pytest.raises(DataError, match="b has more than one row"):
        verify_own_clips(tmp_path, table=table)


def test_capitals_blank_lines_and_hidden_files_do_no_harm(tmp_path):
    """A recorder writes .WAV, an editor ends with empty lines, and macOS hides files beside others."""
    rows = pd.DataFrame({"filename": [f"{name}.WAV" for name in "abcd"], "category": ["bell", "bell", "drum", "drum"]})
    table = write(tmp_path, rows)
    written = [" Filename ,Category,fold", "a.WAV,bell,1", "", "b.WAV,bell,2", "c.WAV,drum,1", "d.WAV,drum,2", "", ""]
    table.write_text("\n".join(written))
    (tmp_path / "._clips.csv").touch()
    assert find_table(tmp_path) == table
    assert verify_own_clips(tmp_path, table=table)["item"].tolist() == list("abcd")
    table.write_text("filename,category\na.WAV,bell\n\nb.WAV,\n")
    with pytest.raises(DataError, match="1 fault: line 4: category is empty"):
        read_clip_table(table)


def changed(**columns):
    return lambda rows: rows.assign(**columns)


def first(column, value):
    return lambda rows: rows.assign(**{column: [value, *rows[column].iloc[1:]]})


FAULTS = {
    "fold too far": (changed(fold="99999999999999999999"), "line 2: fold '99999999999999999999' is none of"),
    "column": (lambda rows: rows.rename(columns={"category": "class"}), "no column category among filename, class"),
    "no rows": (lambda rows: rows.iloc[:0], "has no rows"),
    "no class": (first("category", ""), "line 2: category is empty"),
    "no name": (first("filename", " "), "line 2: filename is empty"),
    "twice": (first("filename", "bell/01.wav"), "bell/01 has more than one row, or two files"),
    "no file": (first("filename", "."), ". ends in none of .wav"),
    "ending": (first("filename", "bell/00.mp3"), "bell/00.mp3 ends in none of .wav, .flac, .ogg"),
    "fold": (lambda rows: rows.assign(fold=["0", *["1"] * 20, *["2"] * 21]), "line 2: fold '0' is none of 1, 2"),
    "fold in words": (changed(fold="first"), "42 faults: line 2: fold 'first' is none of 1, 2, 3"),
    "one fold": (changed(fold=1), "all clips are in fold 1, and two folds are the fewest"),
    "one recording": (
        changed(src_file=lambda rows: rows["category"]),
        "no clip of gong is left to learn from",
    ),
    "too many folds": (lambda rows: rows.groupby("category").head(2), "largest class has 2 clips, which cannot be"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_a_table_is_named(fault, tmp_path):
    spoil, message = FAULTS[fault]
    table = write(tmp_path, rows_of())
    spoil(rows_of()).to_csv(table, index=False)
    with pytest.raises(DataError) as raised:
        verify_own_clips(tmp_path, table=table, folds=3)
    assert message in str(raised.value) and str(table) in str(raised.value)


def test_a_clip_that_is_missing_twice_there_or_damaged_is_named(tmp_path):
    rows = rows_of()
    rows.loc[1, "filename"] = "01.wav"
    table = write(tmp_path, rows)
    (tmp_path / "bell/00.wav").unlink()
    (tmp_path / "01.wav").rename(tmp_path / "bell/01.wav")
    (tmp_path / "bell/02.wav").write_bytes(b"<htm")
    with pytest.raises(DataError) as raised:
        verify_own_clips(tmp_path, table=table, folds=3)
    said = str(raised.value)
    assert "3 faults" in said and "bell/00 is missing" in said and "01 is there more than once" in said
    assert "begins with b'<htm'" in said and "Mend the table or the folder" in said


def test_a_table_that_is_none_and_a_folder_without_one_are_named(tmp_path):
    with pytest.raises(DataError, match="0 CSV files lie in it, and one has to say"):
        find_table(tmp_path)
    (tmp_path / "b.csv").write_bytes(b"filename,category\n\xff\xfe\n")
    with pytest.raises(DataError, match=r"cannot be read: .* Save it as CSV, in UTF-8"):
        read_clip_table(tmp_path / "b.csv")
    with pytest.raises(DataError, match=r"missing\.csv: cannot be read \(No such file .* config key sounds\.table"):
        read_clip_table(tmp_path / "missing.csv")
    with pytest.raises(DataError, match="there is no such folder"):
        find_table(tmp_path / "nowhere")
    (tmp_path / "b.csv").write_text("filename,category\n1,a.wav,bell\n2,b.wav,drum\n")
    with pytest.raises(DataError, match="rows have more fields than the first line has names"):
        read_clip_table(tmp_path / "b.csv")
    (tmp_path / "a.CSV").touch()
    with pytest.raises(DataError, match=r"2 CSV files lie in it \(a\.CSV, b\.csv\)"):
        find_table(tmp_path)
