"""What it costs a head to hand out a piece and to take what comes back: of pieces that ranks make in no time.

It is a program of MPI, whose ranks `handing_s` starts.
"""

import json
import os
import sys
import time
import uuid
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from earshot import ranks
from earshot.files import replacing
from earshot.piece_files import PieceFiles, Record
from earshot.piece_splits import Maker, Work, by_processes, managed
from earshot.progress import to_terminal
from earshot.ranks import HEAD, Program
from earshot.score.speed import in_fresh_process

PIECES = 2000

_NAMES = [f"{number:06d}" for number in range(PIECES)]


def handing_s(counted: int, program: Program, launcher: str, folder: Path) -> float:
    """Return the processor time that a head spends on each piece, s, with so many ranks that make pieces.

    It is the time for which the head can serve nobody else, on a core that it need not share. Without a launcher the
    head is a process whose own processes make pieces.
    """
    if not launcher:
        return float(in_fresh_process(_of_processes, counted, program))
    found = folder / "handing_out.txt"
    told = {"ranks": counted + 1, "program": asdict(program), "found": str(found)}
    ranks.start(program, __name__, told, folder / "handing_out.json", launcher, counted + 1, 1)
    return float(found.read_text())


class _InNoTime(Maker):
    """Makes no piece, and has a record as long as any."""

    def __call__(self, name: str) -> Record:
        return Record(name, self.run, self.rank, os.uname().nodename, time.time(), 1.0, 0.0, "0" * 64)


def _nothing() -> Work:
    return lambda _: b""


def _in_no_time(rank: int = HEAD) -> _InNoTime:
    return _InNoTime(_nothing, PieceFiles(Path(), ""), uuid.uuid4().hex, rank)


def _each_s(records: Iterable[Record]) -> float:
    """Return the processor time of this process for each of the records that it waits for, s."""
    began_s = time.process_time()
    for _ in records:
        pass
    return (time.process_time() - began_s) / PIECES


def _of_processes(processes: int, program: Program) -> float:
    return _each_s(by_processes(processes, 1, program, _in_no_time(), _NAMES))


def main(description: str) -> None:
    """Be one of the ranks; the head writes what a piece cost it."""
    to_terminal()
    told: dict[str, Any] = json.loads(Path(description).read_text())
    comm = ranks.world()
    with ranks.ending_all(comm):
        ranks.require_all(comm, told["ranks"], Program(**told["program"]))
        each_s = _each_s(managed(comm, _in_no_time(comm.rank), _NAMES))
        if comm.rank == HEAD:
            with replacing(told["found"]) as temporary:
                temporary.write_text(repr(each_s))


if __name__ == "__main__":
    main(sys.argv[1])
