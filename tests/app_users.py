"""Users of the page who ask without a pause, on every tab, for as long as they are told: how long answers take.

python tests/app_users.py http://127.0.0.1:7860 --users 8 --seconds 60
"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
from gradio_client import Client, handle_file

RATE_HZ = 44100
SECONDS = 5  # of the recording that users give


@dataclass(frozen=True)
class Visit:
    """A question and how long its answer took; what went wrong, if anything did."""

    tab: str
    seconds: float
    fault: str = ""


def use(address: str, users: int, seconds: float) -> list[Visit]:
    """Let so many users ask for so long; each waits for an answer before the next question."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "noise.wav")
        noise = 0.1 * np.random.default_rng(1).normal(size=(SECONDS * RATE_HZ, 2))
        soundfile.write(path, noise, RATE_HZ)
        ends = time.monotonic() + seconds
        with ThreadPoolExecutor(users) as threads:
            visits = threads.map(lambda number: _visits(address, path, number, ends), range(users))
            return [visit for own in visits for visit in own]


def _visits(address, path, number, ends):
    client = Client(address, verbose=False, analytics_enabled=False)
    tabs = [tab for tab in ("where", "what", "chord", "room") if f"/{tab}" in _endpoints(client)]
    found = []
    while time.monotonic() < ends:
        tab = tabs[(number + len(found)) % len(tabs)]
        begins, fault = time.monotonic(), ""
        try:
            said = client.predict(handle_file(path), *others_of(client, tab), api_name=f"/{tab}")
            page = said[-1] if isinstance(said, tuple) else said
            fault = page if 'class="fault"' in page else ""
        except Exception as error:
            fault = repr(error)
        found.append(Visit(tab, time.monotonic() - begins, fault))
    return found


def _endpoints(client):
    return {endpoint.api_name for endpoint in client.endpoints.values()}


def others_of(client, tab):
    """The values at which the page's own components stand, but the recording."""
    config = client.config
    (asked,) = [one for one in config["dependencies"] if one["api_name"] == tab]
    known = {one["id"]: one for one in config["components"]}
    return [known[number]["props"].get("value") for number in asked["inputs"][1:]]


def main():
    """Tell how many answers there were, how long they took, and what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("address")
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    visits = use(given.address, given.users, given.seconds)
    for tab in sorted({visit.tab for visit in visits}):
        taken = [visit.seconds for visit in visits if visit.tab == tab]
        slow = quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]
        print(f"{tab}: {len(taken)} answers, median {median(taken):.2f} s, 95 % within {slow:.2f} s")
    faults = [visit for visit in visits if visit.fault]
    print(
        f"{len(faults)} of {len(visits)} went wrong"
        + "".join(f"\n  {one.tab}: {one.fault[:200]}" for one in faults[:5])
    )
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
