"""The server that shows the page on this machine alone, and keeps nothing of what is given to it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import gradio as gr
from starlette.middleware import Middleware

from earshot.app.gate import Gate
from earshot.app.limits import LARGEST_MB
from earshot.app.open_run import Tabs
from earshot.app.page import build

LOOPBACK = "127.0.0.1"
# By whose names it is asked for: else a page elsewhere could, by a name of its own.
_HOSTS = {LOOPBACK, "localhost", "[::1]"}
_WAITING = 64  # questions, before the page says that it is busy
_FOLDERS = ("GRADIO_TEMP_DIR", "GRADIO_EXAMPLES_CACHE")
_FONTS = ("Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")  # of the machine: none is fetched
_STYLE, _SCRIPT = (Path(__file__).with_name(f"page.{kind}") for kind in ("css", "js"))


def is_loopback(host: str) -> bool:
    """Return whether who is let in by a host's name is at this machine."""
    return host in {LOOPBACK, "localhost", "::1"}


@contextmanager
def _own_folder() -> Iterator[None]:
    """Let Gradio keep all files in a new folder, which nobody else can read and which goes when the block ends."""
    before = {name: os.environ.get(name) for name in _FOLDERS}
    with TemporaryDirectory(prefix="earshot-app-", ignore_cleanup_errors=True) as folder:
        os.environ |= dict.fromkeys(_FOLDERS, folder)
        try:
            yield
        finally:
            for name in _FOLDERS:
                del os.environ[name]
            os.environ |= {name: value for name, value in before.items() if value is not None}


@contextmanager
def shown(tabs: Tabs, host: str = LOOPBACK, port: int | None = None) -> Iterator[str]:
    """Show the page until the block ends, and give its address.

    What is given to it and what it makes is deleted in time, and when the block ends. Raises OSError where no port is
    free. A process shows one page at a time.
    """
    with _own_folder():
        page = build(tabs)
        page.queue(max_size=_WAITING)
        try:
            _, address, _ = page.launch(
                server_name=host,
                server_port=port,
                prevent_thread_lock=True,
                quiet=True,
                inbrowser=False,
                share=False,
                allowed_paths=[],
                max_file_size=f"{LARGEST_MB}mb",
                app_kwargs={"middleware": [Middleware(Gate, hosts=_HOSTS if is_loopback(host) else None)]},
                footer_links=[],
                run_history=False,
                enable_monitoring=False,
                ssr_mode=False,
                pwa=False,
                mcp_server=False,
                theme=gr.themes.Default(font=_FONTS, font_mono=("monospace",), primary_hue="blue"),
                css_paths=[_STYLE],
                js=_SCRIPT.read_text(),
            )
            yield address
        finally:
            page.close(verbose=False)
