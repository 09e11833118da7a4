"""Rooms become models of how rooms sound: trained, judged, timed, and again only where an edit made them stale."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from earshot.data.sofa import HrirSet, write_hrirs
from runs import changed, copy_project, planned_rules, run

OTHERS = {"larger": {"volume_m3": [40, 60], "count": 2, "receivers": 2}}
MODELS = {
    "study_rnn": None,
    "study_tfno": {"width": 4, "layers": 1, "modes": 4, "most_rooms": 4},
    "eyring": None,
    "mlp_few_images": None,
    "mlp": None,
    "tfno": None,
    "fno": {"width": 8, "layers": 2, "modes": 8, "images": 500},
}
REVERB = changed(
    {
        "rooms": {
            "count": 12,
            "rooms_per_job": 6,
            "length_s": 0.4,
            "volume_m3": [20, 40],
            "t60_s": [0.15, 0.25],
            "receivers": 3,
            "others": OTHERS | {"livelier": None, "grid": None},
        },
        "reverb": {
            "trainings": 2,
            "benchmark": {"batches": [1, 6], "plain_rooms": 1, "t60_s": 0.2},
            "models": {name: own and own | {"epochs": 2, "batch_size": 8} for name, own in MODELS.items()},
        },
    }
)
OFFICE = {"reverb.measured.office": {"file": "office.sofa", "dimensions_m": [4, 3, 2.5], "listener_m": [2, 1.5, 1.2]}}


def write_office(path):
    """Write responses of two ears in a room, as if they had been measured: noise that decays."""
    draw, times = np.random.default_rng(1), np.arange(6400) / 16000
    decay = draw.standard_normal((3, 2, 6400)) * 10 ** (-3 * times / 0.2)
    decay[:, :, 0] = [[3, 3], [6, 1.5], [1.5, 6]]
    hrirs = HrirSet("office", decay, 16000.0, np.array([0.0, 90.0, 270.0]), np.zeros(3), np.ones(3))
    write_hrirs(path, hrirs)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with models of rooms. To be read, and planned in."""
    folder = copy_project(tmp_path_factory.mktemp("reverb"))
    write_office(folder / "office.sofa")
    run(folder, "--", "reverb", config=changed(OFFICE, REVERB), project=folder)
    return folder


def planned(folder, changes):
    return planned_rules(folder, "--", "reverb", config=changed(OFFICE | changes, REVERB), project=folder)


def test_every_model_is_judged_by_rooms_that_it_has_not_heard(made):
    tables = list((made / "results/tiny/reverb").glob("*/*/errors.parquet"))
    errors = pd.concat(pd.read_parquet(path) for path in tables)
    floors = ["sabine", "nearest_room", "images"]
    trainings = {"fno": 2, "study_tfno": 1} | dict.fromkeys(floors, 1)
    assert set(errors["judges"]) == {"standard", "larger"}
    assert errors.groupby("model")["number"].nunique().to_dict() == trainings
    index = pd.concat(pd.read_parquet(path) for path in (made / "results/shared/rooms").glob("*/*.parquet"))
    tests = set(index.loc[index["fold"] == 0, "room"])
    assert set(errors.loc[errors["judges"] == "standard", "room"]) <= tests
    assert (errors.loc[errors["judges"] == "larger", "volume_m3"] > 40).all()


def test_no_room_that_judges_is_one_that_is_learnt_from_in_another_size(made):
    index = pd.concat(pd.read_parquet(path) for path in (made / "results/shared/rooms").glob("*/*.parquet"))
    shapes = (index["length_m"] / index["width_m"]).round(6)
    assert shapes.nunique() == index.drop_duplicates(["room", "volume_m3"]).shape[0] == 14


def test_no_state_is_left_behind(made):
    assert not list((made / "results/tiny/state").glob("reverb-*"))


def test_a_second_run_has_nothing_to_do(made):
    assert planned(made, {}) == {}


@pytest.mark.parametrize(
    ("changes", "trains", "judges"),
    [
        ({"reverb.models.fno.width": 6}, 2, 2),
        ({"reverb.models.fno.images": 600}, 2, 2),
        ({"reverb.trainings": 1, "reverb.threads": 1}, 0, 0),
        ({"reverb.models.sabine": None}, 0, 0),
        ({"rooms.others.larger.count": 3}, 0, 6),
        ({"reverb.frame_s": 0.004}, 3, 6),
    ],
)
def test_an_edit_trains_again_what_it_changes(changes, trains, judges, made):
    found = planned(made, changes)
    assert (found.get("train_reverb", 0), found.get("judge_reverb", 0)) == (trains, judges)


def test_rooms_that_are_set_as_the_standard_ones_are_others(made):
    found = planned(made, {"rooms.others.twin": {"count": 2}})
    assert found["simulate_rooms"] == 1 and "train_reverb" not in found


def test_rooms_with_heads_judge_no_model(made):
    assert planned(made, {"rooms.others.heads": {"count": 2, "head": "people/somebody.sofa"}}) == {}


def test_the_page_says_how_far_each_model_is(made):
    folder = made / "results/tiny/reverb"
    summary = json.loads((folder / "summary.json").read_text())
    found = summary["reverb"]
    assert set(found) == {"study_tfno", "sabine", "nearest_room", "images", "fno"}
    assert found["images"]["early_nmse"]["mean"] < 0.1 < found["sabine"]["early_nmse"]["mean"]
    assert found["fno"]["t60_error_pct"]["n"] == 2 and found["fno"]["rirs_per_s"] > 0
    assert found["fno"]["others"]["larger"]["responses"] == 4
    page = (folder / "index.html").read_text()
    assert page.count("<figure>") == 6 and "40 to 60 m³" in page


def test_models_are_judged_by_a_measured_room_once_for_all(made):
    errors = pd.read_parquet(made / "results/tiny/reverb/measured/office/of_models.parquet")
    assert set(errors["model"]) == {"simulation", "study_tfno", "sabine", "nearest_room", "images", "fno"}
    assert errors.groupby("model").size().eq(6).all() and errors["volume_m3"].eq(30).all()
    (own,) = json.loads((made / "results/tiny/reverb/summary.json").read_text())["measured"]
    assert own["name"] == "office" and own["t60_s"] == pytest.approx(0.2, rel=0.1) and own["responses"] == 6
    assert "office, a measured room of 30 m³" in (made / "results/tiny/reverb/index.html").read_text()
    turned = planned(made, {"reverb.measured.office.facing_deg": 20})
    assert turned == {"measure_room": 1, "judge_by_measured": 1, "report_reverb": 1}
    assert planned(made, {"reverb.measured.office": None}) == {"report_reverb": 1}


def test_a_measured_room_that_its_head_is_not_in_is_refused(tmp_path):
    changes = changed(OFFICE | {"reverb.measured.office.listener_m": [2, 4, 1]}, REVERB)
    said = run(tmp_path, "-n", "--", "reverb", config=changes, succeeds=False)
    assert "config key reverb.measured.office: listener_m: the head has to be within dimensions_m" in said


def test_an_unknown_headline_is_refused(tmp_path):
    said = run(tmp_path, "-n", "--", "reverb", config=changed({"reverb.headline": "no"}, REVERB), succeeds=False)
    assert "config key reverb: headline: no is none of the models" in said and "Traceback" not in said


SEARCH = {"trials": 2, "epochs": 1, "modes": [4], "widths": [4, 6], "layers": [1], "batch_sizes": [8]}


def test_a_search_keeps_every_trials_network_and_goes_on_where_more_are_asked_for(made, tmp_path):
    folder = copy_project(tmp_path)
    for name in ("results", ".snakemake"):
        shutil.copytree(made / name, folder / name)
    config = changed({"reverb.search": SEARCH}, REVERB)
    run(folder, "--", "reverb_search", config=config, project=folder)
    trials = pd.read_parquet(folder / "results/tiny/reverb/trials.parquet")
    assert set(trials["trial"]) == {"trial001", "trial002"} and trials["validation"].is_monotonic_increasing
    assert all((folder / path).exists() for path in trials["network"]) and (trials["modes"] == 4).all()
    more = changed({"reverb.search.trials": 3}, config)
    found = planned_rules(folder, "--", "reverb_search", config=more, project=folder)
    assert found == {"train_reverb": 1, "search_reverb": 1}
