"""Figures and pages of the studies of clips."""

import copy
import json
from pathlib import Path

import classes_made_up as made
import numpy as np
import pandas as pd
import pytest
from earshot.learn.networks_published import least_loss
from earshot.score.classes import score_trainings
from earshot.show import figures, figures_classes, summary_classes
from earshot.show.headlines import headlines
from earshot.show.page import FigureOnPage
from earshot.show.page_classes import render_classes
from test_page import Reader

PUBLISHED = pd.read_csv(Path(__file__).parents[2] / "workflow/report/published.csv")
HEADLINES = {"sounds": "residual", "chords": "transposable"}


def words(figure):
    """All that is written in a figure, in a line."""
    texts = [text for axes in figure.axes for text in [*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label]]
    texts += [text for axes in figure.axes for text in [*axes.get_xticklabels(), *axes.get_yticklabels()]]
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    texts += [text for legend in legends for text in legend.get_texts()]
    return " ".join(text.get_text().replace("\n", " ") for text in texts) + " " + (figure.get_suptitle() or "")


def make(name):
    """Return a study's name, its summary, and its figures by name."""
    headline = HEADLINES[name]
    said, learnt = made.answers(name), made.history(name)
    of_headline = said[said["model"] == headline]
    gather = getattr(summary_classes, name)
    summary = {
        "name": "local",
        "config_hash": "3f2a91c07b5d4e68",
        "git_commit": None,
        "seed": 1,
        "settings": {"name": "local", name: made.CONFIG[name]},
        "versions": {"earshot": "0.1"},
        "hardware": {"host": "node1", "cpu": "AMD EPYC", "cores": 2, "memory_gb": 23.4, "device": "CPU"},
        "stages": [{"rule": "classify_clips", "jobs": 20, "seconds": 61.0, "peak_memory_mb": None}],
        "data": [{"title": "Some Clips", "licence": "CC BY 4.0", "citation": "<A.> Nobody", "page": None}],
        name: gather(made.told(name, headline), made.CONFIG[name], PUBLISHED),
    }
    json.dumps(summary, allow_nan=False)
    drawn = {
        "class_accuracy": figures_classes.class_accuracy(
            score_trainings(said), summary_classes.published_lines(summary, name)
        ),
        "class_confusion": figures_classes.class_confusion(of_headline),
        "class_reliability": figures_classes.class_reliability(said),
        "class_training": figures_classes.class_training(
            learnt, ["published"] if name == "chords" else [], {"root": 12, "type": 4, "category": 3}
        ),
    }
    return name, summary, drawn


@pytest.fixture(scope="module")
def sounds():
    return make("sounds")


@pytest.fixture(scope="module")
def chords():
    return make("chords")


@pytest.fixture(params=HEADLINES)
def study(request):
    return request.getfixturevalue(request.param)


def page(summary, name, drawn=()):
    return Reader(render_classes(summary, drawn, name))


def test_figures_say_what_they_show(study):
    name, _, drawn = study
    accuracy, confusion, reliability, training = (words(figure) for figure in drawn.values())
    assert "accuracy (%)" in accuracy and "n = 2 trainings for each split" in accuracy and "mean ± SD" in accuracy
    assert "answers (% of the clips of the true class)" in confusion
    assert "probability of what was said (%)" in reliability and "as often as it says" in reliability
    assert "loss (nat)" in training and "epoch" in training
    if name == "sounds":
        assert "Pavlova (2021), 50 classes" in accuracy and "vacuum cleaner" in confusion
        assert "residual, all folds: n = 600 answers" in confusion
        assert training.endswith("n = 8 trainings")
    else:
        assert "an unknown octave" in accuracy and "other piano" in accuracy
        assert "D♭" in confusion and "diminished" in confusion and "transposable, whole performances" in confusion
        assert f"{least_loss(12):.3f}" in training and f"{least_loss(4):.3f}" in training
        assert "transposable, validation" in training and "root and type" in training


def test_points_of_trainings_and_means_of_seeds_are_where_they_should_be(study):
    name, summary, drawn = study
    axes = drawn["class_accuracy"].axes[0]
    found = summary[name]["models"][HEADLINES[name]]
    mean = found["accuracy"]["mean"] if name == "sounds" else found["root"]["random"]["accuracy"]
    means = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D"]
    assert any(np.isclose(one, 100 * mean) for one in means)
    count = {"sounds": 2 * 2 * 5, "chords": 3 * 2 * 6}[name]
    assert sum(len(points.get_offsets()) for points in axes.collections if hasattr(points, "get_sizes")) == count


def test_the_confusion_of_fifty_classes_is_readable():
    random = np.random.default_rng(1)
    names = np.array([f"some_{number:02d}_sound" for number in range(50)])
    true = random.integers(50, size=2000)
    said = np.where(random.random(2000) < 0.6, true, random.integers(50, size=2000))
    rows = pd.DataFrame({"model": "residual", "split": "fold1", "task": "category", "true": names[true]})
    figure = figures_classes.class_confusion(rows.assign(said=names[said]))
    assert len(figure.axes[0].get_xticklabels()) == len(figure.axes[0].get_yticklabels()) == 50
    (row,) = {len(set(figure.axes[0].images[0].get_array().sum(1).round()))}
    assert row == 1, "each row is all clips of a class"


def test_figures_of_nothing_say_so():
    empty = made.answers("sounds").iloc[:0]
    for figure in (
        figures_classes.class_accuracy(score_trainings(made.answers("sounds")).iloc[:0], {}),
        figures_classes.class_confusion(empty),
        figures_classes.class_reliability(empty),
        figures_classes.class_training(made.history("sounds").iloc[:0], [], {}),
    ):
        assert "n = 0" in figure.texts[0].get_text()


def test_the_page_is_sound_and_has_every_picture(study, tmp_path):
    name, summary, drawn = study
    on_page = []
    for figure_name, figure in drawn.items():
        figures.save(figure, tmp_path / f"{figure_name}.svg")
        on_page.append(FigureOnPage(figure_name, (tmp_path / f"{figure_name}.svg").read_text()))
    reader = page(summary, name, on_page)
    assert len(reader.ids) == len(set(reader.ids))
    assert reader.headings[0] == 1 and reader.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(reader.headings, reader.headings[1:], strict=False))
    assert [tag for tag, _ in reader.tags if tag in ("script", "iframe")] == ["script"]
    assert sum(tag == "svg" for tag, _ in reader.tags) == 4
    assert "Whether they know when they are right" in reader.text and "None" not in reader.text
    for wrong in ("localis", "Sumner", "listener", "{{"):
        assert wrong not in reader.text


def test_every_page_says_what_was_asked_of_what_and_how_well_it_was_answered(study):
    name, summary, _ = study
    text = page(summary, name).text
    assert "clip7: 1-2-A-3.wav: is silent <and short>. Leave it out." in text
    assert "† " in text and "2 seeds together" in text and "calibration" in text
    assert "Each network is trained 2 times, from other seeds on the same split." in text
    assert f"{HEADLINES[name]}/scores.parquet" in text and "Clips that test choose nothing" in text
    assert "together, on AMD EPYC, 1 core." in text
    assert "This is a demonstration." not in text


def test_every_page_says_which_clips_were_padded(study):
    name, summary, _ = study
    text = page(summary, name).text
    assert "clip12: 2.60 s" in text and "clip9: 3.64 s" in text
    if name == "sounds":
        assert "Padded: 7 clips of less than 4.95 s, where 5 s are wanted." in text
        assert "it lacks is its mirror image at both ends." in text and "and 2 more, none of them shorter" in text
    else:
        assert text.count("Padded: 6 clips of less than 3.96 s, where 4 s are wanted.") == 2, "and of another piano"
        assert "it lacks is zeros at its end." in text
    whole = copy.deepcopy(summary)
    for clips in (whole[name], *whole[name].get("other_pianos", {}).values()):
        clips["padded"] = {"clips": 0, "shorter_than_s": 4.95, "shortest": []}
    text = page(whole, name).text
    assert "Padded: 0 clips" in text and "cut off" not in text


def test_sounds_stand_beside_what_was_published_and_what_people_do(sounds):
    name, summary, _ = sounds
    text = page(summary, name).text
    best = summary["sounds"]["esc10"]["accuracy"]
    assert f"{100 * best['mean']:.1f} ± {100 * best['sd']:.1f} %" in text
    for said in ("54.5 %", "people who listened (Piczak 2015) 95.7 %", "these are 3, which are easier"):
        assert said in text
    second = [100 * values[1] for values in best["trainings"].values()]
    assert "".join(f"{value:.1f} %" for value in second) in text.replace("\n", "")
    made_up = copy.deepcopy(summary) | {"data": []}
    made_up["sounds"] |= {"collection": "synthetic_sounds", "synthetic_sounds": summary["sounds"]["esc10"]}
    made_up["sounds"]["published"] = summary["sounds"]["published"] | {"people": None}
    text = page(made_up, name).text
    assert "This is a demonstration." in text and "made up by a program; no data set was used" in text
    assert "people who listened" not in text


def test_sounds_of_ones_own_stand_beside_what_a_guess_would_reach(sounds):
    """And beside nothing that was published of others."""
    name, summary, _ = sounds
    config = made.CONFIG[name] | {"collection": "folder"}
    own = copy.deepcopy(summary) | {
        "data": [],
        name: summary_classes.sounds(made.told(name, "residual"), config, PUBLISHED),
    }
    assert summary_classes.published_lines(own, name) == {}
    text = page(own, name).text
    largest = own[name]["largest_class"]
    assert largest == {"category": "cat", "share": 0.35}
    assert "who always says “cat”" in text and "mean over classes" in text and "The clips are the user's own." in text
    for theirs in ("Pavlova", "ESC", "Piczak", "demonstration"):
        assert theirs not in text
    (headline,) = headlines(name, own)
    assert headline.published == "" and headline.n == "300 clips"


def test_chords_say_what_leaks_and_what_a_softmax_costs(chords):
    name, summary, _ = chords
    text = page(summary, name).text
    leak = summary["chords"]["leak"]["transposable"]["root"]
    assert "The random split of the published study leaks." in text and "nearly every performance that tests" in text
    assert f"transposable {100 * leak:+.1f} for the root".replace("-", "−") in text  # noqa: RUF001
    assert (
        "What a softmax before the cross entropy costs." in text and "“without softmax” differs in that alone" in text
    )
    for said in (
        "Kauppila et al., as published81.0 %91.0 %",
        "an unknown octave",
        "another piano, upright",
        "by the networks of whole performances",
        "octave 3",
        "until 2 epochs brought",
    ):
        assert said in text


def test_one_seed_is_said_to_be_one(study):
    name, summary, _ = study
    one = copy.deepcopy(summary)
    one["settings"][name]["seeds"] = 1
    text = page(one, name).text
    assert "of one seed" in text and "trained once, from one seed" in text
