"""The report in a browser: a first page and a chapter that are made up, and every page of a run that is named."""

import csv
import os
from pathlib import Path

import pytest
import tables_made_up
from earshot.show import figures
from earshot.show.overview import read_run, write_failures, write_overview
from earshot.show.page import FigureOnPage
from earshot.show.page_localisation import render_localisation
from earshot.show.standing import Failure
from looks import PHONE, serious_findings
from overview_made_up import of_localisation, of_scenes, write

pytestmark = pytest.mark.browser

LOOKS = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": PHONE}
RESULTS = os.environ.get("EARSHOT_RESULTS")  # of a run, results/<name>: its pages are looked at too
LARGEST_MB = 5  # of a page, sounds aside


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A run's folder, with a first page that leads to a chapter."""
    folder = write(tmp_path_factory.mktemp("results") / "mine", localisation=of_localisation(), scenes=of_scenes())
    scores = tables_made_up.scores()
    figures.save(figures.error_map(tables_made_up.predictions()), folder / "map.svg")
    picture = FigureOnPage("error_map", (folder / "map.svg").read_text(), "accelerated")
    page = render_localisation(tables_made_up.summary(), [picture], scores)
    (folder / "localisation/index.html").write_text(page, encoding="utf-8")
    write_failures(folder, [Failure("Train anna", "logs/mine/train.log")])
    write_overview(read_run(folder))
    return folder


def usable(page):
    """What keeps people from using a page: of axe's findings the serious ones, and a page wider than its window."""
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return serious_findings(page) + ([f"{wider} pixels wider than the window"] if wider > 1 else [])


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ["report", "localisation"])
def test_it_is_for_everybody(name, look, report, open_page):
    page = open_page(**LOOKS[look])
    page.goto((report / name / "index.html").as_uri())
    for closed in page.locator("summary").all():
        closed.click()
    assert usable(page) == []


def test_the_first_page_leads_to_a_chapter_and_back(report, page):
    page.goto((report / "report/index.html").as_uri())
    assert "Train anna" in page.get_by_role("main").inner_text()
    page.get_by_role("link", name="Where a sound comes from").click()
    page.get_by_role("link", name="all chapters").click()
    page.get_by_role("heading", name="What was found").wait_for()


def column(table, number):
    """The values of a column; rows that say something else have fewer cells, and come last."""
    cells = table.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText))"
    )
    most = max(map(len, cells))
    assert [len(row) == most for row in cells] == sorted([len(row) == most for row in cells], reverse=True)
    return [float(row[number]) for row in cells if len(row) == most]


def test_a_table_is_sorted_by_the_column_that_is_clicked(report, page):
    page.goto((report / "localisation/index.html").as_uri())
    page.get_by_text("Scores of each listener").click()
    table = page.get_by_role("table", name="Errors in degrees")
    percentile = [heading.inner_text() for heading in table.locator("thead th").all()].index("95th percentile")
    before = column(table, percentile)
    assert before != sorted(before), "there is something to sort"
    for order, expected in (("ascending", sorted(before)), ("descending", sorted(before, reverse=True))):
        table.get_by_role("button", name="95th percentile").click()
        assert column(table, percentile) == expected
        assert table.locator("[aria-sort]").evaluate_all("all => all.map(one => one.ariaSort)") == [order]


def test_a_table_is_saved_as_it_is_shown(report, page, tmp_path):
    page.goto((report / "report/index.html").as_uri())
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Save this table").first.click()
    assert downloading.value.suggested_filename == "headline-figures-1.csv"
    downloading.value.save_as(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["What", "ours", "published", "n"]
    error = next(row for row in rows if row[0].startswith("95th percentile"))
    assert error == [
        "95th percentile of the error, accelerated",
        "12.3° ± 4.0",
        "19 ± 4° (ITA, 45 people)",
        "45 people",
    ]


def test_without_scripts_nothing_is_missing_but_what_they_do(report, open_page):
    texts = []
    for scripts in (True, False):
        page = open_page(java_script_enabled=scripts)
        page.goto((report / "report/index.html").as_uri())
        texts.append(page.get_by_role("main").inner_text().replace("Save this table (CSV)", "").split())
    assert texts[0] == texts[1]


def test_on_paper_nothing_is_folded_away(report, page):
    page.goto((report / "localisation/index.html").as_uri())
    page.emulate_media(media="print")
    assert page.get_by_role("table", name="Errors in degrees").is_visible()
    assert not page.get_by_role("button", name="Save this table").first.is_visible()
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.long
@pytest.mark.skipif(not RESULTS, reason="EARSHOT_RESULTS names no run, results/<name>")
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("path", sorted(Path(RESULTS or ".").glob("*/index.html")), ids=lambda path: path.parent.name)
def test_every_page_of_a_run(path, look, open_page):
    page = open_page(**LOOKS[look])
    page.goto(path.resolve().as_uri())
    for closed in page.locator("summary").all():
        closed.click()
    assert usable(page) == []
    sounds = page.locator("audio, audio source").evaluate_all("all => all.map(one => (one.src || '').length)")
    assert path.stat().st_size - sum(sounds) < LARGEST_MB * 1e6
    assert all(
        sound.evaluate("one => new Promise(done => { one.oncanplay = () => done(one.duration > 0); one.load() })")
        for sound in page.locator("audio").all()[:3]
    )
    if shots := os.environ.get("EARSHOT_SHOTS"):
        page.screenshot(path=f"{shots}/{path.parent.name}-{look}.png", full_page=True)
