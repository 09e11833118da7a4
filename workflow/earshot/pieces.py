"""Many independent pieces of work, by as many ranks as there are: the results are those of one process alone.

    mpiexec -n 31 python -m mpi4py -m earshot.pieces description.json
    python -m earshot.pieces description.json

A piece is a small group of items by its name, and its result a table or bytes: a function of the name alone. Whoever
made it writes it at once, so a killed program goes on with what is not there. A rank that fails or dies ends all.
"""

import importlib
import json
import logging
import re
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from earshot import ranks
from earshot.errors import EarshotError
from earshot.piece_files import PieceFiles, Record, require_names
from earshot.piece_splits import Maker, Work, alone, by_processes, managed, static
from earshot.progress import PROGRESS, counting, to_terminal
from earshot.ranks import HEAD, Program
from earshot.threads import use_threads

log = logging.getLogger(__name__)

Split = Literal["managed", "static"]

_IMPORTABLE = re.compile(r"earshot(\.[a-z]\w*)+:[a-z]\w*", re.ASCII)
KEPT = "Finished pieces are kept, and a new start goes on with the others."


@dataclass(frozen=True)
class Job:
    """What a rank is told: plain values, as JSON has them."""

    rule: str
    task: str  # what the pieces are, for progress and errors: "the scenes"
    work: str  # "earshot.MODULE:FUNCTION", which is given the settings once in each rank and returns the work
    settings: dict[str, Any]
    names: list[str]
    state: str  # folder of the results
    threads: int  # of each rank or process
    ranks: int = 1  # to start; with a managed split, the head among them
    processes: int = 1  # where there is one rank
    split: Split = "managed"
    suffix: str = ".parquet"
    kept: str = KEPT  # what a person is told when it ends before its time

    @property
    def files(self) -> PieceFiles:
        """The files of results."""
        return PieceFiles(Path(self.state), self.suffix)

    @property
    def program(self) -> Program:
        """What errors say of it."""
        return Program(self.rule, self.task, self.kept)


def start(job: Job, launcher: str) -> list[Record]:
    """Make what is not there of a job's pieces, and return all records in the order of names.

    More ranks than one are started by an MPI launcher; one works in this process, or by its processes. Raises
    EarshotError when the launcher is not there, when a piece fails and when a rank or process dies.
    """
    return _run(job, None) if job.ranks == 1 else launch(job, launcher)


def launch(job: Job, launcher: str) -> list[Record]:
    """Do as `start` does by an MPI launcher, though the job has one rank."""
    state = Path(job.state)
    ranks.start(job.program, __name__, asdict(job), state / "job.json", launcher, job.ranks, job.threads)
    records = [record for name in job.names if (record := job.files.record(name))]
    if len(records) < len(job.names):
        lacking = next(name for name in job.names if not job.files.record(name))
        raise EarshotError(f"{job.files.path(lacking)}: it was made, and is not here whole. {job.kept}")
    return records


def run_pieces(
    names: Sequence[str],
    begin: Callable[[], Work],
    files: PieceFiles,
    program: Program,
    comm: Any = None,
    split: Split = "managed",
    processes: int = 1,
    threads: int = 1,
) -> list[Record]:
    """Make the pieces that are not there, and return the records of all in the order of names; at other ranks, none.

    `begin` is called once in each rank (or process, to which it must be possible to send it), before its first piece,
    and returns the function of a name that makes a piece. Without a communicator, or in one of one rank, this process
    works, or so many processes of so many threads each. Raises EarshotError when a piece fails or a process dies; of
    several ranks, all are ended instead.
    """
    require_names(names)
    several = comm is not None and comm.size > 1
    run = uuid.uuid4().hex
    make = Maker(begin, files, comm.bcast(run) if several else run, comm.rank if several else HEAD)
    if several:
        made = (managed if split == "managed" else static)(comm, make, names)
    elif processes > 1 and len(names) > 1:
        made = by_processes(processes, threads, program, make, names)
    else:
        made = alone(make, names)
    if make.rank != HEAD:
        return list(made)
    records = {}
    with counting(f"{program.rule}: pieces of {program.task}", len(names)) as count:
        for record in made:
            records[record.name] = record
            count()
    new = sum(record.run == make.run for record in records.values())
    log.log(PROGRESS, "%s: %d pieces of %s made, %d were there", program.rule, new, program.task, len(names) - new)
    return [records[name] for name in names]


@dataclass(frozen=True)
class Usage:
    """How well one start used its ranks. Shares are of all the time of all ranks, the head's included."""

    pieces: int
    wall_s: float  # from the first beginning to the last end, of several hosts the longest by the clock of one
    per_s: float  # pieces a second
    busy: float  # share in which pieces were made
    manager: float  # share of the head that makes none
    waiting: float  # the rest: loading, waiting for a piece, and for the last one
    balance: float  # the mean over the ranks that make pieces of their busy time, to the longest: 1 at best


def usage(records: Sequence[Record], of_ranks: int, split: Split = "managed") -> Usage:
    """Return how the start that made the last of these records used so many ranks or processes.

    Times are compared on one host alone, since clocks of several may differ by more than a piece takes.
    """
    last = max(records, key=lambda record: record.ended_s).run
    own = [record for record in records if record.run == last]
    on_host = [[one for one in own if one.host == host] for host in {one.host for one in own}]
    wall_s = max(
        max(one.ended_s for one in some) - min(one.began_s - one.loading_s for one in some) for some in on_host
    )
    heads = 1 if split == "managed" and of_ranks > 1 else 0
    busy_s: dict[int, float] = {}
    for record in own:
        busy_s[record.rank] = busy_s.get(record.rank, 0) + record.seconds
    busy = sum(busy_s.values()) / (of_ranks * wall_s)
    manager = heads / of_ranks
    balance = sum(busy_s.values()) / (of_ranks - heads) / max(busy_s.values())
    return Usage(len(own), wall_s, len(own) / wall_s, busy, manager, 1 - busy - manager, balance)


def named_work(name: str, settings: Mapping[str, Any]) -> Work:
    """Return the work that a function of Earshot makes of settings. Raises EarshotError for any other name."""
    if not _IMPORTABLE.fullmatch(name):
        raise EarshotError(f"work {name!r}: no name of a function of Earshot's, as earshot.scenes.inference:work is.")
    module, _, function = name.partition(":")
    try:
        begin: Any = getattr(importlib.import_module(module), function, None)
    except ModuleNotFoundError as error:
        raise EarshotError(f"work {name!r}: {error}.") from error
    if getattr(begin, "__module__", None) != module:  # what a module has from elsewhere is no work of Earshot's
        raise EarshotError(f"work {name!r}: {module} has no such function.")
    return begin(settings)


def _run(job: Job, comm: Any) -> list[Record]:
    use_threads(job.threads)
    begin = partial(named_work, job.work, job.settings)
    return run_pieces(job.names, begin, job.files, job.program, comm, job.split, job.processes, job.threads)


def main(description: str) -> None:
    """Be one of the ranks that were started, or all there is."""
    to_terminal()
    job = Job(**json.loads(Path(description).read_text()))
    if (started := ranks.started_with()) > 1:
        comm = ranks.world()
        with ranks.ending_all(comm):
            ranks.require_all(comm, started, job.program)
            _run(job, comm)
        return
    try:
        _run(job, None)
    except EarshotError as error:
        log.error("%s", error)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
