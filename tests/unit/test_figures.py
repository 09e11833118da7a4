"""The figures: they say their units and their n, leave nothing out unsaid, and equal tables give equal bytes."""

import re

import matplotlib
import pytest
import tables_made_up as made
from earshot.score.equivalence import Equivalence
from earshot.show import figures

PUBLISHED = {"mean": 19.0, "sd": 4.0, "n": 45}
TEST = Equivalence(difference=-0.28, low=-0.66, high=0.11, margin=1.0, n=6)


DRAW = {
    "error_distribution": lambda: figures.error_distribution(made.scores(), PUBLISHED),
    "agreement": lambda: figures.agreement(made.scores(), TEST),
    "error_map": lambda: figures.error_map(made.predictions()),
    "predicted_against_true": lambda: figures.predicted_against_true(made.predictions(items=60)),
    "speed": lambda: figures.speed(made.benchmark()),
}


def svg(figure, folder):
    figures.save(figure, folder / "figure.svg")
    return (folder / "figure.svg").read_text()


def words(figure, folder):
    return " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg(figure, folder)))


@pytest.mark.parametrize("name", DRAW)
def test_equal_tables_give_equal_bytes_that_no_date_and_no_settings_of_a_person_change(name, tmp_path, monkeypatch):
    first = svg(DRAW[name](), tmp_path)
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 20)
    assert svg(DRAW[name](), tmp_path) == first
    assert "<metadata>" not in first


@pytest.mark.parametrize("name", DRAW)
def test_every_axis_has_a_unit_and_every_figure_says_its_n(name, tmp_path):
    figure = DRAW[name]()
    assert "n = " in words(figure, tmp_path)
    assert figure.axes
    for axes in figure.axes:
        labels = [axes.get_xlabel(), axes.get_ylabel()]
        assert any(labels), "an axis is not labelled"
        assert all("degree" in label or "second" in label for label in labels if label)


def test_a_full_study_stays_small(tmp_path):
    predictions = made.predictions(listeners=48, items=310)
    for figure in (figures.error_map(predictions), figures.predicted_against_true(predictions)):
        assert len(svg(figure, tmp_path)) < 300_000


def test_means_are_of_listeners_that_no_setting_was_chosen_on_and_that_were_not_left_out(tmp_path):
    scores = made.scores()
    seen = words(figures.error_distribution(scores, PUBLISHED), tmp_path)
    counted = scores[~scores["tuning"] & scores["excluded"].isna()].groupby("variant")["p95_deg"]
    for variant, mean in counted.mean().items():
        assert f"{mean:.1f} ± {counted.std()[variant]:.1f}°, n = 6" in seen
    assert "19.0 ± 4.0°, n = 45" in seen
    assert "Sumner et al. 2022" in seen
    assert "tuning listener" in seen


def test_agreement_says_the_difference_with_its_interval_and_margin(tmp_path):
    seen = words(figures.agreement(made.scores(), TEST), tmp_path)
    assert "minus control: −0.28°" in seen  # noqa: RUF001
    assert "−0.66° to +0.11°" in seen  # noqa: RUF001
    assert "within 1 degree" in seen
    assert "n = 6 listeners" in seen


def test_speed_writes_the_ratio_and_says_what_was_scaled(tmp_path):
    seen = words(figures.speed(made.benchmark()), tmp_path)
    assert "9.2 times as fast" in seen  # (5 + 9) * 48 / 6 over 6 + 6.2
    assert "timed on 6 of 48 listeners and scaled" in seen
    assert "accelerated: n = 3 repeats " in seen + " "


def test_the_map_has_left_at_left_and_front_in_the_middle(tmp_path):
    left = made.predictions(listeners=1, items=40).assign(azimuth_deg=85.0, elevation_deg=5.0)
    corners, _ = figures._cells(left, 30)
    assert len(corners) == 1
    assert corners[0][:, 0].max() < 0
    ahead, _ = figures._cells(left.assign(azimuth_deg=355.0), 30)
    assert ahead[0][:, 0].min() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("elevation", [-90.0, 90.0])
def test_the_poles_are_on_the_map(elevation, tmp_path):
    pole = made.predictions(listeners=1, items=5).assign(elevation_deg=elevation)
    assert svg(figures.error_map(pole), tmp_path)


@pytest.mark.parametrize("variant", ["control", "accelerated"])
def test_one_variant_alone(variant, tmp_path):
    scores = made.scores(variants=(variant,))
    assert f"{variant} Sumner" in words(figures.error_distribution(scores, PUBLISHED), tmp_path)
    assert "n = 0" in words(figures.agreement(scores, None), tmp_path)
    assert "times as fast" not in words(figures.speed(made.benchmark((variant,))), tmp_path)


def test_one_listener(tmp_path):
    scores = made.scores(listeners=1).assign(tuning=False)
    mean = scores["p95_deg"].iloc[0]
    assert f"{mean:.1f}°, n = 1" in words(figures.error_distribution(scores, PUBLISHED), tmp_path)
    alone = Equivalence(-0.2, float("-inf"), float("inf"), 1.0, 1)
    assert "inf" not in words(figures.agreement(scores, alone), tmp_path)
    predictions = made.predictions(listeners=1, items=2)
    assert "2 answers of 1 listener;" in words(figures.error_map(predictions), tmp_path)
    assert "2 answers of 1 listener" in words(figures.predicted_against_true(predictions), tmp_path)


def test_nobody_and_nothing(tmp_path):
    scores, predictions = made.scores(), made.predictions()
    nobody = scores[scores["excluded"].notna()]
    assert "19.0 ± 4.0°" in words(figures.error_distribution(nobody, PUBLISHED), tmp_path)
    assert "n = 0" in words(figures.agreement(nobody, None), tmp_path)
    for draw in (figures.error_map, figures.predicted_against_true):
        assert "n = 0" in words(draw(predictions[predictions["excluded"].notna()]), tmp_path)
    assert "not measured" in words(figures.speed(None), tmp_path)


def test_only_tuning_listeners(tmp_path):
    scores = made.scores().query("tuning")
    assert "tuning listener" in words(figures.error_distribution(scores, PUBLISHED), tmp_path)
    assert "n = 0 listeners" in words(figures.agreement(scores, None), tmp_path)
