"""Pages as people see them: in Chromium, which may ask nobody else, and which reports what goes wrong."""

import sys
from pathlib import Path
from urllib.parse import urlparse

import pytest
from looks import DESKTOP

sys.path.append(str(Path(__file__).parents[1] / "unit"))  # where tests make up what pages show

_PATIENCE_MS = 60_000  # on a machine on which other tests run
_MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]  # one that hums


@pytest.fixture(scope="session")
def browser():
    """Chromium, without a window."""
    import shutil

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # As root, as in containers, Chromium runs without its sandbox or not at all. It looks at our own pages alone.
        arguments = ["--no-sandbox", *_MICROPHONE]
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        yield found
        found.close()


@pytest.fixture
def open_page(browser):
    """Opens pages, each with settings of its own, as `PHONE`. What they complain of or ask of others fails the test."""
    complaints, contexts = [], []

    def opened(**settings):
        contexts.append(browser.new_context(**(DESKTOP | settings)))
        page = contexts[-1].new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.on("console", lambda said: said.type == "error" and complaints.append(f"console: {said.text}"))
        page.on("pageerror", lambda fault: complaints.append(f"script: {fault}"))
        page.on("request", lambda asked: _is_own(asked.url) or complaints.append(f"asked for {asked.url}"))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def page(open_page):
    """A page on a desk."""
    return open_page()


def _is_own(address):
    parts = urlparse(address)
    return parts.scheme in ("file", "blob", "data", "about") or parts.hostname in ("127.0.0.1", "localhost")
