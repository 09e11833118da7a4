"""The bars of issue 7: what people open. The report and the page in a browser, bad inputs, users, quick answers."""

import re
import subprocess
import sys
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import gettempdir
from typing import Any

import numpy as np
import soundfile
from app_users import Visit, others_of, use
from bars import ROOT, Bars, Log, Missed
from gradio_client import Client, handle_file
from runs import copy_project

BARS = Bars()
CHAPTERS = ("localisation", "sounds", "chords", "rooms", "reverb", "scenes")  # that the demo has in minutes
OTHER_CHAPTERS = ("localisation_study", "localisation_others", "clip_speed")
# What the demo leaves out, on its scale.
WHOLE = """
localisation:
  tuning_subjects: {synthetic: [person01]}
  search: {trials: 8}
  models:
    unknown_source: {stimulus: {sources: [coloured], duration_s: 0.2}}
chords:
  benchmark: {batch_sizes: [32, 64], samples: [256], iterations: 3, epochs: 2, clips: 40}
"""
USERS, SECONDS = 8, 60
ANSWERED_S = 1.0
EARSHOT = str(Path(sys.executable).with_name("earshot"))
RATE_HZ = 16000
# What nobody should ever read: of Python's insides, or of a bad moment of ours.
NO_SENTENCE = re.compile(r"Traceback|File \"|Error\(|Exception|\bNone\b|0x[0-9a-f]{6}")


def demo(log: Log) -> Path:
    """Return a folder with the finished demo, which stays beside the logs for the other bars."""
    return made(log, "demo.run", "", CHAPTERS)


def made(log: Log, name: str, changes: str, chapters: Sequence[str]) -> Path:
    """Return a folder with chapters of the demo, in a configuration with these changes."""
    folder = copy_project(Path(log.file.name).with_name(name))
    (folder / "changes.yaml").write_text(changes or "{}")
    configurations = ("config/demo.yaml", "changes.yaml")
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", *configurations, "--", *chapters]
    log.succeed(command, folder)
    return folder


@contextmanager
def app(folder: Path) -> Iterator[str]:
    """Show the page on the demo's models, as `earshot app` does, and give its address."""
    command = [EARSHOT, "app", "--run", "demo"]
    with (
        (folder / "app.log").open("w") as log,
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True) as server,
    ):
        try:
            assert server.stdout is not None
            said = server.stdout.readline()  # the only one; what else there is to say goes to the log
            if not (address := re.search(r"http://127\.0\.0\.1:\d+", said)):
                raise Missed(f"earshot app did not begin: {(folder / 'app.log').read_text()}")
            yield address.group()
        finally:
            server.terminate()
            server.wait(30)
    if left := list(Path(gettempdir()).glob("earshot-app-*")):
        raise Missed(f"what was given to the page is left in {left[0]}")


def tests(log: Log, path: str, **environment: str) -> tuple[str, bool]:
    """Run tests in a browser, and return the line in which pytest sums up."""
    told = log.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", path], ROOT, environment)
    return told.output.strip().splitlines()[-1], told.code == 0


@BARS.add(
    "report-in-a-browser",
    "the first page and every chapter, light, dark and on a phone: no errors, nothing asked of others, no serious "
    "finding of axe, below 5 MB without sounds",
    "browser",
)
def report_in_a_browser(log: Log) -> tuple[str, bool]:
    """Open the demo's report, with the chapters that the demo leaves out; pictures of it stay beside the log."""
    results = made(log, "whole.run", WHOLE, CHAPTERS + OTHER_CHAPTERS) / "results/demo"
    shots = Path(log.file.name).with_suffix("")
    shots.mkdir(exist_ok=True)
    said, passed = tests(log, "tests/browser/test_report.py", EARSHOT_RESULTS=str(results), EARSHOT_SHOTS=str(shots))
    pages = sorted(results.glob("*/index.html"))
    largest = max(path.stat().st_size for path in pages) / 1e6
    measured = f"{len(pages)} pages three ways, the largest {largest:.1f} MB with its sounds; {said}"
    return measured, passed and len(pages) == len(CHAPTERS) + len(OTHER_CHAPTERS) + 1


@BARS.add("app-in-a-browser", "each tab of the page driven as a person would: no errors, no serious finding", "browser")
def app_in_a_browser(log: Log) -> tuple[str, bool]:
    """Run the tests that use the page."""
    return tests(log, "tests/browser/test_app.py")


@BARS.add("app-answers", f"a clip of 5 s is answered within {ANSWERED_S:g} s on two cores, on each tab, 95 % of times")
def app_answers(log: Log) -> tuple[str, bool]:
    """Ask as one user, on the demo's models."""
    with app(demo(log)) as address:
        visits = use(address, 1, 20)
    times = {tab: taken(visits, tab) for tab in sorted({visit.tab for visit in visits})}
    said = ", ".join(f"{tab} {middle:.2f} s (95 % within {slow:.2f} s)" for tab, (middle, slow) in times.items())
    slowest = max(slow for _, slow in times.values())
    return said, len(times) == 4 and not faults(visits) and slowest < ANSWERED_S


@BARS.add("app-users", f"{USERS} users at once for {SECONDS} s without an error")
def app_users(log: Log) -> tuple[str, bool]:
    """Let them ask without a pause."""
    with app(demo(log)) as address:
        visits = use(address, USERS, SECONDS)
    wrong = faults(visits)
    log.write("\n".join(wrong))
    middle, slow = taken(visits)
    measured = f"{len(visits)} answers, {len(wrong)} errors; median {middle:.2f} s, 95 % within {slow:.2f} s"
    return measured, not wrong and len(visits) > USERS


def taken(visits: list[Visit], tab: str | None = None) -> tuple[float, float]:
    """Return the median time of answers, and the time within which 95 % came."""
    seconds = [visit.seconds for visit in visits if tab in (None, visit.tab)]
    return median(seconds), quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]


def faults(visits: list[Visit]) -> list[str]:
    """Return what went wrong."""
    return [f"{visit.tab}: {visit.fault}" for visit in visits if visit.fault]


@BARS.add("bad-inputs", "20 bad inputs to the page and the command line, each answered by a sentence")
def bad_inputs(log: Log) -> tuple[str, bool]:
    """Give each, and read what comes back."""
    folder = demo(log)
    files = write_bad(folder / "bad")
    said = dict(at_the_command_line(folder, files))
    with app(folder) as address:
        said |= dict(at_the_page(address, files))
    wrong = {name: text for name, text in said.items() if NO_SENTENCE.search(text) or not text.strip().endswith(".")}
    for name, text in said.items():
        log.write(f"{'NO SENTENCE ' if name in wrong else ''}{name}: {text}")
    measured = f"{len(said) - len(wrong)} of {len(said)} answered by a sentence"
    return measured + "".join(f"; NOT {name}" for name in wrong), not wrong and len(said) >= 20


def write_bad(folder: Path) -> dict[str, Path]:
    """Write recordings that nobody can answer, by what is wrong with them."""
    folder.mkdir(exist_ok=True)
    noise = 0.1 * np.random.default_rng(1).normal(size=(RATE_HZ, 2))
    signals = {
        "silent": 0 * noise,
        "too short": noise[:100],
        "not finite": np.where(np.arange(RATE_HZ)[:, None] == 5, np.nan, noise),
        "empty": noise[:0],
        "too long": np.tile(noise, (40, 1)),
        "one ear": noise[:, :1],
        "one ear twice": noise[:, [0, 0]],
        "one ear silent": noise * [1, 0],
        "nine ears": np.tile(noise, (1, 5))[:, :9],
    }
    paths = {name: folder / f"{name.replace(' ', '-')}.wav" for name in [*signals, "no audio", "cut", "no such file"]}
    for name, signal in signals.items():
        soundfile.write(paths[name], signal, RATE_HZ, subtype="FLOAT")
    paths["no audio"].write_text("this is no recording\n" * 100)
    with wave.open(str(paths["cut"]), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
    paths["cut"].write_bytes(paths["cut"].read_bytes()[:30])
    return paths


def at_the_command_line(folder: Path, files: dict[str, Path]) -> Iterator[tuple[str, str]]:
    """Give bad inputs to the commands, and go through what each says."""
    predicted = ("silent", "too short", "not finite", "empty", "no audio", "cut", "no such file")
    asked = {f"predict, {name}": ["predict", str(files[name]), "--model", "residual"] for name in predicted} | {
        "predict, unknown model": ["predict", str(files["one ear"]), "--model", "nobody"],
        "predict, no models": ["predict", str(files["one ear"]), "--networks", "bad"],
        "rooms, unknown room": ["rooms", "--room", "99999"],
        "rooms, unknown receiver": ["rooms", "--room", "1", "--receiver", "99"],
        "report, no run": ["report", "bad"],
        "models, unknown": ["models", "--card", "nobody"],
        "models, no export": ["models", "--export", "separator_rooms", "bad/separator.onnx"],
        "app, no run": ["app", "bad"],
    }
    for name, arguments in asked.items():
        told = subprocess.run(
            [EARSHOT, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=120
        )
        yield name, told.stderr if told.returncode else f"exit status 0: {told.stdout}"


def at_the_page(address: str, files: dict[str, Path]) -> Iterator[tuple[str, str]]:
    """Give bad recordings to the page, and go through what it writes."""
    client = Client(address, verbose=False, analytics_enabled=False)
    two_ears = ("one ear", "one ear twice", "one ear silent", "nine ears")
    every = ("silent", "too short", "not finite", "empty", "too long", "no audio", "cut")
    for tab, names in (("where", two_ears), ("what", every), ("room", every[:1])):
        for name in names:
            found: Any = client.predict(handle_file(files[name]), *others_of(client, tab), api_name=f"/{tab}")
            page = found[-1] if isinstance(found, tuple) else found
            words = re.sub(r"<[^>]+>", " ", page).strip()
            yield f"page, {tab}, {name}", words if 'class="fault"' in page else f"no fault was seen in {page}"
