"""Measure every bar of every issue, print a table of them, and keep it in docs/measurements.

    python tests/acceptance/run.py                   all, which takes hours
    python tests/acceptance/run.py --list            what there is
    python tests/acceptance/run.py --only NAME ...   some; the table keeps what was measured before of the others

Each bar's output goes to logs/acceptance/<bar>.log. A bar of hours of training that is stopped goes on where it was
when it is measured again. The exit status is 1 when a bar that was measured is missed, or cannot be measured for want
of something that EARSHOT_REQUIRE names.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "workflow")]  # what tests share

import issue1
import issue2
import issue3
import issue4
import issue5
import issue6
import issue7
from bars import ROOT, Bar, Bars, Log, Missed
from earshot.hardware import hardware

ISSUES: dict[str, Bars] = {
    f"issue{number}": issue.BARS
    for number, issue in enumerate([issue1, issue2, issue3, issue4, issue5, issue6, issue7], 1)
}
LOGS = ROOT / "logs" / "acceptance"
TABLE = ROOT / "docs" / "measurements"
HEAD = ["bar", "measured", "wanted", "passed"]


def measure(bar: Bar) -> dict[str, Any]:
    """Measure a bar and keep the result beside its log."""
    LOGS.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {"date": time.strftime("%Y-%m-%d"), "commit": _commit(), "machine": hardware("auto")}
    if bar.missing:
        result |= {"measured": f"not run: {bar.missing}", "passed": None}
    else:
        print(f"{bar.name}: {bar.wanted}", flush=True)
        with (LOGS / f"{bar.name}.log").open("w") as file:
            try:
                measured, passed = bar.measure(Log(file))
            except Missed as missed:
                measured, passed = str(missed), False
            except Exception as error:
                traceback.print_exc(file=file)
                measured, passed = f"{type(error).__name__}: {error}", False
        result |= {"measured": measured, "passed": passed}
        print(f"    {measured}: {_passed(result)}", flush=True)
    _kept(bar).write_text(json.dumps(result, indent=2))
    return result


def rows(bars: Sequence[Bar]) -> list[dict[str, Any]]:
    """Return the latest result of each bar on this machine."""
    machine = hardware("auto")
    found = []
    for bar in bars:
        row = {
            "bar": bar.name,
            "wanted": bar.wanted,
            "measured": "not run yet",
            "passed": None,
            "date": "",
            "commit": "",
        }
        result = json.loads(_kept(bar).read_text()) if _kept(bar).exists() else {}
        found.append(row | result if result.get("machine") == machine else row)
    return found


def markdown(issue: str, bars: Sequence[Bar]) -> str:
    """Return the table of an issue as it is kept: each row with the day and the commit that it was measured at."""
    machine = hardware("auto")
    head = [*HEAD, "date", "commit"]
    lines = [
        f"# Acceptance of {issue}",
        "",
        f"Written by `make acceptance` on {time.strftime('%Y-%m-%d')}; machine: {machine['cpu']}, "
        f"{machine['cores']} cores, {machine['memory_gb']} GB, {machine['device']}.",
        "",
        f"| {' | '.join(head)} |",
        f"|{' --- |' * len(head)}",
    ]
    for row in rows(bars):
        cells = [str(cell).replace("|", "\\|").replace("\n", " ") for cell in _cells(row, head)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def table(bars: Sequence[Bar]) -> str:
    """Return the table of bars as a terminal shows it."""
    cells = [HEAD, *(_cells(row, HEAD) for row in rows(bars))]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def _cells(row: dict[str, Any], head: Sequence[str]) -> list[str]:
    return [_passed(row) if name == "passed" else row[name] for name in head]


def _passed(row: dict[str, Any]) -> str:
    return {True: "yes", False: "NO", None: "-"}[row["passed"]]


def _kept(bar: Bar) -> Path:
    return LOGS / f"{bar.name}.json"


def _commit() -> str:
    """Return the commit that is checked out, with a + where files differ from it."""
    described = ["git", "-C", str(ROOT), "describe", "--always", "--exclude=*", "--dirty=+"]
    return subprocess.run(described, check=False, capture_output=True, text=True).stdout.strip()


def main() -> int:
    """Measure what the command line asks for, and return the exit status."""
    everything = {bar.name: bar for bars in ISSUES.values() for bar in bars}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=everything, help="measure these bars alone")
    parser.add_argument("--list", action="store_true", help="list the bars and end")
    given = parser.parse_args()
    chosen = [bar for name, bar in everything.items() if name in (given.only or everything)]
    if given.list:
        for bar in chosen:
            print(f"{bar.name:20} {bar.wanted}" + (f" (not here: {bar.missing})" if bar.missing else ""))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and with this all that a bar has started
    required = os.environ.get("EARSHOT_REQUIRE", "").split()
    results = [(bar, measure(bar)) for bar in chosen]
    for issue, bars in ISSUES.items():
        TABLE.mkdir(parents=True, exist_ok=True)
        (TABLE / f"acceptance-{issue}.md").write_text(markdown(issue, bars))
    print(f"\n{table(chosen)}\n\nOutput of each bar: {LOGS}")
    wanting = [bar for bar, result in results if result["passed"] is None and set(bar.needs) & set(required)]
    missed = [bar for bar, result in results if result["passed"] is False]
    return 1 if missed or wanting else 0


if __name__ == "__main__":
    sys.exit(main())
