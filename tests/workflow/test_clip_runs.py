"""Clips become shards of spectrograms: once, of what is there, and again only where an edit made them stale."""

import json
import re
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import torch
from earshot.cli import main
from earshot.data.clip_shards import read_shard
from earshot.data.shards import read_tensors
from earshot.device import has_bfloat16
from earshot.fingerprint import fingerprint, origin
from earshot.learn.kinds import BUILDERS
from runs import changed, copy_project, planned_rules, run, start

CLIPS = changed(
    {
        "sounds": {
            "collection": "synthetic_sounds",
            "clips_per_cell": 2,
            "duration_s": 0.5,
            "clips_per_job": 25,
            "seeds": 1,
            "models": {"published": None, "residual": {"epochs": 2}},
        },
        "chords": {
            "collection": "synthetic_triads",
            "clips_per_cell": 1,
            "duration_s": 0.5,
            "seeds": 2,
            "splits": ["by_performance"],
            "models": {
                "published": {"epochs": 2, "patience_epochs": 1},
                "without_softmax": None,
                "amplified": None,
                "transposable": {"epochs": 2, "signals": ["dry", "amplified"]},
            },
            "benchmark": {
                "batch_sizes": [64],
                "samples": [128],
                "iterations": 2,
                "epochs": 1,
                "ways": ["shards", "control"],
                "clips": 8,
            },
        },
    }
)
SHARED = "results/shared/clips"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder where the spectrograms of made-up clips are."""
    folder = copy_project(tmp_path_factory.mktemp("clips"))
    run(folder, "--", "clip_features", config=CLIPS, project=folder)
    return folder


def shards(folder, pattern, dataset):
    """Index and values of all shards below a folder."""
    found = [
        read_shard(path, path.with_suffix(".parquet"), dataset)
        for path in sorted((folder / SHARED).glob(f"{dataset}-*/{pattern}/*.safetensors"))
    ]
    return pd.concat([index for index, _, _ in found]), [values for _, values, _ in found]


def test_every_clip_is_in_one_shard(made):
    index, values = shards(made, "dry/image-*", "synthetic_sounds")
    assert len(values) == 2 and all(0 < len(one) < 40 for one in values)
    assert index["item"].is_unique and len(index) == 40
    assert (index.groupby(["fold", "category"]).size() == 2).all()
    assert all(one.shape[1:] == (128, 44) and str(one.dtype) == "torch.uint8" for one in values)


def test_chords_are_there_dry_and_through_the_amplifier(made):
    dry, (mel,) = shards(made, "dry/mel-*", "synthetic_triads")
    played, (amplified,) = shards(made, "amplified-*/mel-*", "synthetic_triads")
    assert list(dry["item"]) == list(played["item"]) and len(dry) == 432
    assert dry["effect"].isna().all() and (played["effect"] == "amplifier").all()
    assert mel.shape == amplified.shape == (432, 64, 16) and not np.allclose(mel, amplified)
    _, (transforms,) = shards(made, "dry/constant_q-*", "synthetic_triads")
    assert transforms.shape == (432, 252, 2) and str(transforms.dtype) == "torch.float16"


def test_a_second_run_has_nothing_to_do(made):
    assert planned_rules(made, "--", "clip_features", config=CLIPS, project=made) == {}


@pytest.fixture(scope="module")
def classified(made):
    """The same folder, with networks that have learnt for a moment."""
    run(made, "--", "sounds", "chords", config=CLIPS, project=made)
    return made


def test_every_fold_seed_and_task_has_its_scores(classified):
    sounds = pd.read_parquet(classified / "results/tiny/sounds/residual/scores.parquet")
    assert list(sounds["split"]) == [f"fold{fold}" for fold in range(1, 6)] and set(sounds["task"]) == {"category"}
    assert (sounds["clips"] == 8).all() and sounds["accuracy"].between(0, 1).all()
    chords = pd.read_parquet(classified / "results/tiny/chords/transposable/scores.parquet")
    assert chords[["seed", "task"]].to_numpy().tolist() == [[1, "root"], [1, "type"], [2, "root"], [2, "type"]]
    assert (chords["clips"] == 260).all(), "dry and through the amplifier"


def test_what_all_seeds_say_together_has_scores_of_its_own(classified):
    together = pd.read_parquet(classified / "results/tiny/chords/transposable/ensembles.parquet")
    assert together[["split", "task", "networks", "clips"]].to_numpy().tolist() == [
        ["by_performance", "root", 2, 260],
        ["by_performance", "type", 2, 260],
    ]
    assert together["accuracy"].between(0, 1).all()


def test_each_study_ends_in_a_page_and_a_summary(classified):
    found = {study: classified / "results/tiny" / study for study in ("sounds", "chords")}
    summaries = {study: json.loads((folder / "summary.json").read_text()) for study, folder in found.items()}
    sounds, chords = summaries["sounds"]["sounds"], summaries["chords"]["chords"]
    assert (sounds["collection"], sounds["classes"], sounds["clips"]) == ("synthetic_sounds", 4, 40)
    assert (sounds["headline"], sounds["excluded"], set(sounds["models"])) == ("residual", [], {"residual"})
    accuracy = sounds["synthetic_sounds"]["accuracy"]
    scores = pd.read_parquet(found["sounds"] / "residual/scores.parquet")
    assert accuracy["mean"] == pytest.approx(scores["accuracy"].mean()) and accuracy["sd"] is None
    assert set(accuracy["folds"]) == set("12345") and accuracy["table"].endswith("sounds/residual/scores.parquet")
    assert sounds["models"]["residual"]["epochs"] == 2 and sounds["models"]["residual"]["seconds_per_epoch"] > 0
    assert chords["headline"] == "transposable" and set(chords["models"]) == {"published", "transposable"}
    scores = pd.read_parquet(found["chords"] / "transposable/scores.parquet")
    for task in ("root", "type"):
        own = chords[task]["by_performance"]
        assert own["accuracy"] == pytest.approx(scores.loc[scores["task"] == task, "accuracy"].mean())
        assert len(own["seeds"]) == own["n"] == 2 and own["sd"] is not None
    for study, folder in found.items():
        assert {"synthesise_clips", "classify_clips", "score_clips", "spectra_of_clips"} <= {
            stage["rule"] for stage in summaries[study]["stages"]
        }
        assert {path.stem for path in (folder / "figures").glob("*.svg")} == {
            f"class_{figure}" for figure in ("accuracy", "confusion", "reliability", "training")
        }
        page = (folder / "index.html").read_text()
        assert "This is a demonstration." in page and page.count("<figcaption>") == 4


def test_a_task_of_its_own_has_a_network_of_its_own(classified):
    """Study E's; a fifth of what would train tells when to stop."""
    folder = classified / "results/tiny/chords/published/by_performance/1"
    assert {path.stem for path in (folder / "networks").glob("*.safetensors")} == {"root", "type"}
    history = pd.read_parquet(folder / "history.parquet")
    assert set(history["task"]) == {"root", "type"} and history["validation"].notna().all()
    answers = pd.read_parquet(folder / "predictions.parquet")
    assert answers.groupby("task")["item"].nunique().to_dict() == {"root": 130, "type": 130}


def test_predict_says_of_a_clip_what_the_run_said(classified, capsys):
    """The same probabilities, of a file by itself."""
    training = classified / "results/tiny/sounds/residual/fold2/1"
    answers = pd.read_parquet(training / "predictions.parquet").set_index("item")
    (files,) = classified.glob(f"{SHARED}/synthetic_sounds-*/files")
    wanted = [path for path in sorted(files.rglob("*.wav")) if path.name in answers.index or path.stem in answers.index]
    assert len(wanted) == 8
    assert main(["predict", *map(str, wanted), "--networks", str(training), "--json"]) == 0
    for path, own in zip(wanted, json.loads(capsys.readouterr().out)["answers"], strict=True):
        row = answers.loc[path.name if path.name in answers.index else path.stem]
        assert list(own["probabilities"]["category"].values()) == pytest.approx(row["probabilities"], abs=1e-4)


def test_a_training_that_is_killed_goes_on_from_its_last_epoch(made, tmp_path):
    """With all its processes, in the middle: the networks are those of an undisturbed one, byte for byte."""
    config = changed({"chords.models.transposable.epochs": 24}, CLIPS)
    training = "results/tiny/chords/transposable/by_performance/1"
    killed, undisturbed = (shutil.copytree(made, tmp_path / name) for name in ("killed", "undisturbed"))
    how = {"config": config, "project": killed}
    process = start(killed, "--", f"{training}/predictions.parquet", **how)
    while not (last := list(killed.glob("results/tiny/state/*/*/root_type/last.ckpt"))):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    for one in [process, *psutil.Process(process.pid).children(recursive=True)]:
        one.kill()
    process.communicate()
    assert not (killed / training / "predictions.parquet").exists()
    # What it goes on from is of this code, this kind of device and the contents of these shards.
    network = [BUILDERS["transposable"]]
    code = fingerprint(killed / "workflow/scripts/classify_clips.py", killed / "workflow", network)
    files = [
        path
        for kind in ("safetensors", "parquet")
        for signals in ("dry", "amplified-*")
        for path in sorted((killed / SHARED).glob(f"synthetic_triads-*/{signals}/constant_q-*/*.{kind}"))
    ]
    precision = "bfloat16" if has_bfloat16(torch.device("cpu")) else "float32"
    assert [path.parents[1].name for path in last] == [origin(code, f"cpu {precision}", files)]
    assert "goes on after epoch " in run(killed, "--", f"{training}/predictions.parquet", **how)
    run(undisturbed, "--", f"{training}/predictions.parquet", config=config, project=undisturbed)
    for name in ("networks/root_type.safetensors", "predictions.parquet"):
        assert (killed / training / name).read_bytes() == (undisturbed / training / name).read_bytes()
    assert not list((killed / "results/tiny/state").iterdir())


def test_networks_say_what_they_are_and_nothing_is_left_of_their_training(classified):
    folder = classified / "results/tiny/chords/transposable/by_performance/1"
    weights, about = read_tensors(folder / "networks/root_type.safetensors")
    assert about["split"] == "by_performance" and about["tasks"]["type"] == ["j", "n", "d", "a"] and weights
    assert pd.read_parquet(folder / "history.parquet")["epoch"].tolist() == [1, 2]
    assert not list((classified / "results/tiny/state").glob("*"))
    assert planned_rules(classified, "--", "sounds", "chords", config=CLIPS, project=classified) == {}


def test_chords_of_another_piano_are_answered_for_by_the_networks_of_this_one(classified):
    (folder,) = (classified / SHARED).glob("synthetic_triads-*/files")
    config = changed({"chords.other_pianos": {"upright": {"folder": str(folder)}}}, CLIPS)
    answers = "results/tiny/chords/transposable/other_upright/2/predictions.parquet"
    run(classified, "--", answers, config=config, project=classified)
    said = pd.read_parquet(classified / answers)
    assert len(said) == 2 * 432 and said["effect"].isna().all() and (said["seed"] == 2).all()
    assert planned_rules(classified, "--", "chords", config=config, project=classified) == {
        "spectra_of_clips": 1,
        "try_other_piano": 3,
        "score_clips": 2,
        "report_clips": 1,
    }


@pytest.fixture(scope="module")
def timed(made):
    """The same folder, with the measurements of speed."""
    run(made, "--", "clip_speed", config=CLIPS, project=made)
    return made


def test_epochs_and_spectrograms_are_timed_and_the_times_end_in_a_page(timed):
    speed = timed / "results/tiny/clip_speed"
    epochs = pd.read_parquet(speed / "epochs/cpu/control/root-64x128.parquet")
    assert epochs[["way", "task", "batch_size", "samples", "iteration"]].to_numpy().tolist() == [
        ["control", "root", 64, 128, iteration] for iteration in (1, 2)
    ]
    spectra = pd.read_parquet(speed / "spectra/cpu/mel.parquet")
    assert set(spectra["implementation"]) == {"earshot", "librosa"} and (spectra["clips"] == 8).all()
    found = json.loads((speed / "summary.json").read_text())
    assert [(one["task"], one["samples"]) for one in found["speedup"]["epochs"]] == [("type", 128), ("root", 128)]
    assert found["speedup"]["epochs_from_shards"] == found["speedup"]["epochs_on_gpu"] == []
    assert [one["kind"] for one in found["speedup"]["spectra"]] == ["image", "levels", "mel", "constant_q"]
    assert found["machines"] == [found["hardware"]] and {stage["rule"] for stage in found["stages"]} == {
        "benchmark_epochs",
        "benchmark_spectra",
    }
    assert set(found["settings"]["sounds"]) >= {"image", "levels"} and "models" not in found["settings"]["chords"]
    page = (speed / "index.html").read_text()
    assert "This is a demonstration" in page and page.count("<figcaption>") == 2


def test_what_was_timed_on_a_gpu_stays_on_the_page_of_a_run_without_one(timed):
    """Tables of the processor stand in for those of a GPU that was there before."""
    speed = timed / "results/tiny/clip_speed"
    for path in [*speed.glob("epochs/cpu/*/*.parquet"), *speed.glob("spectra/cpu/*.parquet")]:
        there = Path(str(path).replace("/cpu/", "/cuda/"))
        there.parent.mkdir(parents=True, exist_ok=True)
        pd.read_parquet(path).assign(device="cuda").to_parquet(there)
    how = {"config": CLIPS, "project": timed}
    assert planned_rules(timed, "--", "clip_speed", **how) == {"report_speed": 1}
    run(timed, "--", "clip_speed", **how)
    found = json.loads((speed / "summary.json").read_text())["speedup"]
    assert [one["ratio"] for one in found["epochs_on_gpu"]] == [1, 1]
    assert {one["device"] for one in found["spectra"]} == {"cpu", "cuda"}
    # Nor is it measured again, though it would be stale.
    other = changed({"chords.benchmark.repeats": 4}, CLIPS)
    stale = planned_rules(timed, "--", "clip_speed", config=other, project=timed)
    assert stale == {"benchmark_spectra": 4, "report_speed": 1}


def test_an_edit_of_one_classifier_trains_no_other(classified):
    changes = {"chords.models.transposable.epochs": 3, "sounds.seeds": 2}
    planned = planned_rules(classified, "--", "sounds", "chords", config=changed(changes, CLIPS), project=classified)
    assert planned == {"classify_clips": 2 + 5, "score_clips": 2, "report_clips": 2}


def test_an_edit_of_a_networks_code_trains_no_other_network(classified):
    module = classified / "workflow/earshot/learn/chord_network.py"
    before = module.read_text()
    try:
        module.write_text(before + "\nANSWER = 42\n")
        planned = planned_rules(classified, "--", "sounds", "chords", config=CLIPS, project=classified)
    finally:
        module.write_text(before)
    assert planned == {"classify_clips": 2, "score_clips": 1, "report_clips": 1}


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({"chords.headline": None}, {"report_clips": 1}),
        ({"sounds.bad_clip": "exclude"}, {"score_clips": 1, "report_clips": 1}),
        ({"localisation.held_out": 0.3}, {}),
    ],
)
def test_an_edit_of_no_training_trains_nothing(changes, again, classified):
    planned = planned_rules(classified, "--", "sounds", "chords", config=changed(changes, CLIPS), project=classified)
    assert planned == again


def test_an_edit_of_one_study_makes_nothing_of_the_other_stale(classified):
    for changes, other in (
        ({"chords.splits": ["random"]}, "sounds"),
        ({"sounds.threads": 2, "sounds.seeds": 2}, "chords"),
    ):
        assert planned_rules(classified, "--", other, config=changed(changes, CLIPS), project=classified) == {}


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({"sounds.image.hop_samples": 256}, {"spectra_of_clips": 2}),
        ({"chords.mel.bands": 32}, {"spectra_of_clips": 2}),
        ({"chords.amplifier.drive_db": [3, 4]}, {"amplify_clips": 1, "spectra_of_clips": 2}),
        (
            {"sounds.padding": "zeros"},
            {"synthesise_clips": 1, "index_clips": 1, "prepare_clips": 2, "spectra_of_clips": 4},
        ),
        ({"localisation.held_out": 0.3, "sounds.bad_clip": "exclude"}, {}),
        (
            {"sounds.sample_rate_hz": 44100, "sounds.image.lowest_hz": 20, "chords.sample_rate_hz": 16000},
            {},
        ),  # defaults
    ],
)
def test_an_edit_makes_stale_what_depends_on_it(changes, again, made):
    planned = planned_rules(made, "--", "clip_features", config=changed(changes, CLIPS), project=made)
    assert planned == again


@pytest.fixture
def own(made, tmp_path):
    """A folder of clips with a table, which names neither folds nor recordings, and a configuration that uses it."""
    (files,) = made.glob(f"{SHARED}/synthetic_sounds-*/files")
    folder = tmp_path / "own"
    shutil.copytree(files, folder)
    (table,) = folder.rglob("esc50.csv")
    rows = pd.read_csv(table)[["filename", "category"]].iloc[:-4]
    table.unlink()
    rows.to_csv(folder / "clips.csv", index=False)
    return folder, changed({"sounds.collection": "folder", "sounds.folder": str(folder), "sounds.folds": 3}, CLIPS)


def test_clips_of_ones_own_are_a_set(own, tmp_path):
    """As many as their table has, in as many folds as are asked for; an edit of the table is noticed."""
    folder, config = own
    training = "results/tiny/sounds/residual/fold2/1"
    run(tmp_path, "--", f"{training}/predictions.parquet", config=config)
    answers = pd.read_parquet(tmp_path / training / "predictions.parquet")
    index, _ = shards(tmp_path, "dry/levels-*", "folder")
    assert len(index) == 36 and set(answers["item"]) == set(index["item"][index["fold"] == 2])
    assert planned_rules(tmp_path, "--", "sounds", config=config) == {
        "classify_clips": 2,
        "score_clips": 1,
        "report_clips": 1,
    }
    pd.read_csv(folder / "clips.csv").iloc[1:].to_csv(folder / "clips.csv", index=False)
    assert planned_rules(tmp_path, "--", "sounds", config=config) == {
        "index_clips": 1,
        "prepare_clips": 2,
        "spectra_of_clips": 2,
        "classify_clips": 3,
        "score_clips": 1,
        "report_clips": 1,
    }


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ("filename\na.wav\n", "no column category among filename. A table of clips has filename and category"),
        (
            "filename,category\na.wav,dog\na.wav,dog\n",
            "1 fault: a has more than one row, or two files differ",
        ),
        (None, "0 CSV files lie in it, and one has to say which clip is of which class"),
    ],
)
def test_a_table_of_clips_at_fault_stops_a_run_before_it_begins(table, wanted, tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    if table:
        (folder / "clips.csv").write_text(table)
    config = changed({"sounds.collection": "folder", "sounds.folder": str(folder)}, CLIPS)
    said = run(tmp_path, "--dry-run", "--", "sounds", config=config, succeeds=False)
    assert str(folder) in said and wanted in said and "Traceback" not in said and "Building DAG" not in said


def sets_of_clips(folder, changes):
    """The names of the recorded sets that a configuration wants."""
    recorded = {"sounds.collection": "esc10", "chords.collection": "piano_triads"}
    said = run(folder, "--dry-run", "--", "clip_features", config=changed(recorded | changes, CLIPS))
    found = [set(re.findall(rf"{SHARED}/({name}-\w+)/clips.parquet", said)) for name in ("esc10", "piano_triads")]
    assert [len(names) for names in found] == [1, 1], said
    return found


def test_clips_of_ones_own_are_another_set_in_another_folder_and_of_another_number(tmp_path):
    """Else configurations would share a folder, and each would make the clips of the other stale."""
    sounds, chords = sets_of_clips(tmp_path, {"data_dir": "one"})
    elsewhere = sets_of_clips(tmp_path, {"data_dir": "other"})
    assert sounds != elsewhere[0] and chords != elsewhere[1]
    more = sets_of_clips(tmp_path, {"data_dir": "one", "chords.clips_per_cell": 2})
    assert sounds == more[0] and chords != more[1]


def test_clips_of_the_official_archive_are_the_same_set_on_every_machine(tmp_path):
    (tmp_path / "other").mkdir()
    official = sets_of_clips(tmp_path, {})
    assert official == sets_of_clips(tmp_path / "other", {"retrieve.mirror": "file:///data", "device": "cpu"})


def test_made_up_clips_have_the_rate_that_is_asked_for(tmp_path):
    """That of a file is a whole number, and never less."""
    rates_hz = {"sounds.sample_rate_hz": 22050, "sounds.levels.highest_hz": 11000, "chords.sample_rate_hz": 16000.5}
    run(tmp_path, "--until", "prepare_clips", "--", "clip_features", config=changed(rates_hz, CLIPS))
    for dataset, recorded_hz, samples in (("synthetic_sounds", 22050, 11025), ("synthetic_triads", 16001, 8000)):
        index, values = shards(tmp_path, "dry/waveforms", dataset)
        assert (index["recorded_hz"] == recorded_hz).all() and all(one.shape[1] == samples for one in values)


@pytest.mark.data
def test_a_damaged_clip_of_esc_10_is_named_and_can_be_left_out(data, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for clip in (data / "esc10").rglob("*.ogg"):
        (folder / clip.name).symlink_to(clip)
    (folder / "esc50.csv").symlink_to(data / "esc50_meta" / "esc50.csv")
    bad = folder / "1-100032-A-0.ogg"
    content = bad.read_bytes()
    bad.unlink()
    bad.write_bytes(content[: len(content) // 2])
    own = changed({"data_dir": str(folder), "sounds": {"collection": "esc10"}, "chords": CLIPS["chords"]})
    said = run(tmp_path, "--", "clip_features", config=own, succeeds=False)
    assert "1-100032-A-0.ogg: is " in said and "set the config key sounds.bad_clip to exclude" in said
    assert not list((tmp_path / SHARED).glob("esc10-*/dry/waveforms/*.safetensors"))
    run(tmp_path, "--", "clip_features", config=changed({"sounds.bad_clip": "exclude"}, own))
    index, (images,) = shards(tmp_path, "dry/image-*", "esc10")
    assert len(index) == len(images) == 399 and images.shape[1:] == (128, 431)
    (path,) = (tmp_path / SHARED).glob("esc10-*/dry/waveforms/*.parquet")
    (left,) = pd.read_parquet(path).dropna(subset="excluded").itertuples()
    assert left.item == "1-100032-A-0" and str(bad) in left.excluded
