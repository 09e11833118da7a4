"""Sounds to try the page on without any of one's own: clips that a classifier did not learn from, and made-up ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earshot.data.clip_shards import read_shard
from earshot.data.schemas.classes import CLASS_PREDICTIONS
from earshot.data.shards import read_settings
from earshot.data.synthetic_sounds import KINDS
from earshot.data.synthetic_triads import synthetic_triads
from earshot.data.tables import read_table
from earshot.data.waveforms import FULL_SCALE
from earshot.errors import DataError
from earshot.seeds import generator
from earshot.show.class_words import called

_OF_A_RUN = 6  # clips
_MADE_UP_HZ, _MADE_UP_S = 44100.0, 2.0
_LOUDEST = 0.5  # of what is made up
_LEAKING = "random"  # a split in which clips that test are variations of others that train


@dataclass(frozen=True)
class Sound:
    """A sound to choose, with what it is in words, and the files of networks that did not learn from it."""

    words: str
    signal: NDArray[np.float32]  # (samples,)
    rate_hz: float
    unheard_by: frozenset[Path] = field(default_factory=frozenset)


def made_up(study: str | None = None) -> list[Sound]:
    """Return sounds of no recording, of the kind that a study has, or of both kinds: as they are for everybody."""
    found = []
    if study != "chords":
        time = np.arange(round(_MADE_UP_HZ * _MADE_UP_S)) / _MADE_UP_HZ
        for name, make in KINDS.items():
            signal = make(time, generator(0, "sound to try", name))
            found.append(Sound(f"{name}, made up", _levelled(signal), _MADE_UP_HZ))
    if study != "sounds":
        _, chord = next(synthetic_triads(0, 1, _MADE_UP_HZ, _MADE_UP_S, octaves=[4]))
        found.append(Sound("C major, made up", _levelled(chord), _MADE_UP_HZ))
    return found


def of_classifiers(files: Sequence[Path], results: Path) -> list[Sound]:
    """Return clips of a run, each from the part that tested some networks of classifiers; none where there are none.

    `files` are those of all networks. What a table or a shard lacks, or where it is damaged, is left out.
    """
    try:
        tested = pd.concat(list(_tested(files)), ignore_index=True)
        words = ("words", lambda own: " ".join(dict.fromkeys(own)))
        chosen = tested.groupby("item").agg(name=words, split=("split", "first"))
        chosen = chosen.drop_duplicates("name").sort_values("name")
        chosen = chosen.iloc[np.unique(np.linspace(0, len(chosen) - 1, _OF_A_RUN).round().astype(int))]
        signals = _signals(results / "shared/clips" / read_settings(files[0])["clips"], set(chosen.index))
    except (DataError, KeyError, ValueError):  # networks do not say which clips; nothing was tested
        return []
    by_split = {name: frozenset(path for path in files if _split(path).name == name) for name in set(chosen["split"])}
    return [
        Sound(row["name"], *signals[item], by_split[row["split"]]) for item, row in chosen.iterrows() if item in signals
    ]


def _split(network: Path) -> Path:
    """Return the folder of the split that a network was trained on: <split>/<number>/networks/<name>."""
    return network.parents[2]


def _tested(files: Sequence[Path]) -> Iterator[pd.DataFrame]:
    """Go through the clips that tested networks, in splits that do not leak, with what each is, a row for each task."""
    for split in sorted({_split(path) for path in files}):
        tables = sorted(split.glob("*/predictions.parquet"))
        if tables and split.name != _LEAKING:
            rows = read_table(tables[0], CLASS_PREDICTIONS)
            rows = rows[rows["effect"].isna()]
            words = [called(true, task) for true, task in zip(rows["true"], rows["task"], strict=True)]
            yield rows[["item"]].assign(words=words, split=split.name)


def _signals(clips: Path, items: set[str]) -> dict[str, tuple[NDArray[np.float32], float]]:
    """Return the signals of clips and their rates, by name, of a set's folder."""
    found: dict[str, tuple[NDArray[np.float32], float]] = {}
    for path in sorted(clips.glob("dry/waveforms/*.safetensors")):
        index, values, settings = read_shard(path, path.with_suffix(".parquet"), clips.name.rpartition("-")[0])
        for place, item in enumerate(index["item"]):
            if item in items and item not in found:
                found[item] = values[place].numpy().astype(np.float32) / np.float32(FULL_SCALE), settings["rate_hz"]
    return found


def _levelled(signal: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(signal * (_LOUDEST / abs(signal).max()), np.float32)
