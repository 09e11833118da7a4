"""How throughput grows with ranks that answer scenes: what was measured, beside what a model says, and beyond it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earshot.pieces import Split, usage
from earshot.score.throughput import Turn, expected, shared_out
from earshot.seeds import generator
from earshot.show.summary_scene_runs import records_of, scenes_of_piece

COSTS = ("even", "uneven")
SPLITS: tuple[Split, ...] = ("managed", "static")
MODELLED = (1, 8, 16, 32, 64, 128, 256, 512, 1024)  # ranks that the model is asked about


def scaling(times: pd.DataFrame, modelled_scenes: int, seed: int, table: str) -> dict[str, Any]:
    """Return throughput by costs, split and ranks, measured and modelled, and what the model knows.

    `times` is the table of times of scenes. Medians are over repeats, with the lowest and the highest. What is said of
    ways that were measured knows what pieces took one rank alone; of a job of so many `modelled_scenes` by ranks with a
    core each, what pieces took where as many ranks as cores were at work.
    """
    cores = int(times["cores"].iloc[0])
    full = int(times.loc[times["ranks"] <= cores, "ranks"].max())
    alone, together = (_known(times[times["ranks"] == ranks], times) for ranks in (1, full))
    measured = [_measured(own, alone, cores) for _, own in times.groupby(["costs", "split", "ranks"], sort=False)]
    apart = [row["model_apart"] for row in measured]
    even = together["even"]
    return {
        "arrangement": str(times["arrangement"].iloc[0]),
        "machine": json.loads(times["machine"].iloc[0]),
        "hosts": times["host"].unique().tolist(),
        "cores": cores,
        "full": full,
        "repeats": int(times["repeat"].max()),
        "scenes": sum(map(scenes_of_piece, even.names)),
        "pieces": {costs: own.summary() for costs, own in together.items()},
        "slower_together": float(even.seconds.sum() / alone["even"].seconds.sum()),
        "handing_s": even.turns["managed"].handing_s,
        "ranks_of_a_head": float(even.seconds.mean()) / even.turns["managed"].handing_s,
        "reading_s": alone["even"].turns["managed"].reading_s,
        "launch_s": _launch_s(times),
        "measured": measured,
        "model_apart": {"median": float(np.median(np.abs(apart))), "most": max(apart, key=abs), "n": len(apart)},
        "modelled_scenes": modelled_scenes,
        "modelled": [row for costs, own in together.items() for row in _modelled(costs, own, modelled_scenes, seed)],
        "unit": "scenes per second",
        "table": table,
    }


@dataclass(frozen=True)
class _Pieces:
    """Pieces in the order in which they are handed out, and what a rank's time goes to beside them."""

    names: list[str]
    seconds: NDArray[np.float64]  # the median over starts of each
    turns: dict[Split, Turn]

    def summary(self) -> dict[str, Any]:
        """Return how many scenes they have, and how long they take."""
        scenes = [scenes_of_piece(name) for name in self.names]
        low, middle, high = np.quantile(self.seconds, [0.25, 0.5, 0.75]).tolist()
        return {
            "n": len(self.names),
            "scenes": {"least": min(scenes), "most": max(scenes)},
            "piece_s": {"median": middle, "low": low, "high": high, "most": float(self.seconds.max())},
            "largest": float(self.seconds.max() / self.seconds.sum()),
        }


def _known(some: pd.DataFrame, times: pd.DataFrame) -> dict[str, _Pieces]:
    """Return by costs what some starts tell of pieces and reading; of turns, all starts of one rank alone do."""
    handing_s = float(times["handing_s"].median())
    reading_s = float(some.loc[some["loading_s"] > 0, "loading_s"].median())
    turns = {
        split: Turn(reading_s, between_s, handing_s)
        for split in SPLITS
        if np.isfinite(between_s := _between_s(times[(times["ranks"] == 1) & (times["split"] == split)]))
    }
    found = {}
    for costs in COSTS:
        by_name = some[some["costs"] == costs].groupby("name")["seconds"].median()  # sorted: by their first scenes
        found[costs] = _Pieces(by_name.index.tolist(), by_name.to_numpy(np.float64), turns)
    return found


def _between_s(times: pd.DataFrame) -> float:
    """Return the median time from the end of a piece to the beginning of the same rank's next; NaN where none has."""
    rows = times.sort_values("began_s")
    ended_s = (rows["began_s"] + rows["seconds"]).groupby([rows["run"], rows["rank"]]).shift()
    return float((rows["began_s"] - ended_s).median())


def _launch_s(times: pd.DataFrame) -> float:
    """Return what a start takes beside its pieces and what ranks read: to launch them, and to end."""
    own = times.assign(begins=times["began_s"] - times["loading_s"], ends=times["began_s"] + times["seconds"])
    starts = own.groupby("run")
    return float((starts["whole_s"].first() - (starts["ends"].max() - starts["begins"].min())).median())


def _measured(times: pd.DataFrame, alone: dict[str, _Pieces], cores: int) -> dict[str, Any]:
    """Return what was measured in one way, medians over its starts, and what the model says of it."""
    costs, split, ranks, started = times[["costs", "split", "ranks", "of_ranks"]].iloc[0]
    own, heads = alone[costs], started > ranks
    scenes = sum(map(scenes_of_piece, own.names))
    used = [
        usage(records_of(one), started, "managed" if heads else "static") for _, one in times.groupby("run", sort=False)
    ]
    per_s = np.array([scenes / one.wall_s for one in used])
    model = scenes / shared_out(own.seconds.tolist(), ranks, split, own.turns[split], cores).wall_s
    return {
        "costs": costs,
        "split": split,
        "ranks": int(ranks),
        "started": int(started),
        "per_s": {
            "value": float(np.median(per_s)),
            "low": float(per_s.min()),
            "high": float(per_s.max()),
            "n": len(used),
        },
        "manager": used[0].manager,
        **{name: float(np.median([getattr(one, name) for one in used])) for name in ("busy", "waiting", "balance")},
        "model_per_s": model,
        "model_apart": model / float(np.median(per_s)) - 1,
    }


def _modelled(costs: str, own: _Pieces, scenes: int, seed: int) -> Iterator[dict[str, Any]]:
    """Go through splits and numbers of ranks, with a core each."""
    per_piece = sum(map(scenes_of_piece, own.names)) / len(own.names)
    pieces = max(1, round(scenes / per_piece))
    for split, turn in own.turns.items():
        for ranks in MODELLED:
            random = generator(seed, "modelled ranks", costs, ranks)  # the same pieces for both splits
            found = expected(own.seconds, pieces, ranks, split, turn, random)
            rates = {name: per_piece * getattr(found, name) for name in ("per_s", "low", "high")}
            shares = {name: getattr(found, name) for name in ("working", "reading", "handing_out", "last_pieces")}
            which = {"costs": costs, "split": split, "ranks": ranks, "limit": found.limit}
            yield which | rates | shares
