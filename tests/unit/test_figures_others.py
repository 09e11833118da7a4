"""Figures and headline figures of models at their limits."""

import json

import numpy as np
import pandas as pd
import pytest
import tables_made_up as made
from earshot.data.schemas.others import CONDITIONS, OTHER_EARS, UNSEEN
from earshot.show import figures, figures_others, summary_others
from earshot.show.page import FigureOnPage
from earshot.show.page_localisation import render_localisation
from test_page import Reader

PEOPLE = [f"nh{number}" for number in range(1, 7)]
ERRORS = {"median_deg": 4.0, "front_back_error": 0.1, "quadrant_error": 0.1}


@pytest.fixture(scope="module")
def unseen():
    rows = [
        {"subject": person, "tuning": number == 0, "fold": 1 + number % 2, "measured": count, "items": 100}
        | {"p95_deg": 50.0 / (1 + count) + number} | ERRORS
        for number, person in enumerate(PEOPLE) for count in (0, 5, 20)
    ]  # fmt: skip
    return UNSEEN.validate(pd.DataFrame(rows))


@pytest.fixture(scope="module")
def ears():
    rows = [
        {"subject": one, "ears": other, "p95_deg": 3.0 if one == other else 40.0} | ERRORS
        for one in PEOPLE for other in PEOPLE
    ]  # fmt: skip
    return OTHER_EARS.validate(pd.DataFrame(rows))


@pytest.fixture(scope="module")
def tried():
    values = {"signal_to_noise_db": (40.0, 0.0), "duration_s": (0.5, 0.02)}
    rows = [
        {"subject": person, "tuning": number == 0, "model": model, "condition": name, "value": value}
        | {"p95_deg": 5.0 + place} | ERRORS
        for number, person in enumerate(PEOPLE) for model in ("full", "unknown_source")
        for name, some in values.items() for place, value in enumerate(some)
    ]  # fmt: skip
    return CONDITIONS.validate(pd.DataFrame(rows))


def test_figures_of_strangers_leave_out_whom_settings_were_chosen_on(unseen):
    found = summary_others.unseen_person(unseen)
    assert list(found) == ["0", "5", "20"]
    assert found["0"]["p95_deg"]["mean"] == pytest.approx(50 + 3) and found["0"]["p95_deg"]["n"] == 5


def test_own_ears_are_told_from_others(ears):
    found = summary_others.other_ears(ears, ["nh1"])
    assert (found["own"]["p95_deg"]["mean"], found["others"]["p95_deg"]["mean"]) == (3, 40)
    assert found["own"]["p95_deg"]["n"] == found["others"]["p95_deg"]["n"] == 5


def test_conditions_are_by_model_condition_and_value(tried):
    found = summary_others.conditions(tried)
    assert found["full"]["duration_s"]["0.02"]["p95_deg"]["mean"] == 6
    assert set(found["unknown_source"]["signal_to_noise_db"]) == {"40", "0"}


def test_every_figure_is_on_the_page(unseen, ears, tried, tmp_path):
    drawn = {
        "unseen_person": figures_others.unseen_person(unseen),
        "conditions": figures_others.conditions(tried),
        "other_ears": figures_others.other_ears(ears),
    }
    on_page = []
    for name, figure in drawn.items():
        figures.save(figure, tmp_path / f"{name}.svg")
        on_page.append(FigureOnPage(name, (tmp_path / f"{name}.svg").read_text()))
    summary = made.summary()
    summary["others"] = {
        "unseen_person": summary_others.unseen_person(unseen),
        "other_ears": summary_others.other_ears(ears, []),
        "conditions": summary_others.conditions(tried),
    }
    json.dumps(summary, allow_nan=False)
    reader = Reader(render_localisation(summary, on_page, made.scores().iloc[:0], "others.html.j2"))
    assert len(reader.ids) == len(set(reader.ids))
    assert "What a few measured directions buy" in reader.text and "Listeners" not in reader.text


def test_figures_of_nobody_say_so(unseen, tried):
    for figure in (
        figures_others.unseen_person(unseen.assign(tuning=True)),
        figures_others.conditions(tried.assign(tuning=True)),
    ):
        assert "n = 0" in figure.texts[0].get_text()
    assert np.isfinite(
        figures_others.other_ears(
            OTHER_EARS.validate(pd.DataFrame([{"subject": "nh1", "ears": "nh1", "p95_deg": 3.0} | ERRORS]))
        )
        .axes[0]
        .images[0]
        .get_clim()
    ).all()
