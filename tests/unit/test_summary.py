"""The summary's figures are those of the tables, and leave out who must not count."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tables_made_up as made
from earshot.data.schemas.scores import SCORES
from earshot.data.sources import read_sources
from earshot.score.equivalence import paired_equivalence
from earshot.score.listeners import KINDS
from earshot.show import summary

PROJECT = Path(__file__).parents[2]
PUBLISHED = pd.read_csv(PROJECT / "workflow" / "report" / "published.csv")
CONFIG = {"name": "any", "seed": 3, "localisation": {"collection": "ari"}}
TABLES = {"control": "control/scores.parquet", "accelerated": "accelerated/scores.parquet"}


def by_variant(scores):
    return {variant: scores[scores["variant"] == variant] for variant in TABLES if (scores["variant"] == variant).any()}


def localisation(scores):
    return summary.localisation(by_variant(scores), TABLES, CONFIG["localisation"], PUBLISHED)


def test_figures_are_over_listeners_that_no_setting_was_chosen_on_and_that_were_not_left_out():
    """Of eight, the first was for tuning and the last left out: six count."""
    scores = made.scores()
    counted = scores[~scores["subject"].isin(["nh1", "nh8"])]
    found = localisation(scores)
    for variant, table in TABLES.items():
        for measure in ("p95_deg", "lateral_rms_deg", "quadrant_error"):
            values = counted.loc[counted["variant"] == variant, measure]
            figure = found[variant][measure]
            assert figure["mean"] == pytest.approx(sum(values) / 6)
            assert figure["sd"] == pytest.approx(np.sqrt(((values - values.mean()) ** 2).sum() / 5))
            assert (figure["n"], figure["table"]) == (6, table)
    assert found["listeners"] == 7
    assert found["tuning_subjects"] == ["nh1"]
    assert found["excluded"] == [{"subject": "nh8", "reason": made.REASON}]


def test_every_measure_of_the_table_is_a_figure_with_its_unit():
    found = localisation(made.scores())["control"]
    of_kinds = {f"p95_{kind}_deg" for kind in KINDS}  # where sounds of several kinds were heard
    of_table = {name for name in SCORES.columns if name.endswith(("_deg", "_error"))} - of_kinds
    assert found.keys() == of_table
    assert {name: figure["unit"] for name, figure in found.items()} == {
        name: "degree" if name.endswith("_deg") else "share" for name in of_table
    }


def test_variants_are_compared_listener_by_listener_in_whatever_order_they_stand():
    scores = made.scores()
    counted = scores[~scores["subject"].isin(["nh1", "nh8"])].pivot(index="subject", columns="variant")["p95_deg"]
    wanted = paired_equivalence(counted["accelerated"].to_numpy(), counted["control"].to_numpy())
    for table in (scores, scores.sample(frac=1, random_state=1)):
        found = localisation(table)["equivalence"]
        assert found["difference_deg"] == pytest.approx(wanted.difference)
        assert (found["low_deg"], found["high_deg"]) == pytest.approx((wanted.low, wanted.high))
        assert (found["n"], found["margin_deg"], found["holds"]) == (6, 1.0, wanted.holds)


def test_one_variant_alone_is_compared_with_nothing():
    assert "equivalence" not in localisation(made.scores(variants=("control",)))
    assert summary.agreement(made.scores(variants=("control",))) is None


def test_the_summary_of_few_listeners_is_json_without_nan():
    """One listener has no SD and no interval, and nobody counts where there is only a tuning subject."""
    for listeners in (1, 2):
        found = localisation(made.scores(listeners=listeners))
        json.dumps(found, allow_nan=False)
        figure = found["control"]["p95_deg"]
        assert (figure["n"], figure["sd"]) == (listeners - 1, None)
    assert found["equivalence"]["low_deg"] is None and not found["equivalence"]["holds"]


def test_the_published_figure_is_the_papers():
    assert localisation(made.scores())["published"] == {"p95_deg": {"mean": 19.0, "sd": 4.0, "n": 45}}


def benchmark():
    """Three repeats of two stages: the control takes 1 + 3 s for 6 of 48 people, the accelerated variant 2 + 2 s."""
    seconds = {"control": {"features": 1.0, "training": 3.0}, "accelerated": {"features": 2.0, "training": 2.0}}
    rows = [
        {"variant": variant, "stage": stage, "repeat": repeat, "seconds": seconds[variant][stage] * factor}
        | {"subjects": 6 if variant == "control" else 48, "of_subjects": 48}
        | {"peak_memory_mb": 100.0 * repeat, "cores": 2, "device": "CPU" if variant == "control" else "A GPU"}
        for variant in seconds
        for stage in seconds[variant]
        for repeat, factor in ((1, 1.0), (2, 1.25), (3, 0.75))
    ]
    return pd.DataFrame(rows)


def test_the_speed_up_is_of_whole_repeats_scaled_to_all_people():
    """32 s against 4 s; the bounds are 0.75 / 1.25 and 1.25 / 0.75 of it."""
    found = summary.speedup(benchmark(), "benchmark.parquet")
    assert (found["control_s"], found["accelerated_s"], found["ratio"]) == (32, 4, 8)
    assert (found["ratio_low"], found["ratio_high"]) == pytest.approx((8 * 0.6, 8 / 0.6))
    assert found["stages"] == {
        "features": {"control_s": 8, "accelerated_s": 2, "ratio": 4},
        "training": {"control_s": 24, "accelerated_s": 2, "ratio": 12},
    }
    assert (found["scaled"], found["control_subjects"], found["subjects"]) == (True, 6, 48)
    assert (found["repeats"], found["cores"], found["device"]) == (3, 2, "A GPU")
    assert found["peak_memory_mb"] == {"control": 300, "accelerated": 300}
    json.dumps(found, allow_nan=False)


def test_a_control_that_was_timed_on_everybody_is_not_called_scaled():
    found = summary.speedup(benchmark().assign(subjects=48), "benchmark.parquet")
    assert not found["scaled"] and found["ratio"] == 1


def test_the_hash_of_a_configuration_changes_with_a_value_and_not_with_its_place():
    def digest(config):
        return summary.provenance(config, None)["config_hash"]

    assert digest(dict(reversed(CONFIG.items()))) == digest(CONFIG)
    assert digest(CONFIG | {"localisation": {"collection": "ita"}}) != digest(CONFIG)


def test_a_run_is_known_by_its_settings_versions_and_commit():
    found = summary.provenance(CONFIG, "60f574f")
    assert (found["name"], found["seed"], found["git_commit"]) == ("any", 3, "60f574f")
    assert found["settings"] == CONFIG
    assert found["versions"]["numpy"] == np.__version__


def test_stage_times_add_up_over_the_jobs_of_a_rule(tmp_path):
    """Rules in the order given; `-` is what was not measured; a job of an earlier configuration is no job of this."""
    head = "s\th:m:s\tmax_rss\n"
    jobs = {"report.tsv": "2.5\t0:00:02\t-", "train/cohort/00.tsv": "10\t0:00:10\t300", "train/01.tsv": "5\t0:00:05\t-"}
    for name, row in jobs.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + row + "\n")
    rules = {
        "train": [tmp_path / "train/cohort/00.tsv", tmp_path / "train/01.tsv"],
        "report": [tmp_path / "report.tsv"],
    }
    assert summary.stage_times(rules | {"never_ran": [tmp_path / "no.tsv"]}) == [
        {"rule": "train", "jobs": 2, "seconds": 15.0, "peak_memory_mb": 300.0},
        {"rule": "report", "jobs": 1, "seconds": 2.5, "peak_memory_mb": None},
    ]


def test_data_that_were_used_are_named_with_licence_and_citation():
    """Synthetic listeners and a person's own folder are no published data."""
    sources = read_sources(PROJECT / "config" / "sources.yaml")
    (found,) = summary.data_sets(sources, ["ari", "synthetic"])
    assert found["licence"] == sources["ari"].licence and found["title"] == sources["ari"].title
    assert found["citation"] and found["page"]
