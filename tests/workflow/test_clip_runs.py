"""Clips become shards of spectrograms: once, of what is there, and again only where an edit made them stale."""

import numpy as np
import pandas as pd
import pytest
from earshot.data.clip_shards import read_shard
from runs import changed, copy_project, planned_rules, run

CLIPS = changed(
    {
        "sounds": {"collection": "synthetic_sounds", "clips_per_cell": 2, "duration_s": 0.5, "clips_per_job": 25},
        "chords": {"collection": "synthetic_triads", "clips_per_cell": 1, "duration_s": 0.5},
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
    ],
)
def test_an_edit_makes_stale_what_depends_on_it(changes, again, made):
    planned = planned_rules(made, "--", "clip_features", config=changed(changes, CLIPS), project=made)
    assert planned == again


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
    assert "1-100032-A-0.ogg: is " in said and "set the config key bad_clip to exclude" in said
    assert not list((tmp_path / SHARED).glob("esc10-*/dry/waveforms/*.safetensors"))
    run(tmp_path, "--", "clip_features", config=changed({"sounds.bad_clip": "exclude"}, own))
    index, (images,) = shards(tmp_path, "dry/image-*", "esc10")
    assert len(index) == len(images) == 399 and images.shape[1:] == (128, 431)
    (path,) = (tmp_path / SHARED).glob("esc10-*/dry/waveforms/*.parquet")
    (left,) = pd.read_parquet(path).dropna(subset="excluded").itertuples()
    assert left.item == "1-100032-A-0" and str(bad) in left.excluded
