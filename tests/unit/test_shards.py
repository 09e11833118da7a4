"""Shards and tables: equal content gives equal bytes, and what is not theirs is refused by name."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from earshot.data.listeners import feature_index, read_features, write_features
from earshot.data.schemas.features import FEATURE_INDEX
from earshot.data.schemas.scores import SCORES
from earshot.data.schemas.training import HISTORY
from earshot.data.shards import read_tensors, write_tensors
from earshot.data.synthetic_hrtf import draw_person, grid, synthesise_hrirs
from earshot.data.tables import read_table, write_table
from earshot.errors import DataError
from safetensors.numpy import save_file

TENSORS = {name: np.arange(12, dtype=np.float32).reshape(3, 4) + place for place, name in enumerate("cabed")}
SETTINGS = {"rate_hz": 44100.0, "bands": {"count": 3, "spacing": "erb"}, "names": ["level", "phase"]}
EPOCHS = pd.DataFrame({"subject": ["anna", "anna"], "epoch": [1, 2], "loss": [0.5, 0.25]})


def people(*names):
    return [synthesise_hrirs(draw_person(1, name), *grid(6, 3)) for name in names]


@pytest.fixture
def shard(tmp_path):
    path = tmp_path / "shard.safetensors"
    write_tensors(path, TENSORS, SETTINGS)
    return path


def test_what_was_written_is_read_again(shard):
    tensors, settings = read_tensors(shard)
    assert tensors.keys() == TENSORS.keys() and settings == SETTINGS
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(tensor, TENSORS[name])
        assert tensor.dtype == TENSORS[name].dtype


def test_a_view_of_an_array_is_written_as_what_it_shows(shard):
    """Transposed and strided arrays do not lie in memory as they look."""
    whole = np.arange(24, dtype=np.float32).reshape(4, 6)
    write_tensors(shard, {"turned": whole.T, "sparse": whole[:, ::2]}, {})
    tensors, _ = read_tensors(shard)
    np.testing.assert_array_equal(tensors["turned"], whole.T)
    np.testing.assert_array_equal(tensors["sparse"], whole[:, ::2])


def test_equal_content_gives_equal_bytes_in_whatever_order_it_comes(shard, tmp_path):
    again = tmp_path / "again.safetensors"
    write_tensors(again, dict(reversed(TENSORS.items())), dict(reversed(SETTINGS.items())))
    assert again.read_bytes() == shard.read_bytes()
    write_tensors(again, TENSORS, SETTINGS | {"rate_hz": 48000.0})
    assert again.read_bytes() != shard.read_bytes(), "settings are part of it"


PROGRAM = """
import sys
import test_shards as this
from earshot.data.shards import write_tensors
from earshot.data.schemas.training import HISTORY
from earshot.data.tables import write_table
folder = sys.argv[1]
shuffled = {name: this.TENSORS[name] for name in set(this.TENSORS)}
write_tensors(folder + "/shard.safetensors", shuffled, this.SETTINGS)
write_table(folder + "/table.parquet", this.EPOCHS[list(set(this.EPOCHS))], HISTORY)
"""


def test_processes_that_hash_differently_write_equal_bytes(tmp_path):
    written = []
    for seed in ("0", "1"):
        folder = tmp_path / seed
        folder.mkdir()
        path = os.pathsep.join([os.path.dirname(__file__), *sys.path])  # noqa: PTH120
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path}
        subprocess.run([sys.executable, "-c", PROGRAM, str(folder)], env=environment, check=True)
        written.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert written[0].keys() == {"shard.safetensors", "table.parquet"}
    assert written[0] == written[1]


def cut(path):
    path.write_bytes(path.read_bytes()[:-10])


def cut_short(path):
    path.write_bytes(path.read_bytes()[:20])


def empty(path):
    path.write_bytes(b"")


def garble(path):
    path.write_bytes(b"<html>" * 100)


def remove(path):
    path.unlink()


@pytest.mark.parametrize("harm", [cut, cut_short, empty, garble, remove])
def test_a_damaged_shard_is_refused_by_name(harm, shard):
    harm(shard)
    with pytest.raises(DataError, match=r"shard.safetensors: .*Delete it and run again"):
        read_tensors(shard)


def test_tensors_of_others_are_refused(shard):
    """They have no settings, or not ours."""
    for metadata in (None, {"format": "pt"}, {"earshot": "no JSON"}):
        save_file(TENSORS, shard, metadata)
        with pytest.raises(DataError, match="no tensors of ours"):
            read_tensors(shard)


def test_a_write_that_fails_leaves_the_old_file(shard):
    before = shard.read_bytes()
    with pytest.raises(TypeError):
        write_tensors(shard, TENSORS, {"settings": object()})
    assert shard.read_bytes() == before
    assert [file.name for file in shard.parent.iterdir()] == [shard.name]


@pytest.mark.parametrize("harm", [cut, cut_short, empty, garble, remove])
def test_a_damaged_table_is_refused_by_name(harm, tmp_path):
    path = tmp_path / "history.parquet"
    write_table(path, EPOCHS, HISTORY)
    harm(path)
    with pytest.raises(DataError, match=r"history.parquet: .*Delete it and run again"):
        read_table(path, HISTORY)


def test_a_table_is_read_as_it_was_written(tmp_path):
    """Columns stand in the schema's order, and those that no row has are there and empty."""
    path = tmp_path / "history.parquet"
    write_table(path, EPOCHS[["loss", "epoch", "subject"]], HISTORY)
    table = read_table(path, HISTORY)
    assert list(table) == ["subject", "excluded", "epoch", "loss"]
    assert table["excluded"].isna().all()
    assert table["loss"].tolist() == [0.5, 0.25] and table["loss"].dtype == np.float32


@pytest.mark.parametrize(
    ("column", "values"),
    [("subject", [None, "anna"]), ("epoch", ["first", "second"]), ("loss", ["small", "smaller"])],
)
def test_a_table_with_a_wrong_column_is_refused_by_its_name(column, values, tmp_path):
    with pytest.raises(DataError, match=f"t.parquet: column {column} of the history"):
        write_table(tmp_path / "t.parquet", EPOCHS.assign(**{column: values}), HISTORY)
    EPOCHS.assign(excluded=None, **{column: values}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=f"t.parquet: column {column} of the history"):
        read_table(tmp_path / "t.parquet", HISTORY)


@pytest.mark.parametrize(
    ("column", "value"), [("p95_deg", 180.1), ("p95_deg", np.inf), ("quadrant_error", -0.1), ("variant", None)]
)
def test_an_impossible_figure_is_refused(column, value, tmp_path):
    row = {"subject": "anna", "variant": "control", "tuning": False, "items": 3, "p95_deg": 10.0}
    write_table(tmp_path / "t.parquet", pd.DataFrame([row]), SCORES)
    with pytest.raises(DataError, match=f"t.parquet: column {column} of the scores"):
        write_table(tmp_path / "t.parquet", pd.DataFrame([row | {column: value}]), SCORES)


def test_a_column_too_many_is_named(tmp_path):
    with pytest.raises(DataError, match="colour"):
        write_table(tmp_path / "t.parquet", EPOCHS.assign(colour="red"), HISTORY)


@pytest.mark.parametrize("column", ["epoch", "loss"])
def test_a_table_without_one_of_its_columns_is_another_table(column, tmp_path):
    """Also where the column may be empty: a table of ours has it."""
    EPOCHS.assign(excluded=None).drop(columns=column).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=column):
        read_table(tmp_path / "t.parquet", HISTORY)


def test_whether_settings_were_chosen_on_a_listener_is_never_guessed(tmp_path):
    row = {"subject": "anna", "variant": "control", "items": 3, "p95_deg": 10.0}
    with pytest.raises(DataError, match="tuning"):
        write_table(tmp_path / "t.parquet", pd.DataFrame([row]), SCORES)


def test_features_and_their_index_come_back_in_step(tmp_path):
    """A row of the index for each row of features, and one for each listener who was left out."""
    anna, carl = people("anna", "carl")
    features = [np.random.default_rng(1).normal(size=(18, 2, 3)).astype(np.float32) + place for place in range(2)]
    paths = tmp_path / "f.safetensors", tmp_path / "f.parquet"
    write_features(*paths, [anna, carl], features, {"bert": "broken"}, SETTINGS)
    index, found, settings = read_features(*paths)
    assert settings == SETTINGS
    assert index["subject"].value_counts().to_dict() == {"anna": 36, "carl": 36, "bert": 1}
    heard = index[index["excluded"].isna()].reset_index(drop=True)
    for place, subject in enumerate(("anna", "carl")):
        own = heard[heard["subject"] == subject]
        np.testing.assert_array_equal(found[own.index].reshape(18, 2, 3), features[place])
        assert own["repetition"].tolist() == [0, 1] * 18
        assert own["direction"].tolist() == np.repeat(anna.directions, 2).tolist()


def test_features_of_another_shard_are_refused(tmp_path):
    paths = tmp_path / "f.safetensors", tmp_path / "f.parquet"
    write_features(*paths, people("anna"), [np.zeros((18, 2, 3), np.float32)], {}, SETTINGS)
    write_tensors(paths[0], {"features": np.zeros((35, 3), np.float32)}, SETTINGS)
    with pytest.raises(DataError, match=r"f.safetensors and .*f.parquet do not belong together"):
        read_features(*paths)


def test_a_shard_whose_listeners_were_all_left_out_can_be_read(tmp_path):
    paths = tmp_path / "f.safetensors", tmp_path / "f.parquet"
    write_features(*paths, [], [], {"bert": "broken"}, SETTINGS)
    index, features, _ = read_features(*paths)
    assert len(features) == 0 and index["excluded"].tolist() == ["broken"]


def test_an_index_is_one_that_its_table_allows(tmp_path):
    (anna,) = people("anna")
    write_table(tmp_path / "t.parquet", feature_index(anna, 2), FEATURE_INDEX)
    wrong = feature_index(anna, 2).assign(azimuth_deg=400.0)
    with pytest.raises(DataError, match="column azimuth_deg of the feature index"):
        write_table(tmp_path / "t.parquet", wrong, FEATURE_INDEX)
