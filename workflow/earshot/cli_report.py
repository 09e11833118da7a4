"""The command `earshot report`: the first page of a run, and what differs from another one."""

import argparse
from pathlib import Path

from earshot.errors import ConfigError

_ABOUT = """\
Write the first page of a run's report, of whatever chapters are there: headline figures beside what was published,
links to the chapters, and what is missing. With another run beside it, it says which figures and settings differ.

  earshot report                                   of the only run in results/
  earshot report results/demo                      writes results/demo/report/index.html
  earshot report results/mine --beside results/demo   writes results/mine/report/beside-demo.html
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to those of `earshot`."""
    command = commands.add_parser(
        "report",
        description=_ABOUT,
        help="write the first page of a run's report, and compare it with another",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("run", nargs="?", metavar="FOLDER", help="a run's results (the only one in results/)")
    command.add_argument("--beside", metavar="FOLDER", help="the results of another run, to compare with")


def run(given: argparse.Namespace) -> int:
    """Write the page and say where it is. Raises EarshotError for what is not there."""
    from earshot.show.overview import read_run, write_overview  # noqa: PLC0415 (whoever asks for help need not wait)

    own = read_run(given.run or _only_run(Path("results")))
    path = write_overview(own, read_run(given.beside) if given.beside else None)
    there = ", ".join(found.chapter.name for found in own.found)
    print(f"{path}: {len(own.found)} of {len(own.found) + len(own.missing)} chapters ({there})")
    return 0


def _only_run(results: Path) -> Path:
    """Return the folder of the only run that has a report."""
    found = sorted({path.parents[1] for path in results.glob("*/*/summary.json")})
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConfigError(f"no report is in {results}/. Make one (`make demo`), or name the folder of a run's results.")
    raise ConfigError(f"there are several runs: {', '.join(map(str, found))}. Name one.")
