"""The bars of issue 4: sounds and chords told apart, and how fast they are learnt from."""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import other_piano
import pandas as pd
from bars import DATA, ROOT, Bars, Log, Missed
from earshot.files import replacing_folder
from earshot.show.summary_clip_speed import counted_epochs, from_shards, on_gpu, spectra
from issue1 import project
from runs import copy_project

BARS = Bars()
RENDER = ROOT.parent / "shared" / "tools" / "render_triads.py"
HELD_OUT = {"by_performance": 0.995, "by_octave": 0.97, "other_timgm6mb": 0.92}  # least accuracy of roots and of types


def snakemake(log: Log, folder: Path, config: dict[str, Any], *targets: str) -> None:
    """Run the workflow on two cores with a configuration of its own."""
    nobody = {"localisation": {"collection": "synthetic"}}  # is looked for in the folder of clips
    (folder / "own.json").write_text(json.dumps(config | nobody))
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", "own.json", "--"]
    log.succeed([*command, *targets], folder)


@contextmanager
def long_run(log: Log) -> Iterator[Path]:
    """Give a copy of the project beside the log, with what a measurement that was killed has made there.

    It is gone when all is measured.
    """
    folder = Path(log.file.name).with_suffix(".run")
    yield copy_project(folder)
    shutil.rmtree(folder)


def rendered(log: Log, folder: Path) -> dict[str, Any]:
    """Render 4,320 triads of recorded notes, and return the configuration of chords that finds them."""
    if not RENDER.exists():
        raise Missed("not run: there is nothing to render triads with")
    if not (folder / "triads").exists():
        with replacing_folder(folder / "triads") as rendering:
            log.succeed([sys.executable, str(RENDER), str(rendering), "--per-cell", "10"], folder)
    return {"data_dir": str(folder / "triads"), "chords": {"clips_per_cell": 10}}


@BARS.add(
    "esc10", "ESC-10, five folds, single model, mean of three seeds: at least 91 %; published setup beside it", "data"
)
def esc10(log: Log) -> tuple[str, bool]:
    """Train both setups in five folds, three times each."""
    with long_run(log) as folder:
        config = {"name": "esc10", "data_dir": str(DATA), "sounds": {"collection": "esc10"}}
        snakemake(log, folder, config, "sounds")
        found = json.loads((folder / "results/esc10/sounds/summary.json").read_text())["sounds"]
        log.keep(folder / "results/esc10/sounds/figures")
    best = found["esc10"]["accuracy"]
    said = [
        f"{name} {100 * own['accuracy']['mean']:.2f} ± {100 * own['accuracy']['sd']:.2f} %"
        for name, own in found["models"].items()
    ]
    folds = ", ".join(f"{100 * value:.1f}" for value in best["folds"].values())
    whole = set(found["models"]) == {"published", "residual"} and found["clips"] == 400 and best["n"] == 3
    return f"{'; '.join(said)}; folds of {found['headline']}: {folds}", bool(whole and best["mean"] >= 0.91)


@BARS.add(
    "chords",
    "4,320 triads, roots and types: performances held out 99.5 %, octaves 97 %, another piano 92 %",
    "data",
)
def chords(log: Log) -> tuple[str, bool]:
    """Render triads, train ours in all splits three times, and try it on a soundfont's piano."""
    if reason := other_piano.missing():
        raise Missed(f"not run: {reason}")
    with long_run(log) as folder:
        config = rendered(log, folder)
        if not (folder / "piano").exists():
            with replacing_folder(folder / "piano") as rendering:
                log.say(f"{other_piano.render(rendering)} triads of another piano")
        config["chords"] |= {
            "models": {"published": None, "without_softmax": None, "amplified": None},
            "other_pianos": {"timgm6mb": {"folder": str(folder / "piano")}},
        }
        snakemake(log, folder, config | {"name": "triads"}, "chords")
        found = json.loads((folder / "results/triads/chords/summary.json").read_text())["chords"]
        log.keep(folder / "results/triads/chords/figures")
    shares = {task: {split: own["accuracy"] for split, own in found[task].items()} for task in ("root", "type")}
    said = [
        f"{split} {' and '.join(f'{100 * shares[task][split]:.2f}' for task in shares)} %" for split in shares["root"]
    ]
    passed = found["clips"] == 4320 and all(
        own[split] >= least for own in shares.values() for split, least in HELD_OUT.items()
    )
    return f"roots and types: {', '.join(said)}", passed


def timed(log: Log, devices: list[str], ways: list[str], config: dict[str, Any], folder: Path) -> pd.DataFrame:
    """Run study E's benchmark of its first measurement: networks of types, batches of 32, 8,192 samples."""
    tables = [
        f"results/speed/clip_speed/epochs/{device}/{way}/type-32x8192.parquet" for device in devices for way in ways
    ]
    snakemake(log, folder, config | {"name": "speed"}, *tables)
    times = pd.concat([pd.read_parquet(folder / table) for table in tables], ignore_index=True)
    log.write(counted_epochs(times).to_string())
    return times


@BARS.add(
    "epochs",
    "an epoch from shards with the best settings at least 4 times as fast as with spectrograms made again from WAV",
    "data",
)
def epochs(log: Log) -> tuple[str, bool]:
    """Time study E's network by its protocol: ours, with files in place of shards, and in the study's own way."""
    with project() as folder:
        times = timed(log, ["cpu"], ["shards", "files", "control"], rendered(log, folder), folder)
    said = []
    for way, words in (("control", "instead of the study's way"), ("files", "instead of files, all else the same")):
        (found,) = from_shards(times, way)
        said.append(
            f"{words}: {found['ratio']:.1f} times ({found['low']:.1f} to {found['high']:.1f}), "
            f"{found['slow_s']:.1f} s against {found['fast_s']:.1f} s"
        )
    (whole,) = from_shards(times, "control")
    return f"{'; '.join(said)}; n = {whole['n']}, {whole['fast_on']}", whole["ratio"] >= 4


@BARS.add("spectra", "spectrograms at least at twice librosa's rate on the same cores", "data")
def rates(log: Log) -> tuple[str, bool]:
    """Time every kind of spectrogram against librosa with a process on each core."""
    with project() as folder:
        config = rendered(log, folder)
        for path in (DATA / "esc10", DATA / "esc50_meta"):
            shutil.copytree(path, folder / "triads" / path.name)
        config |= {"name": "speed", "sounds": {"collection": "esc10"}}
        tables = [
            f"results/speed/clip_speed/spectra/cpu/{kind}.parquet" for kind in ("image", "levels", "mel", "constant_q")
        ]
        snakemake(log, folder, config, *tables)
        found = spectra(pd.concat([pd.read_parquet(folder / table) for table in tables], ignore_index=True))
    said = [f"{own['kind']} {own['ratio']:.1f} times ({own['low']:.1f} to {own['high']:.1f})" for own in found]
    return f"{', '.join(said)}; {found[0]['on']}", all(own["ratio"] >= 2 for own in found)


@BARS.add(
    "clips-gpu", "epochs of study E 20 times as fast as the processor's; 20 epochs of study B in 2 minutes", "gpu"
)
def gpu(log: Log) -> tuple[str, bool]:
    """Time study E's network on both devices, and train study B's on as many clips as ESC-50 has, all made up."""
    made_up = {
        "device": "cuda",
        "sounds": {"collection": "synthetic_sounds", "clips_per_cell": 100, "models": {"residual": None}},
        "chords": {"collection": "synthetic_triads", "clips_per_cell": 10},
    }
    with project() as folder:
        times = timed(log, ["cpu", "cuda"], ["shards"], made_up, folder)
        trained = "sounds/published/fold1/1"
        snakemake(log, folder, made_up | {"name": "speed"}, f"results/speed/{trained}/history.parquet")
        job = pd.read_csv(folder / f"results/speed/benchmarks/classify_clips/{trained}.tsv", sep="\t")
        seconds = job["s"].iloc[0]  # of the whole job: start, data, training and answers
    (found,) = on_gpu(times)
    measured = f"{found['ratio']:.0f} times ({found['low']:.0f} to {found['high']:.0f}); 20 epochs {seconds:.0f} s"
    return measured, bool(found["ratio"] >= 20 and seconds < 120)
