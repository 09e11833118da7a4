"""The page on which models are tried, driven as a person would, on a run that was made up."""

import numpy as np
import pytest
import soundfile
import torch
from app_made_up import make_run
from earshot.app.answers import warm
from earshot.app.open_run import open_run
from earshot.app.runs import choose
from looks import PHONE, serious_findings

pytest.importorskip("gradio")

pytestmark = pytest.mark.browser

# Of each tab: what it asks, what is chosen there, and what then is said.
TABS = {
    "Where": ("Where is it?", "1: sea waves", "nine tenths of"),
    "What": ("What is it?", "dog", "In truth: dog."),
    "Chord": ("Which chord is it?", "C major, made up", "Probability of each root"),
    "Room": ("How would it sound there?", "knocks, made up", "What the room measures"),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the page is shown."""
    from earshot.app.server import shown

    folder = tmp_path_factory.mktemp("project") / "results"
    make_run(folder)
    tabs = open_run(choose(folder, None), None, torch.device("cpu"))
    warm(tabs)
    with shown(tabs) as found:
        yield found


@pytest.fixture
def recording(tmp_path):
    """Writes a recording of so many channels."""

    def written(name, channels):
        path = tmp_path / name
        soundfile.write(path, 0.1 * np.random.default_rng(1).normal(size=(16000, channels)), 16000)
        return path

    return written


def visit(page, address):
    page.goto(address)
    page.get_by_role("heading", name="Where is it?").wait_for()


def panel(page, tab):
    """Open a tab."""
    page.get_by_role("tab", name=tab, exact=True).click()
    shown = page.get_by_role("tabpanel").filter(visible=True)
    shown.get_by_role("heading", name=TABS[tab][0]).wait_for()
    shown.locator(".said[aria-live=polite]").wait_for()  # what is read out when it changes
    return shown


def answer(shown):
    return shown.locator(".block.said")


def wait_for(shown, words):
    answer(shown).get_by_text(words).first.wait_for()


def choose_sound(shown, words):
    shown.get_by_role("radio", name=words).first.check()


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_every_tab_answers_and_is_for_everybody(tab, look, address, open_page):
    page = open_page(**(PHONE if look == "phone" else {"color_scheme": look}))
    visit(page, address)
    shown = panel(page, tab)
    assert serious_findings(page) == []
    _, sound, said = TABS[tab]
    choose_sound(shown, sound)
    wait_for(shown, said)
    for drawing in shown.locator("svg[role=img]").all():
        assert len(drawing.get_attribute("aria-label")) > 30
    assert serious_findings(page) == []
    # A telephone's window grows with what is too wide for it.
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_a_recording_of_ones_own_is_answered_and_its_faults_are_sentences(address, page, recording):
    visit(page, address)
    shown = panel(page, "Where")
    shown.locator("input[type=file]").set_input_files(recording("ears.wav", 2))
    wait_for(shown, "nine tenths of")
    assert "In truth" not in answer(shown).inner_text()
    shown.get_by_role("radio", name="two", exact=True).check()
    wait_for(shown, "Sound 2:")
    shown.get_by_role("button", name="Clear").click()
    wait_for(shown, "choose one of the sounds")
    shown.locator("input[type=file]").set_input_files(recording("mono.wav", 1))
    wait_for(shown, "mono.wav: has one channel.")
    assert shown.get_by_role("alert").count() == 1
    # An answer that was there before is not beside it.
    assert answer(shown).locator("svg").count() == 0


def test_a_scene_says_who_hears_it_and_what_is_right(address, page):
    visit(page, address)
    shown = panel(page, "Where")
    two = shown.get_by_role("radio", name="sea waves and sea waves").first
    two.check()
    wait_for(shown, "In truth: sound 1 is")
    assert shown.get_by_role("radio", name="two", exact=True).is_checked()
    person = two.locator("xpath=..").inner_text().rpartition(" ")[2]
    assert shown.get_by_role("radio", name=person, exact=True).is_checked()


def test_a_microphone_is_heard_with_two_ears(address, open_page):
    page = open_page(permissions=["microphone"])
    visit(page, address)
    shown = panel(page, "What")
    shown.get_by_role("button", name="Record audio").click()
    shown.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(1500)
    shown.get_by_role("button", name="Stop").click()
    wait_for(shown, "By 2 networks of sounds/residual.")


def test_a_room_is_heard_anew_when_it_is_changed(address, page):
    visit(page, address)
    shown = panel(page, "Room")
    choose_sound(shown, "knocks, made up")
    wait_for(shown, "What the room measures")
    for way in ("Dry", "In the room, simulated", "In the room, by the model"):
        shown.get_by_text(way, exact=True).wait_for()
    before = answer(shown).locator("table").inner_text()
    slider = shown.get_by_role("slider", name="Length (m)").first
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    table = answer(shown).locator("table")
    tables = "[...document.querySelectorAll('.said table')]"
    page.wait_for_function(
        f"before => {tables}.some(one => one.checkVisibility() && one.innerText != before)", arg=before
    )
    assert table.inner_text() != before and not answer(shown).get_by_role("alert").count()


def test_all_of_it_can_be_done_with_a_keyboard(address, page):
    visit(page, address)
    page.get_by_role("tab", name="Where", exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What is it?").wait_for()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type == 'radio'"):
            break
    page.keyboard.press("Space")
    wait_for(page.get_by_role("tabpanel").filter(visible=True), "In truth:")
