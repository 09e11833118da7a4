"""The first page of a run: what is there, what is not, and what another run has."""

import pytest
import scenes_made_up as made
from earshot.cli import main
from earshot.errors import DataError
from earshot.show import summary_scenes
from earshot.show.headlines import headlines
from earshot.show.overview import differing_figures, differing_settings, read_run, render_overview, write_failures
from earshot.show.standing import Failure
from overview_made_up import of_localisation, of_scenes, write


@pytest.fixture
def run(tmp_path):
    return read_run(write(tmp_path / "mine", localisation=of_localisation(), scenes=of_scenes()))


def test_figures_of_a_chapter_say_their_unit_their_n_and_what_was_published():
    error, faster = headlines("localisation", of_localisation())
    assert (error.value, error.unit, error.n, error.spread) == (12.34, "°", "45 people", "± 4.0")
    assert error.published == "19 ± 4° (ITA, 45 people)" and error.table == "scores.parquet"
    assert (faster.value, faster.unit, faster.spread) == (12.0, "times", "11.0 to 13.0")
    assert headlines("no such chapter", {}) == []


def test_directions_that_were_measured_are_in_the_order_of_their_number():
    """A summary has them by the alphabet."""
    unseen = {count: {"p95_deg": {"mean": 1.0, "sd": None, "n": 3}} for count in ("0", "100", "20", "5")}
    found = headlines("others", {"others": {"unseen_person": unseen}})
    assert [one.what.split()[-4] for one in found] == ["0", "5", "20", "100"]


def test_what_no_scene_had_is_no_figure():
    scenes = made.scenes(sources=(1, 1, 1))
    found = summary_scenes.summarise(scenes, made.answers(scenes, classes=False), 1, made.TABLE)
    per_s = {"value": 11.0, "unit": "scenes per second", "n": 5, "table": "pieces.parquet"}
    said = [one.what for one in headlines("scenes", {"scenes": found | {"per_s": per_s}})]
    assert said == [
        "median error, one source, learnt in rooms",
        "median error, one source, learnt without rooms",
        "scenes made and answered",
    ]


def test_the_page_has_what_is_there_and_names_what_is_not(run):
    page = render_overview(run)
    assert '<a href="../scenes/index.html">' in page and "<strong>12.3°</strong>" in page
    assert "snakemake --cores 4 -- chords" in page and "chords/index.html" not in page
    assert page.count("CC BY-SA") == 1, "what chapters have in common is said once"
    assert "http" not in page.replace("http-equiv", ""), "nothing is loaded"


def test_a_figure_leads_to_the_table_that_it_was_computed_from(tmp_path):
    of_scores = of_localisation()
    of_scores["localisation"]["accelerated"]["p95_deg"] |= {"table": "results/mine/localisation/scores.parquet"}
    folder = write(tmp_path / "results/mine", localisation=of_scores)
    assert "scores.parquet" not in render_overview(read_run(folder)), "it is not there"
    (folder / "localisation/scores.parquet").touch()
    page = render_overview(read_run(folder))
    assert '<a href="../localisation/scores.parquet">scores.parquet</a>' in page


def test_what_failed_is_named_with_its_log(run):
    assert "What failed" not in render_overview(run)
    write_failures(run.folder, [Failure("Train <b>", "logs/mine/train.log"), Failure("report_rooms")])
    page = render_overview(read_run(run.folder))
    assert "<li>Train &lt;b&gt; (<code>logs/mine/train.log</code>)</li>" in page and "<li>report_rooms</li>" in page


def test_a_run_without_listeners_has_a_page(tmp_path):
    assert "Scenes: where is it" in render_overview(read_run(write(tmp_path / "mine", scenes=of_scenes())))


def test_a_chapter_without_a_page_is_not_there(run, tmp_path):
    (tmp_path / "mine/localisation/index.html").unlink()
    assert [own.chapter.name for own in read_run(tmp_path / "mine").found] == ["scenes"]


def test_two_runs_are_compared_by_figures_and_by_settings(run, tmp_path):
    other = read_run(write(tmp_path / "other", localisation=of_localisation(mean=10.0, hidden=128)))
    figures = {one.what: one for one in differing_figures(run, other)}
    error = figures["Where a sound comes from: 95th percentile of the error, accelerated"]
    assert (error.here, error.there, error.change) == ("12.3°", "10.0°", "\N{MINUS SIGN}2.3, better")
    assert figures["Where a sound comes from: features and training, as fast as the published way"].change == "alike"
    assert len(figures) == 2, "of chapters that both have"
    (hidden,) = differing_settings(run, other)
    assert (hidden.what, hidden.here, hidden.there) == ("localisation.network.hidden", "64", "128")
    page = render_overview(run, other)
    assert (
        "Beside the run “other”" in page
        and "Scenes: where is it, and what? (this run)" in page
        and "localisation.network.hidden" in page
    )


def test_a_chapter_of_another_version_is_passed_over_with_a_sentence(tmp_path, caplog):
    """The others are shown; it is among those that are missing."""
    folder = write(tmp_path / "mine", localisation={"localisation": {}, "settings": {}}, scenes=of_scenes())
    found = read_run(folder)
    assert [own.chapter.name for own in found.found] == ["scenes"] and found.missing[0].name == "localisation"
    (said,) = caplog.messages
    assert "localisation/summary.json: is no summary of this version" in said and "--forcerun" in said


def test_where_no_chapter_can_be_read_there_is_no_page(tmp_path):
    folder = write(tmp_path / "mine", localisation={"localisation": {}, "settings": {}})
    for place in (folder, tmp_path):
        with pytest.raises(DataError, match="no chapter of a report"):
            read_run(place)


def test_the_command_writes_the_page_and_says_where_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["report"]) == 2 and "no report is in results/" in capsys.readouterr().err
    write(tmp_path / "results/mine", localisation=of_localisation())
    assert main(["report"]) == 0
    assert capsys.readouterr().out == "results/mine/report/index.html: 1 of 9 chapters (localisation)\n"
    assert "12.3°" in (tmp_path / "results/mine/report/index.html").read_text()
    write(tmp_path / "results/other", localisation=of_localisation(mean=10.0))
    assert main(["report"]) == 2 and "there are several runs: results/mine, results/other" in capsys.readouterr().err
    assert main(["report", "results/mine", "--beside", "results/other"]) == 0
    assert "Beside the run" in (tmp_path / "results/mine/report/beside-other.html").read_text()
    assert "Beside the run" not in (tmp_path / "results/mine/report/index.html").read_text()
