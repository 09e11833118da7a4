"""What people give to the workflow: good things are taken as they are, bad ones are answered in words."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import pathname2url

import pandas as pd
import pytest
from runs import PEOPLE, TINY, changed, damage, held, planned_rules, run, start, write_person

VARIANTS = ("control", "accelerated")
SCORES = [f"results/tiny/localisation/{variant}/scores.parquet" for variant in VARIANTS]


def tables(folder: Path, pattern: str) -> pd.DataFrame:
    """Return all tables below a folder whose paths match, as one."""
    return pd.concat([pd.read_parquet(path) for path in sorted(folder.glob(pattern))], ignore_index=True)


@pytest.mark.parametrize(
    ("changes", "key", "allowed"),
    [
        ({"localisation.hold_out": 0.3}, "localisation.hold_out", "known here: collection, folder, subjects"),
        ({"localistion": {}}, "localistion", "known here: name, data_dir, seed"),
        ({"localisation.features.level_bands.counts": 3}, "localisation.features.level_bands.counts", "count, spacing"),
        ({"seed": "one"}, "seed", "a valid integer"),
        ({"localisation": 3}, "localisation", "a section"),
        ({"localisation.held_out": 1.5}, "localisation.held_out", "less than 1"),
        ({"localisation.benchmark.repeats": 1}, "localisation.benchmark.repeats", "greater than or equal to 3"),
        ({"localisation.network.precision": "float16"}, "localisation.network.precision", "'float32' or 'bfloat16'"),
        ({"localisation.network.hidden_layers": []}, "localisation.network.hidden_layers", "at least 1"),
        ({"localisation.features.hop_samples": 600}, "localisation.features", "hop_samples must be at most half of"),
        ({"name": "../elsewhere"}, "name", "hold only these"),
        (
            {"localisation.subjects": ["person01", "who"]},
            "localisation.subjects",
            "which has person01, person02, person03",
        ),
        ({"localisation.subjects": []}, "localisation.subjects", "at least 1"),
        (
            {"localisation.tuning_subjects": {"synthetic": ["who"]}},
            "localisation.tuning_subjects.synthetic",
            "which has person01, person02",
        ),
        ({"localisation.collection": "nowhere"}, "localisation.collection", "known here: ita, ari, synthetic, folder"),
        ({"localisation.collection": "esc50"}, "localisation.collection", "known here: ita, ari, synthetic, folder"),
        ({"localisation.collection": "folder"}, "localisation", "the key folder go together"),
        ({"localisation.folder": "empty"}, "localisation", "the key folder go together"),
        (
            {"localisation.collection": "folder", "localisation.folder": "empty"},
            "localisation.folder",
            "empty holds no files that end in .sofa",
        ),
    ],
    ids=str,
)
def test_an_impossible_configuration_is_refused_in_words(changes, key, allowed, tmp_path):
    (tmp_path / "empty").mkdir()
    said = run(tmp_path, "--dry-run", config=changed(changes), succeeds=False)
    faults = [line for line in said.splitlines() if re.match(rf"config key {re.escape(key)}[: ]", line)]
    assert any(allowed in fault for fault in faults), said
    assert "Traceback" not in said
    assert "Building DAG" not in said


def test_a_folder_without_a_person_s_file_is_named_with_what_was_looked_for(tmp_path):
    config = changed({"data_dir": str(tmp_path), "localisation.collection": "ari"})
    said = run(tmp_path, "--dry-run", config=config, succeeds=False)
    assert f"nh2: looked in {tmp_path} and below for hrtf b_nh2.sofa" in said
    assert "Point `data_dir` to the folder that has it" in said
    assert "Traceback" not in said


@pytest.fixture
def own(tmp_path):
    """A folder of somebody's own SOFA files, and a configuration that uses it."""
    for name in ("anna", "hrtf b_2", "hrtf b_10"):
        folder = tmp_path / "own"
        folder.mkdir(exist_ok=True)
        write_person(folder / f"{name}.sofa")
    return folder, changed({"localisation.collection": "folder", "localisation.folder": str(folder)})


def test_a_folder_of_ones_own_is_a_collection(own, tmp_path):
    folder, config = own
    run(tmp_path, SCORES[0], config=config)
    scores = pd.read_parquet(tmp_path / SCORES[0])
    assert scores["subject"].tolist() == ["anna", "hrtf b_2", "hrtf b_10"]
    assert scores["p95_deg"].notna().all()
    assert sorted(path.name for path in folder.iterdir()) == ["anna.sofa", "hrtf b_10.sofa", "hrtf b_2.sofa"]


def test_a_damaged_file_stops_the_run_and_is_named(own, tmp_path):
    folder, config = own
    damaged = damage(folder / "anna.sofa")
    said = run(tmp_path, SCORES[0], config=config, succeeds=False)
    assert f"{damaged}: not readable as SOFA" in said
    assert "retrieve it again" in said
    assert "set the config key localisation.bad_subject to exclude" in said
    assert "Traceback" not in said


def test_a_damaged_file_can_be_left_out_and_every_table_says_why(own, tmp_path):
    folder, config = own
    reason = f"{damage(folder / 'anna.sofa')}: not readable as SOFA"
    run(tmp_path, config=changed({"localisation.bad_subject": "exclude"}, config))
    for variant in VARIANTS:
        for pattern in (
            f"results/*/interaural/*/{variant}*/*.parquet",
            f"results/tiny/localisation/{variant}/history/*.parquet",
            f"results/tiny/localisation/{variant}/predictions/*.parquet",
            f"results/tiny/localisation/{variant}/scores.parquet",
        ):
            table = tables(tmp_path, pattern)
            excluded = table[table["subject"] == "anna"]
            assert len(excluded) == 1, pattern
            assert excluded["excluded"].item().startswith(reason)
            others = table[table["subject"] != "anna"]
            assert others["subject"].nunique() == 2
            assert others["excluded"].isna().all()
    benchmark = pd.read_parquet(tmp_path / "results/tiny/localisation/benchmark.parquet")
    assert set(benchmark["of_subjects"]) == {2}
    report = tmp_path / "results/tiny/localisation"
    study = json.loads((report / "summary.json").read_text())["localisation"]
    assert study["listeners"] == 2
    assert [person["subject"] for person in study["excluded"]] == ["anna"]
    assert study["excluded"][0]["reason"].startswith(reason)
    assert reason in (report / "index.html").read_text()
    # Back at `stop`, nobody stays left out without being noticed, and finished shards stay.
    said = run(tmp_path, config=config, succeeds=False)
    assert f"anna was left out by an earlier run: {reason}" in said
    assert "interaural_control" not in said
    write_person(folder / "anna.sofa")
    run(tmp_path, *SCORES, config=config)
    assert pd.read_parquet(tmp_path / SCORES[0])["excluded"].isna().all()


def test_data_are_found_in_place_under_other_names_and_in_sub_folders(tmp_path):
    data = tmp_path / "data"
    places = {"nh2": "hrtf b_nh2.sofa", "nh5": "hrtf_nh5.sofa", "nh12": "ari/more/nh12_measured.sofa"}
    for place in places.values():
        (data / place).parent.mkdir(parents=True, exist_ok=True)
        write_person(data / place)
    config = changed({"data_dir": str(data), "localisation.collection": "ari", "localisation.subjects": list(places)})
    assert "retrieve_hrtf" not in planned_rules(tmp_path, config=config)
    run(tmp_path, "--until", "interaural_control", config=config)
    index = tables(tmp_path, "results/*/interaural/*/control/*.parquet")
    assert set(index["subject"]) == set(places)
    assert not (tmp_path / "resources").exists()


def test_files_are_retrieved_from_a_mirror(tmp_path):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    published = write_person(mirror / "hrtf b_nh2.sofa")
    config = changed({"localisation.collection": "ari", "retrieve.mirror": f"file://{pathname2url(str(mirror))}"})
    target = "resources/hrtf/ari/nh2.sofa"
    run(tmp_path, target, config=config)
    assert (tmp_path / target).read_bytes() == published.read_bytes()


def test_a_dead_address_stops_only_what_needs_it(tmp_path):
    config = changed(
        {
            "localisation.collection": "ari",
            "localisation.subjects": ["nh2", "nh5"],
            "localisation.subjects_per_job": 1,
            "retrieve.mirror": "http://127.0.0.1:9/",
            "retrieve.attempts": 1,
        }
    )
    here = tmp_path / "resources/hrtf/ari/nh5.sofa"
    here.parent.mkdir(parents=True)
    write_person(here)
    said = run(tmp_path, "--keep-going", "--until", "interaural_control", config=config, succeeds=False)
    assert "http://127.0.0.1:9/hrtf%20b_nh2.sofa" in said
    assert "Traceback" not in said
    assert set(tables(tmp_path, "results/*/interaural/*/control/*.parquet")["subject"]) == {"nh5"}


def answers(project: Path, name: str, variant: str) -> pd.DataFrame:
    """Return a configuration's predictions, sorted so that jobs do not matter."""
    table = tables(project, f"results/{name}/localisation/{variant}/predictions/*.parquet")
    return table.sort_values(["subject", "direction", "repetition"], ignore_index=True)


def test_results_do_not_depend_on_the_size_of_jobs(project):
    def trained(size: int, *rules: str, precision: str = "bfloat16") -> str:
        name = {1: "one", 2: "tiny", 3: "three"}[size]
        keys = {"name": name, "localisation.subjects_per_job": size, "localisation.network.precision": precision}
        run(project, "--until", *rules, config=changed(keys), project=project)
        return name

    for size in (1, 3):
        name = trained(size, "localise_control", "localise_accelerated")
        for variant in VARIANTS:
            ours, other = answers(project, "tiny", variant), answers(project, name, variant)
            assert ours["subject"].unique().tolist() == PEOPLE
            pd.testing.assert_frame_equal(ours, other, check_exact=True)
    p95 = [
        answers(project, trained(size, "localise_accelerated", precision="float32"), "accelerated")
        .groupby("subject")["error_deg"]
        .quantile(0.95)
        for size in (1, 2, 3)
    ]
    assert max((of_size - p95[0]).abs().max() for of_size in p95) < 0.5


def test_a_script_runs_alone(project):
    scores = project / SCORES[0]
    before = pd.read_parquet(scores)
    scores.unlink()
    config = project / "alone.yaml"
    config.write_text(json.dumps(TINY))  # JSON is YAML
    command = [
        sys.executable,
        "workflow/alone.py",
        "score_localisation",
        "variant=control",
        "--configfile",
        config.name,
    ]
    done = subprocess.run(command, cwd=project, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    pd.testing.assert_frame_equal(pd.read_parquet(scores), before)


def test_a_script_alone_asks_for_its_wildcards(project):
    command = [sys.executable, "workflow/alone.py", "score_localisation"]
    done = subprocess.run(command, cwd=project, check=False, capture_output=True, text=True)
    assert done.returncode
    assert "rule score_localisation needs variant=..." in done.stderr


def test_a_folder_takes_one_run_at_a_time(tmp_path):
    claim = tmp_path / ".snakemake/earshot.lock"
    with held(tmp_path, "interaural_control") as environment:
        first = start(tmp_path, "--until", "interaural_control", environment=environment)
        while first.poll() is None and not (claim.exists() and claim.read_text()):
            time.sleep(0.05)
        said = run(tmp_path, "--until", "interaural_control", succeeds=False)
        assert f"another run is at work here (process {first.pid} on" in said
        assert "there is no lock to remove" in said
        assert "Traceback" not in said
        assert planned_rules(tmp_path)["interaural_control"] == 2, "looking is allowed"
    told, _ = first.communicate()
    assert first.returncode == 0, told
