"""The bars of issue 6: scenes in rooms as people hear them, made, learnt from and answered."""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pandas as pd
import psutil
from bars import DATA, ROOT, Bars, Log
from earshot.pieces import usage
from earshot.show.summary_scene_runs import records_of
from issue1 import scratch
from issue4 import long_run
from runs import changed, copy_project
from scene_runs import ANSWERS, KILLED, PIECES, POOL, SCENES, Killing, pieces, same_answers, without_answers
from searches import at_work

BARS = Bars()
MINUTES, PEAK_MB = 20, 2000
T60_S = (0.35, 0.45)
WARM = 1  # pieces of a stream after which a trainer should wait no more

# The people of ARI, clips of ESC-10, sentences, and chords that are made up: notes as recorded say nothing more here.
FULL = {
    "name": "scenes",
    "data_dir": str(DATA),
    "localisation": {"collection": "ari"},
    "sounds": {"collection": "esc10"},
    "chords": {"collection": "synthetic_triads", "clips_per_cell": 2},
    "scenes": {"count": 2000, "two_sources": 0.5, "duration_s": 2, "ranks": 2},
    "rooms": {"t60_s": [0.2, 0.8]},
}
# Made-up people, and enough pieces to see who has how many.
SMALL = changed({"scenes.count": 240, "scenes.scenes_per_piece": 5, "scenes.duration_s": 1}, SCENES)


def command(folder: Path, config: dict[str, Any], *targets: str) -> list[str]:
    """Return a command that runs the workflow on two cores with a configuration of its own."""
    (folder / "own.json").write_text(json.dumps(config))
    return [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", "own.json", "--", *targets]


@contextmanager
def peaks_mb(folder: Path) -> Iterator[dict[int, float]]:
    """Note the peak of memory of each process that answers scenes: the kernel's own, VmHWM, read twice a second.

    It only grows, so what is lost is what a process takes in its last half second.
    """
    found: dict[int, float] = {}
    over = Event()

    def look() -> None:
        while not over.wait(0.5):
            for process in list(at_work(folder, "multiprocessing.spawn")) + list(at_work(folder, "earshot.pieces")):
                try:
                    status = Path(f"/proc/{process.pid}/status").read_text()
                except OSError:
                    continue
                (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
                found[process.pid] = int(line.split()[1]) / 1000

    looking = Thread(target=look, daemon=True)
    looking.start()
    try:
        yield found
    finally:
        over.set()
        looking.join()


def errors_deg(folder: Path) -> pd.Series:
    """Return the median error of each localiser where one source sounds, in rooms of the middle of the range."""
    answers, scenes = (pd.read_parquet(folder / f"{name}.parquet") for name in ("answers", "scenes"))
    scenes = scenes[scenes["t60_s"].between(*T60_S) & (scenes["sources"] == 1)]
    directions = answers[(answers["task"] == "direction") & answers["scene"].isin(scenes["scene"])]
    found: pd.Series = directions.groupby("by")["error_deg"].median()
    found["n"] = len(scenes)
    return found


def waiting(folder: Path) -> dict[str, float]:
    """Return the share of its time that each training waited for scenes, once warm."""
    found = {}
    for path in sorted(folder.glob("*/*.safetensors")):
        if not path.with_suffix(".parquet").exists():
            continue  # those without rooms learn by no stream
        history = pd.read_parquet(path.with_suffix(".parquet"))
        warm = history[history["epoch"] > WARM]
        found[f"{path.parent.name} {path.stem}"] = warm["waited_seconds"].sum() / warm["seconds"].sum()
    return found


@BARS.add(
    "scenes",
    f"2,000 scenes, half of them of two sources, 2 s, drawn and answered on 2 cores in {MINUTES} minutes, below 2 GB a "
    "rank; in rooms of T60 0.35 to 0.45 s at most half of the error of those that know no rooms; trainers wait 10 %",
    "data",
)
def scenes(log: Log) -> tuple[str, bool]:
    """Train all networks, then draw and answer the scenes by the clock."""
    with long_run(log) as folder:
        results = folder / "results/scenes/scenes"
        log.succeed(command(folder, FULL, "scenes"), folder)  # all networks among it
        # The report, too: where it is current, nothing asks for what it was made of.
        made = (results / "figures", *results.glob("*.*"), *(folder / "results/scenes/state").glob("scenes-*"))
        for path in made:
            if path.stem != "sounds":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        with peaks_mb(folder) as peaks:
            took = log.succeed(command(folder, FULL, "scenes"), folder)
        table, answers = (pd.read_parquet(results / f"{name}.parquet") for name in ("scenes", "answers"))
        errors, waits = errors_deg(results), waiting(results)
        found = usage(records_of(pd.read_parquet(results / "pieces.parquet")), 2, "static")  # of which none hands out
        figures = answers.astype({"right": float}).groupby(["task", "by"])[["error_deg", "right", "si_sdr_gain_db"]]
        log.write(figures.agg(["mean", "median", "count"]).to_string())
    log.say(f"busy {100 * found.busy:.0f} %, balance {found.balance:.2f}; peak of each: {sorted(peaks.values())} MB")
    made = table["scene"].nunique() - int((answers["task"] == "none").sum())
    measured = (
        f"{made:,} scenes, {int((table['sources'] == 2).sum()):,} of two sources, in {took.seconds / 60:.1f} minutes; "
        f"{max(peaks.values(), default=0):,.0f} MB; median error {errors['rooms']:.1f}, of the anechoic one "
        f"{errors['anechoic']:.1f}, of study A's {errors['study']:.1f} degrees (n = {errors['n']:.0f}); waited "
        + ", ".join(f"{name} {100 * share:.0f} %" for name, share in waits.items())
    )
    passed = made == 2000 and took.seconds < 60 * MINUTES and len(peaks) >= 2 and max(peaks.values()) < PEAK_MB
    passed &= errors["rooms"] <= min(errors["anechoic"], errors["study"]) / 2
    return measured, bool(passed and max(waits.values()) < 0.1)


def ways() -> Iterator[tuple[str, dict[str, Any], int]]:
    """Go through what is compared: in words, the configuration, and how many ranks are started."""
    for ranks in (1, 2, 3, 4):
        for split in ("managed", "static"):
            own = {"scenes.arrangement": "mpi", "scenes.ranks": ranks, "scenes.split": split}
            yield f"{ranks} {split}", changed(own, SMALL), ranks + (split == "managed")


@BARS.add("ranks", "1 to 4 ranks, managed and static: the bytes of one process alone", "mpi")
def ranks(log: Log) -> tuple[str, bool]:
    """Answer the same scenes in every way, and time each."""
    said, same = [], True
    with scratch() as folder:
        alone = copy_project(folder / "alone")
        log.succeed(command(alone, SMALL, "scenes"), alone)
        for name, config, started in ways():
            own = without_answers(shutil.copytree(alone, folder / name.replace(" ", "-")))
            log.succeed(command(own, config, "scenes"), own)
            split = config["scenes"]["split"]
            records = records_of(pd.read_parquet(own / PIECES))
            found = usage(records, started, split)
            equal = same_answers(own, alone)
            same &= equal and len(records) == 48
            rate = found.per_s * SMALL["scenes"]["scenes_per_piece"]
            said.append(f"{name} {rate:.1f}{'' if equal else ' with OTHER bytes'}")
            log.say(f"{said[-1]} scenes a second; busy {100 * found.busy:.0f} %, balance {found.balance:.2f}")
            shutil.rmtree(own)
    return f"{'the same bytes' if same else 'NOT the same bytes'}; scenes a second: {', '.join(said)}", same


@BARS.add(
    "rank-killed",
    "a rank killed with SIGKILL ends the job within 10 s in a sentence, and a new start completes it, the same bytes",
    "mpi",
)
def rank_killed(log: Log) -> tuple[str, bool]:
    """Kill a rank in mid-piece, and start again."""
    with scratch() as folder:
        alone = copy_project(folder / "alone")
        log.succeed(command(alone, SMALL, "scenes"), alone)
        own = without_answers(shutil.copytree(alone, folder / "killed"))
        pool = changed(
            {key: POOL["scenes"][key.partition(".")[2]] for key in ("scenes.arrangement", "scenes.ranks")}, SMALL
        )
        killing, ended_s = Killing(own), []

        def kill() -> None:
            killing.of_a_rank()
            psutil.wait_procs(list(at_work(own, "earshot.pieces")) + list(at_work(own, ".answer_scenes.py")), 60)
            ended_s.append(time.monotonic())

        killer = Thread(target=kill)
        killer.start()
        ended = log.run(command(own, pool, "scenes"), own)
        killer.join()
        took_s = ended_s[0] - killing.at_s
        kept = {name: pieces(own).get(name) == content for name, content in killing.before.items()}
        log.succeed(command(own, pool, "scenes"), own)
        same = same_answers(own, alone) and (own / ANSWERS).exists()
    named = ended.code != 0 and f"answer_scenes: mpiexec: {KILLED}" in ended.output and "Traceback" not in ended.output
    measured = (
        f"all ended after {took_s:.1f} s, {'with' if named else 'WITHOUT'} a sentence; {sum(kept.values())} of "
        f"{len(kept)} finished pieces kept; {'the same bytes' if same else 'OTHER bytes'}"
    )
    return measured, bool(named and took_s < 10 and all(kept.values()) and same)


@BARS.add(
    "two-nodes",
    "ranks on two nodes of a SLURM cluster answer scenes, though one is killed: the same bytes",
    "slurm",
    "mpi",
)
def two_nodes(log: Log) -> tuple[str, bool]:
    """Run the tests of scenes on the cluster that `tests/slurm` starts."""
    told = log.run([sys.executable, "-m", "pytest", "-q", "-m", "long", "tests/slurm"], ROOT)
    return told.output.strip().splitlines()[-1], told.code == 0
