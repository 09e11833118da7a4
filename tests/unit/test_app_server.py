"""The page as its server shows it: it loads nothing from elsewhere, lets nobody at other files, and cleans up."""

import json
import os
import re
import socket
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from app_made_up import make_run
from earshot.app.limits import LARGEST_MB
from earshot.app.open_run import open_run
from earshot.app.runs import choose

httpx = pytest.importorskip("httpx")
pytest.importorskip("gradio")

from app_users import use  # noqa: E402 (which wants Gradio's client)
from earshot.app.server import shown  # noqa: E402

LACKING = "This run has no model of how rooms sound."


@pytest.fixture(scope="module")
def tabs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project") / "results"
    make_run(folder)
    return open_run(choose(folder, None), None, torch.device("cpu"))


@pytest.fixture(scope="module")
def page(tabs):
    """The address of a page that is shown."""
    with shown(tabs) as address:
        yield address.rstrip("/")


@pytest.fixture
def ears(tmp_path):
    path = tmp_path / "ears.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(1).normal(size=(16000, 2)), 16000)
    return path


def ask(page, name, *values):
    """What the page answers to a question, as its own script asks it."""
    config = httpx.get(f"{page}/config").json()
    (number,) = [one["id"] for one in config["dependencies"] if one["api_name"] == name]
    session = {"fn_index": number, "session_hash": "test", "data": list(values)}
    httpx.post(f"{page}/gradio_api/queue/join", json=session).raise_for_status()
    with httpx.stream("GET", f"{page}/gradio_api/queue/data", params={"session_hash": "test"}, timeout=60) as lines:
        for line in lines.iter_lines():
            said = json.loads(line.removeprefix("data: ")) if line else {}
            if said.get("msg") == "process_completed":
                return said
    raise AssertionError("no answer came")


def upload(page, path):
    (kept,) = httpx.post(f"{page}/gradio_api/upload", files={"files": path.open("rb")}).raise_for_status().json()
    return kept


def given(path):
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}}


class Loaded(HTMLParser):
    """What a browser loads of a page."""

    def __init__(self, text):
        super().__init__()
        self.addresses = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.addresses += [value for name, value in attributes if name in ("src", "href", "data", "poster")]


def test_nothing_is_loaded_from_elsewhere(page):
    index = httpx.get(page)
    assert index.headers["content-security-policy"].startswith("default-src 'self'")
    addresses = Loaded(index.text).addresses
    assert addresses and not [one for one in addresses if "//" in one]
    # Meta elements are of no page that was loaded. All else that names an address names this page's own.
    named = set(re.findall(r"https?://[^\s\"'<>\\]+", re.sub(r"<meta[^>]*>", "", index.text)))
    assert {address.partition("//")[2].partition(":")[0] for address in named} <= {"127.0.0.1"}
    assert "url(http" not in httpx.get(f"{page}/theme.css").text


def test_nobody_is_told_of_it(tabs, ears, monkeypatch):
    """Neither when the page begins nor when it answers does anybody connect to another machine."""
    asked, keep = set(), {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}
    for name, own in keep.items():
        monkeypatch.setattr(socket.socket, name, lambda self, to, own=own: asked.add(to[0]) or own(self, to))
    with shown(tabs) as address:
        page = address.rstrip("/")
        ask(page, "what", given(upload(page, ears)), None, "sounds/residual")
    assert asked == {"127.0.0.1"}
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False" and os.environ["HF_HUB_OFFLINE"] == "1"


def test_nothing_tells_of_more_than_the_page(page):
    config = httpx.get(f"{page}/config").json()
    assert config["analytics_enabled"] is False and config["title"] == "Earshot"
    assert not config["footer_links"]
    assert not httpx.get(f"{page}/gradio_api/info").json()["named_endpoints"]


def test_other_files_are_not_shown(page, tabs, tmp_path):
    here = Path(__file__).resolve()
    for path in ("/etc/passwd", here, here.parents[2] / "pyproject.toml", "/tmp/../etc/passwd"):
        assert httpx.get(f"{page}/gradio_api/file={path}").status_code == 403
    assert httpx.get(f"{page}/gradio_api/file=http://example.com/").status_code == 404


def test_other_files_are_not_heard(page, ears):
    """Neither by their paths nor by an address, which the server would have to fetch."""
    for path in (ears, "http://127.0.0.1:9/a.wav", "https://example.com/a.wav"):
        said = ask(page, "where", given(path), None, "anna", 1)
        assert not said["success"] and "<svg" not in json.dumps(said)
    said = ask(page, "where", given(upload(page, ears)), None, "anna", 1)
    assert said["success"] and said["output"]["data"][0].count("<svg") == 2


def test_what_cannot_be_heard_is_a_sentence(page, tmp_path):
    (tmp_path / "words.wav").write_text("no audio")
    kept = upload(page, tmp_path / "words.wav")
    for name, *others in (
        ("where", None, "anna", 1),
        ("what", None, "sounds/residual"),
        ("chord", None, "chords/ours"),
    ):
        said = ask(page, name, given(kept), *others)
        assert "words.wav: cannot be read as audio" in said["output"]["data"][0] and "Traceback" not in json.dumps(said)


def test_too_large_a_file_is_not_taken(page, tmp_path):
    path = tmp_path / "large.wav"
    path.write_bytes(bytes(1_100_000 * LARGEST_MB))
    assert httpx.post(f"{page}/gradio_api/upload", files={"files": path.open("rb")}).status_code == 413


def test_several_users_are_answered(page):
    visits = use(page, users=3, seconds=1)
    assert len(visits) >= 3 and not [visit for visit in visits if visit.fault]


def test_what_was_given_is_gone_when_the_page_is(tabs, ears):
    with shown(tabs) as address:
        kept = Path(upload(address.rstrip("/"), ears))
        assert kept.exists() and kept.name == "ears.wav"
        folder = next(up for up in kept.parents if up.name.startswith("earshot-app-"))
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


def test_what_was_given_is_deleted_in_time(tabs, ears, monkeypatch):
    monkeypatch.setattr("earshot.app.page._CLEAN_EVERY_S", 1)
    monkeypatch.setattr("earshot.app.page._KEPT_S", 1)
    with shown(tabs) as address:
        kept = Path(upload(address.rstrip("/"), ears))
        assert kept.exists()
        ends = time.monotonic() + 10
        while kept.exists() and time.monotonic() < ends:
            time.sleep(0.2)
        assert not kept.exists()


def test_a_tab_that_lacks_models_says_so(tabs):
    with shown(replace(tabs, room=LACKING, chord=LACKING)) as address:
        config = httpx.get(f"{address}config").json()
    values = [str(one["props"].get("value")) for one in config["components"]]
    assert sum(LACKING in value for value in values) == 2
    assert {one["api_name"] for one in config["dependencies"]} >= {"where", "what"}


def test_a_port_that_is_taken_is_an_error(tabs, page):
    with pytest.raises(OSError, match="port"), shown(tabs, port=int(page.rpartition(":")[2])):
        pass
