"""The whole study A in the workflow: every variant, and a report of all of them."""

import json

import pandas as pd
import pytest
from runs import changed, copy_project, planned_rules, run
from test_search_runs import SEARCH

MODELS = {
    "unknown_source": {"stimulus": {"sources": ["coloured"], "duration_s": 0.1}},
    "full": {"stimulus": {"duration_s": 0.1, "repetitions": 2}},
    "interaural_gaps": {"held": "regions", "stimulus": {"duration_s": 0.1}},
    "interaural_other_noise": {"held": "noise", "stimulus": {"duration_s": 0.1, "repetitions": 2}},
}
STUDY = changed({"localisation.models": MODELS, "localisation.templates": {"candidates": 500}}, SEARCH)
VARIANTS = ["control", "accelerated", "winner_control", "winner_accelerated", "interaural", *MODELS]


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    folder = copy_project(tmp_path_factory.mktemp("studied"))
    run(folder, "--", "localisation_study", config=STUDY, project=folder)
    return folder


@pytest.fixture(scope="module")
def summary(studied):
    return json.loads((studied / "results/tiny/study/summary.json").read_text())


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_has_figures_of_those_whom_no_setting_was_chosen_on(variant, summary):
    found = summary["localisation"][variant]["p95_deg"]
    assert found["n"] == 1 and 0 < found["mean"] < 180 and found["unit"] == "degree"


def test_the_search_its_speed_and_its_winner_are_in_the_summary(summary):
    assert summary["localisation"]["search"]["trials"] == 4
    assert summary["speedup"]["search"]["ratio"] > 0
    sharing = summary["speedup"]["workers"]["rows"]
    assert [row["workers"] for row in sharing if not row["modelled"]] == [1, 2]
    assert sharing[-1]["accelerated_s"] < sharing[0]["accelerated_s"]
    assert summary["localisation"]["winner"]["overfitting_control"]["n_searched"] == 2


def test_the_winner_is_trained_as_the_search_says(studied):
    winner = json.loads((studied / "results/tiny/search/winner.json").read_text())
    history = pd.concat(
        pd.read_parquet(path)
        for path in (studied / "results/tiny/localisation/winner_accelerated/history").glob("*.parquet")
    )
    assert history.groupby("subject")["epoch"].max().le(winner["network"]["max_epochs"]).all()
    assert history["subject"].nunique() == 3


def test_what_gaps_hold_out_are_other_directions(studied):
    asked = {
        name: {
            direction
            for path in (studied / f"results/tiny/localisation/{name}/predictions").glob("*.parquet")
            for direction in pd.read_parquet(path)["direction"]
        }
        for name in ("interaural_gaps", "interaural", "interaural_other_noise")
    }
    assert len(asked["interaural_other_noise"]) == 25 and asked["interaural_gaps"] != asked["interaural"]


def test_people_are_judged_by_what_was_made_of_others(studied):
    changes = {
        "localisation.others": {"folds": 3, "measured": [0, 3], "candidates": 300, "bayesian_listener": True},
        "localisation.curves": {"signal_to_noise_db": [40, -20], "duration_s": [0.02]},
    }
    config = changed(changes, STUDY)
    run(studied, "--", "localisation_others", config=config, project=studied)
    ears = pd.read_parquet(studied / "results/tiny/others/other_ears.parquet")
    unseen = pd.read_parquet(studied / "results/tiny/others/unseen_person.parquet")
    assert len(ears) == 9 and ears["p95_deg"].between(0, 180).all()
    assert unseen.groupby("measured")["subject"].nunique().tolist() == [3, 3]
    assert set(unseen.loc[unseen["tuning"], "subject"]) == {"person01", "person02"}
    conditions = pd.concat(
        pd.read_parquet(path) for path in (studied / "results/tiny/others/conditions").glob("*/*.parquet")
    )
    assert (
        set(conditions["model"]) == {"interaural", "full", "unknown_source"} and not conditions["p95_deg"].isna().any()
    )
    assert conditions.groupby(["model", "condition", "value"])["subject"].nunique().eq(3).all()
    median = conditions[conditions["condition"] == "signal_to_noise_db"].groupby("value")["median_deg"].mean()
    assert median[-20.0] > median[40.0], "noise costs accuracy"
    summary = json.loads((studied / "results/tiny/others/summary.json").read_text())
    assert summary["others"]["unseen_person"]["3"]["p95_deg"]["n"] == 1
    assert summary["localisation"]["bayesian_listener"]["p95_deg"]["n"] == 1
    page = (studied / "results/tiny/others/index.html").read_text()
    assert "With the ears of others" in page and "how well people do" in page


def test_a_model_that_cannot_be_tried_on_others_is_refused(studied):
    config = changed({"localisation.others": {"model": "unknown_source"}}, STUDY)
    said = run(studied, "-n", "--", "localisation_others", config=config, project=studied, succeeds=False)
    assert "config key localisation.others.model: unknown_source is no model" in said


def test_the_page_is_there_and_a_second_run_has_nothing_to_do(studied):
    assert "The search" in (studied / "results/tiny/study/index.html").read_text()
    assert planned_rules(studied, "--", "localisation_study", config=STUDY, project=studied) == {}


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({"localisation.models.full.stimulus.repetitions": 3}, {"localise_model": 2, "score_localisation": 1}),
        ({"localisation.models.full": None}, {}),
        ({"localisation.templates.candidates": 600}, {"localise_model": 10, "score_localisation": 5}),
        (
            {"localisation.search.winner_within_deg": 90},
            {"search_localisation": 1, "localise_winner": 4, "benchmark_search": 1, "score_localisation": 2},
        ),
    ],
)
def test_an_edit_makes_stale_what_depends_on_it(changes, again, studied):
    planned = planned_rules(studied, "--", "localisation_study", config=changed(changes, STUDY), project=studied)
    shown = ("plot_study", "summarise_study", "report_study")
    assert {rule: count for rule, count in planned.items() if rule not in shown} == again
    assert set(shown[1:]) <= set(planned)


def test_speech_that_is_not_in_the_folder_is_named(tmp_path):
    config = changed({"localisation.models": {"unknown_source": {"stimulus": {"sources": ["speech"]}}}}, SEARCH)
    data = tmp_path / "data"
    data.mkdir()
    plan = ("-n", "--config", f"data_dir={data}", "--", "localisation_study")
    said = run(tmp_path, *plan, config=config, succeeds=False)
    assert "looked in" in said and "cmu_arctic_us_aew_a0001.wav" in said
