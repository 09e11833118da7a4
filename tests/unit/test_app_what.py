"""What classifiers say, as bars and in words."""

from html.parser import HTMLParser

import pytest
from earshot.app.what import bars, in_words
from earshot.data.clips import TRIAD_ROOTS
from earshot.learn.prediction import Answer

CHORD = {"root": dict.fromkeys(TRIAD_ROOTS, 0.02) | {"Ef": 0.78}, "type": {"j": 0.1, "n": 0.7, "d": 0.1, "a": 0.1}}
SOUND = {"category": {f"sound_{number}": 0.9 if number == 7 else 0.1 / 49 for number in range(50)}}


class Rows(HTMLParser):
    """The texts of each row of tables, and how wide its bar is."""

    def __init__(self):
        super().__init__()
        self.rows, self.widths = [], []

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])
        if tag == "span":
            self.widths.append(float(dict(attributes)["style"].removeprefix("width: ").removesuffix("%")))

    def handle_data(self, data):
        if self.rows:
            self.rows[-1].append(data)


def read(page):
    rows = Rows()
    rows.feed(page)
    return rows


def test_chords_are_said_and_all_their_roots_and_types_shown():
    answer = Answer(CHORD, 1, ())
    assert in_words(answer) == "E♭ minor (root 78 %, type 70 %)."
    shown = read(bars(answer))
    assert [row[0] for row in shown.rows[:4]] == ["C", "D♭", "D", "E♭"]
    assert [row[0] for row in shown.rows[12:]] == ["major", "minor", "diminished", "augmented"]
    assert shown.widths[3] == 78 and shown.rows[3][-1].endswith("78.0 %")


def test_of_many_sounds_the_likeliest_are_shown_and_what_is_left():
    shown = read(bars(Answer(SOUND, 3, ())))
    assert len(shown.rows) == 11 and shown.rows[0][0] == "sound 7"
    assert shown.rows[-1] == ["40 others", f"{100 * 40 * 0.1 / 49:.1f} %"]
    assert sum(shown.widths) == pytest.approx(100, abs=1)
    assert "Sound 7 (90 %). It was heard in 3 pieces" in in_words(Answer(SOUND, 3, ()))


def test_names_of_classes_are_text():
    page = bars(Answer({"category": {"<script>": 0.6, "dog": 0.4}}, 1, ()))
    assert "<script>" not in page and "&lt;script&gt;" in page
