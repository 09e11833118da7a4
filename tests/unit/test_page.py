"""The report page: it says what it should, in sound HTML, and loads nothing."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
import tables_made_up as made
from earshot.score.equivalence import Equivalence
from earshot.show import figures
from earshot.show.captions import TEXTS
from earshot.show.colours import INK
from earshot.show.page import FigureOnPage, duration, number
from earshot.show.page_localisation import render_localisation

EMPTY_TAGS = {"meta", "link", "br"}


class Reader(HTMLParser):
    """Read a page, check that every tag is closed in its turn, and keep what tests ask for."""

    def __init__(self, page):
        super().__init__()
        self.open, self.ids, self.headings, self.tags, self.words = [], [], [], [], []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag not in EMPTY_TAGS:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "svg", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    published = {"mean": 19, "sd": 4, "n": 45}
    answers = made.predictions(items=60)
    made_figures = {
        ("error_distribution", None): figures.error_distribution(made.scores(), published),
        ("agreement", None): figures.agreement(made.scores(), Equivalence(-0.28, -0.66, 0.11, 1.0, 6)),
        ("error_map", "control"): figures.error_map(answers),
        ("error_map", "accelerated"): figures.error_map(answers),
        ("predicted_against_true", "accelerated"): figures.predicted_against_true(answers),
        ("speed", None): figures.speed(made.benchmark()),
    }
    on_page = []
    for (name, variant), figure in made_figures.items():
        figures.save(figure, folder / "figure.svg")
        on_page.append(FigureOnPage(name, (folder / "figure.svg").read_text(), variant))
    return on_page


@pytest.fixture(scope="module")
def page(drawn):
    return render_localisation(made.summary(), drawn, made.scores())


def text_of(summary, scores=None):
    return Reader(render_localisation(summary, [], made.scores() if scores is None else scores)).text


def test_it_is_sound_html_with_its_headings_in_order(page):
    reader = Reader(page)
    assert len(reader.ids) == len(set(reader.ids))
    assert reader.headings[0] == 1
    assert reader.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(reader.headings, reader.headings[1:], strict=False))


def test_every_reference_inside_a_figure_leads_somewhere(page):
    ids = set(Reader(page).ids)
    assert set(re.findall(r'href="#([^"]+)"', page) + re.findall(r"url\(#([^)]+)\)", page)) <= ids


def test_it_loads_nothing_and_runs_its_own_script_alone(page):
    tags = Reader(page).tags
    assert not {"iframe", "object", "embed"} & {tag for tag, _ in tags}
    assert [attributes for tag, attributes in tags if tag == "script"] == [{}]
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert page.count(f"script-src 'sha256-{digest}'\">") == 1, "what else is in the page is not run"
    for tag, attributes in tags:
        for name in ("href", "src", "xlink:href"):
            assert tag == "a" or attributes.get(name, "#").startswith(("#", "data:"))
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert re.findall(r"https?://[^\s\"<]+", page) == ["https://doi.org/10.3758/APP.72.2.454"] * 2


def test_every_figure_is_told_to_who_cannot_see_it_and_has_a_caption_and_the_page_s_colours(page, drawn):
    pictures = [attributes for tag, attributes in Reader(page).tags if tag == "svg"]
    assert len(pictures) == len(drawn)
    for picture, figure in zip(pictures, drawn, strict=True):
        assert picture["role"] == "img"
        assert picture["aria-label"] == f"{figure.title}. {TEXTS[figure.name][1]}"
        assert figure.caption in Reader(page).text
    assert INK not in page.partition("</style>")[2]


def test_every_caption_has_two_sentences():
    for _, _, caption in TEXTS.values():
        assert len(re.findall(r"[.](?= [A-Z]|$)", caption)) == 2


@pytest.mark.parametrize(
    "said",
    [
        "48 listeners of the ARI HRTF database",
        "AMD EPYC with 2 cores and 23.4 GB",
        "control 14.2 ± 2.1° n = 45",
        "accelerated 13.9 ± 2.1° n = 45",
        "published 19 ± 4° n = 45",
        "is as accurate as the control: per listener its 95th percentile differs by −0.28° on average",  # noqa: RUF001
        "−0.66° to +0.11°, lies inside the margin of ±1.0°",  # noqa: RUF001
        "9.2 times as fast (8.9 to 9.5 between the extremes of 3 repeats): 12.2 s in place of 1 min 52 s",
        "timed on 6 of 48 listeners and its time is scaled",
        "3.4 ± 1.2 %",
        f"nh8: {made.REASON}",
        f"nh2: {made.DOUBT}",
        "7 trained, 1 left out, 1 with doubts",
        "1 h 10 min",
        "32 ERB bands from 100 to 16,000 Hz",
        "20 % of the directions",
        "licence CC BY-SA 3.0",
        "digest 3f2a91c07b5d4e68, seed 1",
        "git commit 60f574f0c1",
        "The published figure is of the ITA-HRTF database.",
    ],
)
def test_it_says(said, page):
    assert said in Reader(page).text


def test_equal_summaries_give_equal_pages(page, drawn):
    assert render_localisation(made.summary(), drawn, made.scores()) == page


def test_synthetic_listeners_prove_no_accuracy():
    summary = made.summary()
    assert "This is a demonstration." not in text_of(summary)
    summary["localisation"] |= {"collection": "synthetic"}
    summary["data"] = []
    seen = text_of(summary)
    assert "This is a demonstration." in seen
    assert "48 synthetic listeners" in seen
    assert "computed from a model of a head" in seen


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ({"low_deg": 1.1, "high_deg": 1.9, "holds": False}, "is less accurate than the control"),
        ({"low_deg": -1.9, "high_deg": -1.1, "holds": False}, "is more accurate than the control"),
        ({"low_deg": -1.9, "high_deg": 0.3, "holds": False}, "It is not shown that"),
        ({"low_deg": None, "high_deg": None, "holds": False}, "cannot be tested with n = 45"),
    ],
)
def test_the_test_of_equal_accuracy_is_told_as_it_came_out(test, said):
    summary = made.summary()
    summary["localisation"]["equivalence"] |= test
    assert said in text_of(summary)


def test_what_was_not_run_is_said():
    summary = made.summary()
    del summary["speedup"], summary["localisation"]["control"], summary["localisation"]["equivalence"]
    del summary["localisation"]["title"]
    summary |= {"git_commit": None}
    seen = text_of(summary, made.scores(variants=("accelerated",)))
    assert "Speed was not measured" in seen
    assert "Only the implementation “accelerated” was run" in seen
    assert "git commit not known" in seen
    assert "listeners of the ARI HRTF database" in seen


def test_one_listener_has_no_standard_deviation():
    summary = made.summary()
    summary["localisation"]["listeners"] = 1
    summary["localisation"]["accelerated"]["p95_deg"] |= {"sd": None, "n": 1}
    summary["localisation"]["control"]["p95_deg"] |= {"mean": None, "sd": None, "n": 0}
    seen = text_of(summary, made.scores(listeners=1))
    assert "accelerated 13.9° n = 1" in seen
    assert "control – n = 0" in seen  # noqa: RUF001
    assert "1 listener of the" in seen


def test_what_comes_from_data_is_text_and_no_markup():
    summary = made.summary()
    summary["data"][0] |= {"citation": "<script>alert(1)</script>", "page": "javascript:alert(1)"}
    page = render_localisation(summary, [], made.scores())
    assert page.count("<script>") == 1 and "<script>alert" not in page, "the page's own"
    assert 'href="javascript' not in page


def test_numbers_are_written_as_people_write_them():
    assert number(-1234.56) == "−1,234.6"  # noqa: RUF001
    assert number(float("nan")) == number(None) == "–"  # noqa: RUF001
    assert [duration(value) for value in (0.04, 59.96, 61, 3600, 90061)] == [
        "0.0 s",
        "1 min 00 s",
        "1 min 01 s",
        "1 h 00 min",
        "25 h 01 min",
    ]
