"""The report of how fast clips are learnt from: ratios are those of the tables, and the page says them."""

import json

import pandas as pd
import pytest
from earshot.data.schemas.clip_times import EPOCH_TIMES, SPECTRA_TIMES
from earshot.show import figures, figures_clip_speed, summary_clip_speed
from earshot.show.page import FigureOnPage
from earshot.show.page_clip_speed import render_speed
from test_page import Reader

MACHINE = {"cpu": "some processor", "cores": 2, "memory_gb": 8, "device": "CPU", "host": "here"}
SECONDS = {("cpu", "shards"): 5, ("cpu", "files"): 10, ("cpu", "control"): 20, ("cuda", "shards"): 0.25}
SIZES = [("type", 32, 8192), ("type", 64, 8192), ("root", 32, 8192), ("type", 32, 4096)]
PUBLISHED = pd.DataFrame(
    [
        (1, 32, 8192, "type", phase, device, trial, seconds + trial)
        for device, seconds in (("cpu", 17), ("gpu", 7))
        for phase in ("train", "test")
        for trial in (1, 2, 3)
    ]
    + [(2, 32, 8192, "type", phase, "cpu", 1, 99) for phase in ("train", "test")],
    columns=["experiment", "batch_size", "samples", "task", "phase", "device", "trial", "seconds_per_epoch"],
)


@pytest.fixture
def times():
    """Three trainings of two epochs each; the first training, which does not count, takes ten times as long."""
    rows = [
        {
            "device": device,
            "machine": json.dumps(MACHINE | {"device": "NVIDIA H100" if device == "cuda" else "CPU"}),
            "way": way,
            "precision": "float32" if way == "control" else "bfloat16",
            "task": task,
            "batch_size": batch,
            "samples": samples,
            "different": 5000,
            "iteration": iteration,
            "epoch": epoch,
            "train_s": seconds * samples / 8192 * (10 if iteration == 1 else 1 + 0.1 * iteration),
            "test_s": seconds / 4,
            "cores": 2,
        }
        for (device, way), seconds in SECONDS.items()
        for task, batch, samples in SIZES
        for iteration in (1, 2, 3)
        for epoch in (1, 2)
    ]
    return EPOCH_TIMES.validate(pd.DataFrame(rows))


@pytest.fixture
def made():
    rows = [
        (kind, name, repeat, 100, seconds, "cpu", json.dumps(MACHINE), 2)
        for kind in ("image", "constant_q")
        for name, seconds in (("earshot", 0.5), ("librosa", 2.0))
        for repeat in (1, 2, 3)
    ]
    columns = ["kind", "implementation", "repeat", "clips", "seconds", "device", "machine", "cores"]
    return SPECTRA_TIMES.validate(pd.DataFrame(rows, columns=columns))


def test_the_first_training_does_not_count(times):
    first = summary_clip_speed.epochs(times, PUBLISHED)[0]
    assert (first["device"], first["way"], first["samples"], first["n"]) == ("cpu", "shards", 8192, 2)
    assert first["train"]["mean"] == pytest.approx(5 * 1.25) and first["train"]["sd"] == pytest.approx(5 * 0.1 / 2**0.5)
    assert first["published"] == {"cpu": {"test": 19.0, "train": 19.0}, "gpu": {"test": 9.0, "train": 9.0}}


def test_ratios_are_of_the_same_network_and_sizes(times):
    for other, factor in (("files", 2), ("control", 4)):
        found = summary_clip_speed.from_shards(times, other)
        assert [(one["task"], one["batch_size"], one["samples"]) for one in found] == SIZES
        assert all(one["ratio"] == pytest.approx(factor) and one["low"] < factor < one["high"] for one in found)
    gpu = summary_clip_speed.on_gpu(times)
    assert len(gpu) == 4 and all(one["ratio"] == pytest.approx(20) for one in gpu)
    assert {(one["slow_on"], one["fast_on"]) for one in gpu} == {("some processor, 2 cores", "NVIDIA H100")}


def test_ways_are_compared_on_processors_that_are_alike(times):
    """Which node of a kind a measurement was on is all the same."""
    for host, cpu, compared in (("there", "some processor", 4), ("there", "another processor", 0)):
        elsewhere = json.dumps(MACHINE | {"host": host, "cpu": cpu})
        moved = times.assign(machine=times["machine"].where(times["way"] != "files", elsewhere))
        assert len(summary_clip_speed.from_shards(moved, "files")) == compared
        assert len(summary_clip_speed.from_shards(moved, "control")) == 4
        known = summary_clip_speed.machines(moved)
        assert [one["device"] for one in known] == ["NVIDIA H100", "CPU", "CPU"] and known[2]["host"] == "there"


def test_the_page_says_what_was_measured(times, made, tmp_path):
    epochs, spectra = summary_clip_speed.epochs(times, PUBLISHED), summary_clip_speed.spectra(made)
    assert [(one["kind"], one["device"], one["on"]) for one in spectra] == [
        (kind, "cpu", "some processor, 2 cores") for kind in ("image", "constant_q")
    ]
    assert spectra[0]["per_second"] == {"earshot": 200, "librosa": 50} and spectra[0]["ratio"] == 4
    benchmark = {"iterations": 6, "epochs": 5, "repeats": 3}
    summary = {
        "name": "any",
        "config_hash": "0",
        "git_commit": None,
        "seed": 1,
        "settings": {"chords": {"collection": "piano_triads", "benchmark": benchmark}},
        "versions": {"earshot": "1"},
        "hardware": MACHINE,
        "machines": summary_clip_speed.machines(times, made),
        "earlier": ["cuda"],
        "epochs": epochs,
        "speedup": {
            "epochs": summary_clip_speed.from_shards(times, "control"),
            "epochs_from_shards": summary_clip_speed.from_shards(times, "files"),
            "epochs_on_gpu": summary_clip_speed.on_gpu(times),
            "spectra": spectra,
        },
        "stages": [],
        "data": [],
    }
    json.dumps(summary, allow_nan=False)
    drawn = {
        "epoch_times": figures_clip_speed.epoch_times(epochs),
        "spectra_rates": figures_clip_speed.spectra_rates(spectra),
    }
    on_page = []
    for name, figure in drawn.items():
        figures.save(figure, tmp_path / f"{name}.svg")
        on_page.append(FigureOnPage(name, (tmp_path / f"{name}.svg").read_text()))
    page = Reader(render_speed(summary, on_page, ["one.parquet"]))
    for words in (
        "study's way 4.0 times",
        "2.0 times",
        "20.0 times",
        "6.25 ± 0.35",
        "19.0",
        "come several times",
        "8,192 samples; NVIDIA H100 against some processor, 2 cores",
        "Measurements ran on several machines",
        "bfloat16 on the processor, bfloat16 on the GPU, channels last",
        "This run has no GPU: what is said of one was measured by an earlier run",
        "one.parquet",
    ):
        assert words in page.text, words
    labels = [text.get_text() for text in drawn["epoch_times"].legends[0].get_texts()]
    assert "processor, the study's way" in labels and "Kauppila et al., GPU" in labels
