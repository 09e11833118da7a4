"""The page of the whole study says what its summary holds, in sound HTML."""

import copy
import json

import pandas as pd
import pytest
import tables_made_up as made
from earshot.config import read_config
from earshot.score.equivalence import Equivalence
from earshot.show import figures, figures_search, summary_search
from earshot.show.page import FigureOnPage
from earshot.show.page_localisation import render_localisation, what
from test_page import Reader

MODELS = {
    "full": {"features": {"levels": "each_ear"}},
    "unknown_source": {"stimulus": {"sources": ["coloured", "speech"], "signal_to_noise_db": 60}},
    "gaps": {"method": "nearest_template", "held": "regions"},
}
VARIANTS = ("control", "winner_control", "winner_accelerated", *MODELS)


@pytest.fixture(scope="module")
def summary():
    whole = made.summary()
    trials, benchmark = made.search()
    settings = read_config({"name": "local", "localisation": {"collection": "ari", "models": MODELS}})
    winner = {"trial": 2, "worst_deg": 15.5, "multiply_adds": 2e10, "network": {"hidden_layers": [64, 64]}}
    winner["features"] = {"window_samples": 512, "level_bands": settings.localisation.features.level_bands.model_dump()}
    study = whole["localisation"] | {variant: made.measures(13.5) for variant in VARIANTS}
    study["unknown_source"] |= {
        "p95_speech_deg": made.measures(6.5)["p95_deg"],
        "p95_coloured_deg": made.measures(4.4)["p95_deg"],
    }
    study["search"] = summary_search.search(trials, winner, "trials.parquet")
    scores = made.scores(variants=("control", "accelerated"))
    study["winner"] = summary_search.winner_figures(scores.assign(variant="winner_" + scores["variant"]))
    whole["speedup"]["search"] = summary_search.search_speedup(trials, benchmark, "benchmark.parquet")
    jobs = [{"rule": f"localise_winner, {name}", "seconds": 90.0} for name in ("control", "accelerated")]
    whole["speedup"]["study"] = summary_search.study_speedup(
        whole["speedup"]["search"], whole["speedup"]["localisation"], jobs, 7, 2, 375
    )
    whole["speedup"]["workers"] = summary_search.scaling_figures(
        made.workers(), benchmark, 375, 10, (4, 30), "w.parquet"
    )
    return whole | {"localisation": study, "settings": settings.model_dump(mode="json")}


@pytest.fixture(scope="module")
def scores():
    one = made.scores(variants=("control",))
    return pd.concat([one.assign(variant=variant) for variant in VARIANTS], ignore_index=True)


def page(summary, scores, drawn=()):
    return Reader(render_localisation(summary, drawn, scores, "study.html.j2"))


def test_every_variant_has_a_row_that_says_what_it_is(summary, scores):
    text = page(summary, scores).text
    for words in ("winner accelerated", "templates on what both ears hold, white noise", "gaps of 20 degrees"):
        assert words in text
    assert "coloured noise, speech, 60 dB above noise at the ears" in text
    assert "speech 6.5 ± 2.1°" in text


def test_speed_and_accuracy_of_the_search_are_in_words(summary, scores):
    text = page(summary, scores).text
    found = summary["speedup"]["search"]
    assert f"Trials are {found['ratio']:.1f} times as fast as by the control one after another" in text
    assert "Was the search fitted to its people?" in text and "not refuted" in text
    assert "the control ran a sample of 2 of the 6 trials" in text
    assert "a study of 375 trials, and the winner on all" in text and "3 days on a laptop" in text


def test_pictures_of_the_search_are_on_the_page_and_their_ids_differ(summary, scores, tmp_path):
    trials, _ = made.search()
    drawn = {
        "variants": figures.error_distribution(scores, {"mean": 19, "sd": 4, "n": 45}),
        "winner_agreement": figures.agreement(
            made.scores().assign(variant="winner_" + made.scores()["variant"]),
            Equivalence(-0.3, -0.7, 0.1, 1.0, 6), "winner_",
        ),
        "search_front": figures_search.search_front(trials),
    }  # fmt: skip
    on_page = []
    for name, figure in drawn.items():
        figures.save(figure, tmp_path / f"{name}.svg")
        on_page.append(FigureOnPage(name, (tmp_path / f"{name}.svg").read_text()))
    reader = page(summary, scores, on_page)
    assert len(reader.ids) == len(set(reader.ids))
    assert "What the search tried" in reader.text
    assert all(new - old <= 1 for old, new in zip(reader.headings, reader.headings[1:], strict=False))


def test_a_search_without_an_end_is_a_figure_that_says_so():
    trials, _ = made.search()
    assert figures_search.search_front(trials.assign(diverged=True)).texts[0].get_text().startswith("No trial")


def test_a_study_without_comparison_leaves_it_out(summary, scores):
    alone = copy.deepcopy(summary)
    alone["localisation"]["winner"] = {}
    assert "Kolmogorov" not in page(alone, scores).text


def test_a_variant_is_named_by_its_settings(summary):
    settings = summary["settings"]["localisation"]
    assert what("winner_control", settings).endswith("settings of the search's winner")
    assert what("control", settings).endswith("settings of the configuration")


def test_the_page_tells_measured_workers_from_modelled_ones(summary, scores):
    sharing = json.loads(json.dumps(summary["speedup"]["workers"]))
    rows = sharing["rows"]
    assert [(row["workers"], row["modelled"]) for row in rows] == [
        (1, False),
        (2, False),
        (4, True),
        (30, True),
        (38, True),
    ]
    text = page(summary, scores).text
    assert "each with a core of its own" in text and "16.0 s†" in text and "6 min 26 s*" in text
