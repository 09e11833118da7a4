"""The command `earshot app`: a page on this machine to try what was trained on sounds of one's own."""

import argparse
import importlib.util
import signal
import sys
from pathlib import Path
from threading import Event

from earshot.errors import ConfigError

_ABOUT = """\
Open a page on which what was trained is tried: where a sound comes from, what it is, which chord it is, and how it
would sound in a room. All is computed here; the page loads nothing from elsewhere, and what is given to it is deleted.
It wants Gradio (pip install -r envs/requirements-app.txt).

  earshot app                            the run in results/ of which most can be tried
  earshot app results --run demo
  earshot app --ears my-ears/            sounds are also heard with the ears of these SOFA files
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to those of `earshot`."""
    command = commands.add_parser(
        "app",
        description=_ABOUT,
        help="open a page to try what was trained",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("folder", nargs="?", default="results", metavar="FOLDER", help="where results are (results)")
    command.add_argument("--run", metavar="NAME", help="which run (the one of which most can be tried)")
    command.add_argument("--ears", type=Path, metavar="FOLDER", help="SOFA files of more people, one a person")
    command.add_argument("--host", default="127.0.0.1", help="who is let in (127.0.0.1, who is at this machine)")
    command.add_argument("--port", type=int, help="where it is shown (the first that is free, from 7860)")
    command.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"], help="what computes (auto)")


def run(given: argparse.Namespace) -> int:
    """Show the page until it is ended with Ctrl-C. Raises EarshotError for what is not there."""
    if importlib.util.find_spec("gradio") is None:
        raise ConfigError("earshot app wants Gradio, which is not installed: pip install -r envs/requirements-app.txt")
    from earshot import device  # noqa: PLC0415 (whoever asks for help need not wait)
    from earshot.app.answers import warm  # noqa: PLC0415
    from earshot.app.open_run import open_run  # noqa: PLC0415
    from earshot.app.runs import choose  # noqa: PLC0415
    from earshot.app.server import is_loopback, shown  # noqa: PLC0415

    tabs = open_run(choose(given.folder, given.run), given.ears, device.choose(given.device))
    warm(tabs)
    if not is_loopback(given.host):
        print(f"earshot: with --host {given.host} whoever reaches this machine can use the page.", file=sys.stderr)
    ends = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C does, so that nothing is left behind
    try:
        with shown(tabs, given.host, given.port) as address:
            print(f"The run {tabs.run} can be tried at {address} (Ctrl-C ends it)", flush=True)
            Event().wait()
    except OSError as fault:
        raise ConfigError(f"--host {given.host} and --port {given.port or 'any'}: {fault}") from fault
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, ends)
    return 0
