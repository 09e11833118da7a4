"""Shards of clips: their waveforms, or features of these, and an index that says what each clip is."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from numpy.typing import NDArray

from earshot.data.schemas.clips import clip_index
from earshot.data.shards import map_tensors, write_tensors
from earshot.data.tables import read_table, write_table
from earshot.errors import DataError

VALUES = "values"


def of_shard(items: Iterable[str], shard: str) -> list[bool]:
    """Return whether each item is in a shard, which is called as 03of08: its name alone decides."""
    number, count = map(int, shard.split("of"))
    return [int(hashlib.sha256(item.encode()).hexdigest()[:8], 16) % count == number for item in items]


def write_shard(
    tensors_path: Path | str,
    index_path: Path | str,
    dataset: str,
    index: pd.DataFrame,
    values: NDArray[Any],
    settings: Mapping[str, Any],
) -> None:
    """Write what a set's clips became, `(clips not left out, ...)`, as a shard with its index."""
    write_tensors(tensors_path, {VALUES: values}, settings)
    write_table(index_path, index, clip_index(dataset))


def read_shard(
    tensors_path: Path | str, index_path: Path | str, dataset: str
) -> tuple[pd.DataFrame, torch.Tensor, dict[str, Any]]:
    """Return a shard's index without the clips left out, its values `(clips, ...)` and its settings.

    Values are mapped into memory, and read when they are used. Raises DataError when the files are missing or damaged,
    or do not belong together.
    """
    index = read_table(index_path, clip_index(dataset))
    kept = index[index["excluded"].isna()].reset_index(drop=True)
    tensors, settings = map_tensors(tensors_path)
    values = tensors[VALUES]
    if len(values) != len(kept):
        raise DataError(f"{tensors_path} and {index_path} do not belong together. Delete both and run again.")
    return kept, values, settings


def read_shards(
    tensors_paths: Sequence[str], index_paths: Sequence[str], dataset: str
) -> tuple[pd.DataFrame, list[torch.Tensor], dict[str, Any]]:
    """Return the index of several shards together, the values of each, and the settings of the first."""
    read = [read_shard(*paths, dataset) for paths in zip(tensors_paths, index_paths, strict=True)]
    indices, values, settings = zip(*read, strict=True)
    return pd.concat(indices, ignore_index=True), list(values), settings[0]
