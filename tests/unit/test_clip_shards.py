"""Shards of clips: what is written is read again, a part at a time, and a name alone says where a clip belongs."""

import numpy as np
import pandas as pd
import pytest
from earshot.data.clip_shards import of_shard, read_shard, write_shard
from earshot.errors import DataError

ITEMS = [f"1-{number}-A-0" for number in range(40)]


def index(items, excluded=()):
    return pd.DataFrame(
        {
            "item": items,
            "fold": 1,
            "target": 0,
            "category": "dog",
            "esc10": True,
            "src_file": [item.split("-")[1] for item in items],
            "take": "A",
            "recorded_hz": 44100.0,
            "recorded_s": 5.0,
            "excluded": ["is silent" if item in excluded else None for item in items],
        }
    )


def test_every_item_is_in_one_shard_and_one_more_moves_no_other():
    shards = [f"0{number}of04" for number in range(4)]
    found = np.array([of_shard(ITEMS, shard) for shard in shards])
    assert (found.sum(0) == 1).all() and (found.sum(1) > 2).all()
    assert [of_shard([*ITEMS, "another"], shard)[:-1] for shard in shards] == found.tolist()


def test_what_is_written_is_read_again_without_the_clips_left_out(tmp_path):
    values = np.arange(38 * 6, dtype=np.int16).reshape(38, 2, 3)
    rows = index(ITEMS, excluded=ITEMS[3:5])
    write_shard(tmp_path / "a.safetensors", tmp_path / "a.parquet", "esc10", rows, values, {"rate_hz": 44100})
    found, mapped, settings = read_shard(tmp_path / "a.safetensors", tmp_path / "a.parquet", "esc10")
    assert list(found["item"]) == ITEMS[:3] + ITEMS[5:] and settings == {"rate_hz": 44100}
    np.testing.assert_array_equal(mapped, values)


def test_a_shard_is_read_when_it_is_used_and_not_before(tmp_path):
    """Of 80 MB, what is touched alone comes into memory."""
    values = np.ones((40, 1_000_000), np.int16)
    write_shard(tmp_path / "a.safetensors", tmp_path / "a.parquet", "esc10", index(ITEMS), values, {})
    _, mapped, _ = read_shard(tmp_path / "a.safetensors", tmp_path / "a.parquet", "esc10")
    before = resident_mb()
    assert mapped[7].sum() == 1_000_000
    assert resident_mb() - before < 20


def resident_mb():
    with open("/proc/self/statm") as file:  # noqa: PTH123 (no file of anybody's)
        return int(file.read().split()[1]) * 4096 / 1e6


def test_an_index_of_other_clips_is_refused(tmp_path):
    write_shard(tmp_path / "a.safetensors", tmp_path / "a.parquet", "esc10", index(ITEMS), np.ones((40, 2)), {})
    write_shard(tmp_path / "b.safetensors", tmp_path / "b.parquet", "esc10", index(ITEMS[:9]), np.ones((9, 2)), {})
    with pytest.raises(DataError, match=r"a\.safetensors and .*b\.parquet do not belong together"):
        read_shard(tmp_path / "a.safetensors", tmp_path / "b.parquet", "esc10")
