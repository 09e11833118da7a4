"""What of Gradio's server is open."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from earshot.app.gate import Gate, is_open

OPEN = ["/", "/config", "/theme.css", "/assets/index-abc.js", "/static/js/iframeResizer.contentWindow.min.js"]
OPEN += [
    f"/gradio_api/{path}" for path in ("info", "queue/join", "queue/data", "upload", "heartbeat/ab12", "file=/tmp/a")
]
SHUT = [
    "/monitoring",
    "/monitoring/key",
    "/docs",
    "/login",
    "/svelte/x",
    "/gradio_api/deep_link",
    "/gradio_api/openapi.json",
]
SHUT += [
    f"/gradio_api/{path}" for path in ("file=http://example.com/a", "proxy=http://example.com", "vibe-edit", "run/x")
]
SHUT += ["/gradio_api/file=HTTPS://example.com", "/gradio_api/process_recording", "/gradio_api/runs", "/config/../docs"]


@pytest.mark.parametrize("path", OPEN)
def test_what_the_page_needs_is_open(path):
    assert is_open(path)


@pytest.mark.parametrize("path", SHUT)
def test_nothing_else_is(path):
    assert not is_open(path)


def answer(path, host, hosts, method="GET", **headers):
    """The status that is sent, and its headers."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
        await send({"type": "http.response.body", "body": b"page"})

    async def send(message):
        sent.append(message)

    given = [(name.encode(), value) for name, value in {"host": host, **headers}.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": given}
    with ThreadPoolExecutor(1) as thread:  # tests in a browser leave a loop in this one
        thread.submit(asyncio.run, Gate(app, hosts)(scope, None, send)).result()
    return sent[0]["status"], dict(sent[0]["headers"])


def test_a_browser_is_told_to_load_from_here_alone():
    status, headers = answer("/", b"127.0.0.1:7860", {"127.0.0.1"})
    assert status == 200 and headers[b"x"] == b"y"
    policy = headers[b"content-security-policy"].decode()
    assert "default-src 'self'" in policy and "http" not in policy and "*" not in policy


def test_who_asks_by_another_name_is_not_let_in():
    """Else a page elsewhere could give its own name this machine's address, and read what is said here."""
    assert answer("/", b"evil.example:7860", {"127.0.0.1"})[0] == 404
    assert answer("/", b"my-machine:7860", None)[0] == 200


def test_another_page_may_link_here_and_send_nothing():
    """Else any page that is open could fill the disk with what it uploads here."""
    upload = "/gradio_api/upload", b"127.0.0.1:7860", {"127.0.0.1"}, "POST"
    assert answer(*upload)[0] == answer(*upload, origin=b"http://127.0.0.1:7860")[0] == 200
    assert answer(*upload, origin=b"http://evil.example")[0] == 404
    assert answer(*upload, origin=b"null")[0] == 404
    assert answer("/", *upload[1:3], origin=b"http://evil.example")[0] == 200


def test_this_machine_has_several_names():
    assert answer("/", b"[::1]:7860", {"[::1]"})[0] == 200
