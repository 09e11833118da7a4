"""How fast networks learnt from the stream of scenes, and how fast scenes were answered."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import pandas as pd

from earshot.piece_files import Record
from earshot.pieces import Usage, usage


def learning(histories: Mapping[str, pd.DataFrame], scenes_per_piece: int) -> list[dict[str, Any]]:
    """Return of each network how long it learnt, and in which share of that it waited for scenes.

    `histories` are tables by their files. The first piece, in which processes start, counts in no rate and no share:
    of one piece there is none.
    """
    found = []
    for table, history in histories.items():
        first, later = history.iloc[0], history.iloc[1:]
        seconds = float(later["seconds"].sum())
        found.append(
            {
                "network": str(first["network"]),
                "heard_in": str(first["heard_in"]),
                "pieces": len(history),
                "scenes": len(history) * scenes_per_piece,
                "seconds": float(history["seconds"].sum()),
                "scenes_per_s": len(later) * scenes_per_piece / seconds if seconds else None,
                "waited": float(later["waited_seconds"].sum()) / seconds if seconds else None,
                "n": len(later),
                "first_loss": float(first["training"]),
                "last_loss": float(history["training"].iloc[-1]),
                "on": str(first["on"]),
                "table": table,
            }
        )
    return found


def last_start(pieces: pd.DataFrame) -> pd.DataFrame:
    """Return the pieces that the last start made: what an earlier one had left is by other clocks."""
    last = pieces["run"].iloc[int((pieces["began_s"] + pieces["seconds"]).to_numpy().argmax())]
    return pieces[pieces["run"] == last]


def answering(pieces: pd.DataFrame, table: str) -> dict[str, Any]:
    """Return how fast the last start answered scenes, and how well it used its ranks or processes.

    With a managed split over MPI one of its ranks hands out. A job's own processes have no head, and are always given
    what is next when they are free.
    """
    own = last_start(pieces)
    ranks, arrangement, split = int(own["of_ranks"].iloc[0]), str(own["arrangement"].iloc[0]), own["split"].iloc[0]
    over_mpi = arrangement == "mpi"
    started = ranks if over_mpi else min(ranks, len(pieces))
    used: Usage = usage(records_of(own), started, split if over_mpi else "static")
    scenes = sum(map(scenes_of_piece, own["name"]))
    low, middle, high = own["seconds"].quantile([0.25, 0.5, 0.75])
    return {
        "arrangement": arrangement,
        "split": split if over_mpi else "managed",
        "ranks": started,
        "heads": round(used.manager * started),
        "hosts": own["host"].unique().tolist(),
        "starts": int(pieces["run"].nunique()),
        "pieces": used.pieces,
        "all_pieces": len(pieces),
        "scenes": scenes,
        "wall_s": used.wall_s,
        "pieces_per_s": used.per_s,
        "per_s": {"value": scenes / used.wall_s, "unit": "scenes per second", "n": scenes, "table": table},
        "busy": used.busy,
        "manager": used.manager,
        "waiting": used.waiting,
        "balance": used.balance,
        "piece_s": {"median": float(middle), "low": float(low), "high": float(high), "n": len(own), "unit": "second"},
        "by_rank": _by_rank(own),
        "table": table,
    }


def _by_rank(pieces: pd.DataFrame) -> Sequence[dict[str, Any]]:
    return [
        {
            "rank": int(own["rank"].iloc[0]),
            "host": str(own["host"].iloc[0]),
            "pieces": len(own),
            "seconds": float(own["seconds"].sum()),
            "loading_s": float(own["loading_s"].sum()),
        }
        for _, own in pieces.groupby("rank")
    ]


def records_of(pieces: pd.DataFrame) -> list[Record]:
    """Return the records of a table of pieces, whatever other columns it has."""
    names = [field.name for field in fields(Record)]
    return [Record(**{str(key): value for key, value in row.items()}) for row in pieces[names].to_dict("records")]


def scenes_of_piece(name: str) -> int:
    """Return how many scenes a piece has, by its name."""
    first, last = map(int, name.split("-"))
    return last - first + 1
