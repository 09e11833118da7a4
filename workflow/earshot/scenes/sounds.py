"""The sounds that scenes are made of: clips, speech and chords of one rate, one after the other in one tensor."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from earshot.data.audio import at_rate, read_audio
from earshot.data.schemas.scenes import SOUNDS
from earshot.data.shards import map_tensors, write_tensors
from earshot.data.tables import read_table, write_table
from earshot.data.waveforms import FULL_SCALE, SILENT, in_16_bits
from earshot.errors import ConfigError, DataError
from earshot.learn.partition import parts
from earshot.progress import progress
from earshot.seeds import generator

_POOLS_OF_FOLDS = ("test", "validation")  # of clips: of the last fold and of the one before; the others train
_VALIDATION_SHARE = 0.1  # of performances of chords that do not test
_CHORD = r"(?P<root>[A-G][nf])(?P<octave>\d) (?P<triad>\w)"  # the label of a chord

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Sounds:
    """Sounds with their index (`earshot.data.schemas.scenes.SOUNDS`), mapped into memory."""

    index: pd.DataFrame
    samples: torch.Tensor  # (samples of all,), 16 bits
    rate_hz: float

    @cached_property
    def rows(self) -> dict[str, tuple[int, int]]:
        """Where each item begins, and how many samples it has."""
        columns = (self.index[name] for name in ("item", "begin", "samples"))
        return {item: (begin, samples) for item, begin, samples in zip(*columns, strict=True)}

    def signal(self, item: str) -> NDArray[np.float32]:
        """Return an item's signal `(samples,)`, of full scale 1. Raises DataError where it is not there."""
        if item not in self.rows:
            raise DataError(f"{item}: no such sound is there. Delete the table of scenes and run again.")
        begin, samples = self.rows[item]
        return self.samples[begin : begin + samples].numpy().astype(np.float32) / np.float32(FULL_SCALE)


def clip_rows(index: pd.DataFrame, folds: Sequence[int]) -> list[Row]:
    """Return item, kind, label and pool of clips, by the folds of their set: in ESC-50 no recording is in two."""
    columns = zip(index["item"], index["category"], index["fold"], strict=True)
    pools = dict(zip(sorted(folds, reverse=True), _POOLS_OF_FOLDS, strict=False))
    return [
        {"item": item, "kind": "clip", "label": category, "pool": pools.get(fold, "training")}
        for item, category, fold in columns
    ]


def chord_pools(indices: Sequence[pd.DataFrame], variations: int, seed: int) -> dict[str, str]:
    """Return the pool of each chord of a whole set, by item: a performance with all its variations is in one.

    What tests is what tests in the study's split by performance, so that the study's own networks have not heard it.
    """
    index = pd.concat(indices, ignore_index=True)
    found = parts(index, "by_performance", seed, variations=variations, validation=_VALIDATION_SHARE)
    return dict(zip(index["item"], found.tolist(), strict=True))


def chord_rows(index: pd.DataFrame, pools: Mapping[str, str]) -> list[Row]:
    """Return the same of chords as `clip_rows` of clips."""
    columns = (index[name] for name in ("item", "root", "octave", "triad"))
    return [
        {"item": item, "kind": "chord", "label": f"{root}{octave} {triad}", "pool": pools[item]}
        for item, root, octave, triad in zip(*columns, strict=True)
    ]


def as_clips(index: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the sounds of a kind as studies describe them: category of clips; root, octave and triad of chords."""
    own = index[index["kind"] == kind]
    if kind == "clip":
        return own.rename(columns={"label": "category"})
    return own.join(own["label"].str.extract(_CHORD))


def classes_by_task(index: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return the right answers about each clip and chord, by item and then by task."""
    clips, chords = as_clips(index, "clip"), as_clips(index, "chord")
    found = {item: {"category": category} for item, category in zip(clips["item"], clips["category"], strict=True)}
    columns = (chords[name] for name in ("item", "root", "triad"))
    return found | {item: {"root": root, "type": triad} for item, root, triad in zip(*columns, strict=True)}


def speech_rows(paths: Mapping[str, Sequence[Path | str]]) -> list[tuple[Row, Path | str]]:
    """Return the same of sentences, by pool, each with its file. What trains validates too where nothing else does."""
    return [
        ({"item": f"{pool}_{Path(path).stem}", "kind": "speech", "label": None, "pool": pool}, path)
        for pool, some in paths.items()
        for path in some
    ]


def gather(parts: Iterable[tuple[Row, NDArray[Any], float]], rate_hz: float) -> tuple[pd.DataFrame, NDArray[np.int16]]:
    """Return the index of sounds, each a row, a signal in 16 bits or of full scale 1, and its rate, and all samples.

    What is silent is left out. Raises DataError where nothing is left.
    """
    rows, signals, begin = [], [], 0
    for row, signal, recorded_hz in parts:
        whole = np.asarray(signal, np.float32) / (np.float32(FULL_SCALE) if signal.dtype == np.int16 else np.float32(1))
        made = at_rate(whole, recorded_hz, rate_hz)
        if not made.size or abs(made).max() < SILENT:
            continue
        rows.append({**row, "begin": begin, "samples": len(made)})
        signals.append(in_16_bits(made))
        begin += len(made)
    if not rows:
        raise DataError("no sound is there to make scenes of: name other kinds in the config key scenes.sounds.")
    return pd.DataFrame(rows), np.concatenate(signals)


def read_recording(row: Row, path: Path | str, rate_hz: float) -> tuple[Row, NDArray[np.float32], float]:
    """Return a sound that is a file of its own, as `gather` takes it."""
    signal, _ = read_audio(path, rate_hz)
    return row, signal, rate_hz


def shard_parts(
    rows: Sequence[Row], values: torch.Tensor, rate_hz: float, most: int | None, seed: int
) -> Iterable[tuple[Row, NDArray[np.int16], float]]:
    """Return sounds of a shard of clips as `gather` takes them: at most so many, drawn by their names alone."""
    places = list(range(len(rows)))
    if most is not None and most < len(rows):
        draws = [generator(seed, "scene sounds", row["item"]).random() for row in rows]
        places = sorted(np.argsort(draws)[:most].tolist())
    for place in progress(places, "sounds"):
        yield rows[place], values[place].numpy(), rate_hz


def write_sounds(
    tensors_path: Path | str, index_path: Path | str, index: pd.DataFrame, samples: NDArray[np.int16], rate_hz: float
) -> None:
    """Write sounds with their index."""
    write_tensors(tensors_path, {"samples": samples}, {"rate_hz": rate_hz})
    write_table(index_path, index, SOUNDS)


def read_sounds(tensors_path: Path | str, index_path: Path | str) -> Sounds:
    """Return sounds that `write_sounds` wrote.

    Raises DataError where the files are damaged or do not belong together.
    """
    index = read_table(index_path, SOUNDS)
    tensors, settings = map_tensors(tensors_path)
    samples = tensors.get("samples")
    last = index.iloc[-1]
    if samples is None or len(samples) != last["begin"] + last["samples"]:
        raise DataError(f"{tensors_path} and {index_path} do not belong together. Delete both and run again.")
    return Sounds(index, samples, settings["rate_hz"])


def of_pool(index: pd.DataFrame, pool: str) -> pd.DataFrame:
    """Return the sounds of a pool. Raises ConfigError where it has none of some kind."""
    found = index[index["pool"] == pool]
    if lacking := set(index["kind"]) - set(found["kind"]):
        raise ConfigError(f"config key scenes.sounds: there is no {', '.join(sorted(lacking))} in the {pool} pool")
    return found
