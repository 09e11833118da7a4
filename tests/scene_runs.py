"""Scenes at a tiny scale: a stage that takes some seconds, who is at work on it, and what was finished when."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import yaml
from runs import ROOT, TINY, changed
from searches import ranks

# Two people hear, and two others teach; eight rooms of few images, clips of half a second, a stream of six pieces.
SCENES: dict[str, Any] = changed(
    {
        "device": "cpu",
        "synthetic.people": 4,
        "localisation.threads": 1,
        "sounds": {"collection": "synthetic_sounds", "clips_per_cell": 1, "duration_s": 0.5},
        "rooms": {
            "count": 8,
            "rooms_per_job": 8,
            "receivers": 3,
            "length_s": 0.3,
            "volume_m3": [20, 40],
            "t60_s": [0.15, 0.25],
            "test_share": 0.4,
            "most_images": 20_000,
            "threads": 1,
            "others": {"larger": None, "livelier": None, "grid": None},
        },
        "scenes": {
            "count": 8,
            "scenes_per_piece": 1,
            "people": 2,
            "training_people": 2,
            "sounds": ["clips"],
            "duration_s": 0.5,
            "reach_deg": 30,
            "stream": {
                "scenes": 96,
                "scenes_per_piece": 16,
                "scenes_per_place": 4,
                "duration_s": 0.5,
                "batch_size": 8,
                "workers": 0,
            },
            "localiser": {"width": 8, "directions": 300},
            "separator": {"width": 8, "bands": 8, "window_samples": 256, "times_each": 1},
            "ranks": 1,
        },
    },
    TINY,
)
POOL = changed({"scenes.arrangement": "mpi", "scenes.ranks": 2}, SCENES)
ANSWERS, PIECES = (f"results/tiny/scenes/{name}.parquet" for name in ("answers", "pieces"))
KILLED = "a rank of the scenes ended before its time"

# On the test cluster: ranks on two nodes, as those of the search are (searches.py). A broken request of PMI2 may also
# leave them waiting in MPI_Init until SLURM ends the job: it may take four minutes, and not an hour.
_PROFILE = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())["set-resources"]
_OF_POOL = {"nodes": 2, "mpi": _PROFILE["answer_scenes"]["mpi"], "mem_mb": 2000, "mem_mb_per_cpu": 2000, "runtime": 4}
POOL_APART = [
    "--set-resources",
    *(f"answer_scenes:{name}={value}" for name, value in _OF_POOL.items()),
    *("--retries", "8"),
]


def finished(folder: Path) -> dict[str, int]:
    """Return the pieces that are finished while a job is at work, with the rank that made each."""
    found = {}
    for path in sorted(folder.glob("results/*/state/scenes-*/*/records/[!.]*.json")):
        record = json.loads(path.read_text())
        found[record["name"]] = record["rank"]
    return found


def pieces(folder: Path) -> dict[str, bytes]:
    """Return the files of those pieces, by name."""
    names = finished(folder)
    return {
        path.stem: path.read_bytes()
        for path in folder.glob("results/*/state/scenes-*/*/[!.]*.parquet")
        if path.stem in names
    }


def without_answers(folder: Path) -> Path:
    """Take the answers from a folder, and the report of them: what is planned next is to answer."""
    for name in (ANSWERS, PIECES):
        (folder / name).unlink()
    for path in (folder / ANSWERS).parent.glob("*.*"):  # the report's files
        if path.suffix in {".json", ".html"}:
            path.unlink()
    shutil.rmtree((folder / ANSWERS).with_name("figures"))
    return folder


class Killing:
    """A rank is killed in mid-piece: on which nodes all of them were, what was finished, and when it was."""

    def __init__(self, folder: Path, of_ranks: int = 3):
        self.folder, self.of_ranks = folder, of_ranks
        self.nodes: set[str] = set()
        self.before: dict[str, bytes] = {}
        self.at_s = 0.0

    def of_a_rank(self, job: str = "", patience_s: float = 300) -> None:
        """Kill the last rank when some pieces are finished, and others are not."""
        give_up = time.monotonic() + patience_s
        # Sought before they have anything to do: pieces take less time than to seek them.
        while len(there := ranks(self.folder, "earshot.pieces")) < self.of_ranks or not finished(self.folder):
            if time.monotonic() > give_up:
                raise TimeoutError(f"{len(there)} ranks had {len(finished(self.folder))} pieces in {patience_s:.0f} s")
            time.sleep(0.005)
        self.nodes = {process.environ().get("SLURMD_NODENAME", "") for process in there.values()}
        self._halt(list(there.values()))
        self.before = pieces(self.folder)
        there[max(there)].kill()
        self.at_s = time.monotonic()
        for process in there.values():
            if process.is_running():
                process.resume()

    def _halt(self, there: list[psutil.Process]) -> None:
        """Halt all ranks, so that none finishes a piece between a look at what there is and the end."""
        for process in there:
            process.suspend()


def same_answers(one: Path, other: Path) -> bool:
    """Return whether the answers of two folders are the same bytes."""
    return (one / ANSWERS).read_bytes() == (other / ANSWERS).read_bytes()


def answers(folder: Path) -> pd.DataFrame:
    """Return the table of answers."""
    return pd.read_parquet(folder / ANSWERS)
