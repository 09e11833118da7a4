"""Dry runs by one process that has imported Snakemake, which takes most of the time of each.

A plan is a fork of it: as fresh as a start by hand, since neither the workflow nor its library was read before. It is
told of each by a line of JSON, the folder and Snakemake's arguments, and answers by one, exit status and what was said.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import snakemake.report.html_reporter  # noqa: F401 - imported by every start
from snakemake.cli import main


def plan(folder: str, arguments: list[str]) -> tuple[int, str]:
    """Let a fork be Snakemake, and return its exit status and all that it said."""
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            _be_snakemake(folder, arguments, said.fileno())
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        return status, said.read().decode()


def _be_snakemake(folder: str, arguments: list[str], said: int) -> None:
    """Run it, and end this process as it would end."""
    status = 1
    try:
        os.dup2(said, sys.stdout.fileno())
        os.dup2(said, sys.stderr.fileno())
        os.chdir(folder)
        sys.path[0], sys.argv[1:] = "", arguments
        main(arguments)
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        os._exit(status)


if __name__ == "__main__":
    sys.argv[0] = str(Path(sys.executable).with_name("snakemake"))
    for line in sys.stdin:
        print(json.dumps(plan(*json.loads(line))), flush=True)
