"""The search over MPI, as the study was made: a head rank that asks and keeps the journal, and a pool that trains.

    mpiexec -n 31 python -m mpi4py -m earshot.learn.search_pool job.json

A trial is a piece of work for each of its listeners. The head hands pieces to whoever is free and adds a trial to the
journal when its last piece is done; the worst of the listeners counts. Nobody is stopped early, since that would want
the trials of a round at one place. The head needs no GPU; each of the others computes on one of its node's.

When a rank dies all end, by `python -m mpi4py` and by the launcher, and a new start does what the journal lacks.
"""

import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from earshot import ranks
from earshot.device import DeviceName, choose, precision_on
from earshot.errors import DeviceError
from earshot.files import replacing
from earshot.learn import study
from earshot.learn.candidate import Candidate
from earshot.learn.journal import Journal
from earshot.learn.search import Halving, Reached
from earshot.learn.search_setup import journal_path, plan_of, read_listeners, search_of
from earshot.learn.space import search_space
from earshot.progress import PROGRESS, to_terminal
from earshot.ranks import HEAD, receive
from earshot.threads import use_threads

log = logging.getLogger(__name__)

NO_HALVING = Halving((), 1.0)
PROGRAM = ranks.Program(
    "search_pool", "the search", "Finished trials are kept, and a new start goes on with the others."
)


@dataclass(frozen=True)
class Job:
    """What all ranks are told."""

    settings: dict[str, Any]
    files: dict[str, str]  # SOFA file of each listener
    trials: int
    device: DeviceName
    state: str
    code: str
    output: str
    tasks: int  # ranks, the head among them
    threads: int  # of each rank


def start(job: Job, launcher: str) -> None:
    """Start a job's ranks by an MPI launcher and wait for them; what they say goes to the log.

    Raises EarshotError when the launcher is not there, and when they do not end well.
    """
    ranks.start(PROGRAM, __name__, asdict(job), Path(job.state, "pool.json"), launcher, job.tasks, job.threads)


def run(comm: Any, neighbour: int, job: Job) -> None:
    """Be one rank of a job, and in the pool the one with this number on its node.

    Raises EarshotError for what a person can put right.
    """
    ranks.require_all(comm, job.tasks, PROGRAM)
    if comm.rank == HEAD:
        _be_head(comm, job)
    else:
        ranks.take_gpu(neighbour)
        _work(comm, job)


def _be_head(comm: Any, job: Job) -> None:
    places = comm.gather(None, HEAD)[1:]
    kinds = sorted({kind for kind, _ in places})
    if len(kinds) > 1:
        where = ", ".join(f"{kind} on {host}" for kind, host in places)
        raise DeviceError(
            f"config key device: ranks would compute on {' and '.join(kinds)}, and their trials differ ({where}). "
            "Give all nodes the same processors and GPUs, or set device to cpu and localisation.network.precision to "
            "float32."
        )
    log.log(PROGRESS, "%d ranks compute on %s", len(places), kinds[0])
    space = search_space(job.settings)
    journal = Journal(journal_path(job.state, job.code, kinds[0], job.files))
    pool = _Pool(comm, len(job.files))
    study.search(journal, plan_of(job.settings, space, job.trials, alone=True), pool)
    pool.close()
    with replacing(job.output) as temporary:
        temporary.write_text(json.dumps(study.contribution(journal)))


class _Pool:
    """The ranks that train, as the head sees them."""

    def __init__(self, comm: Any, listeners: int) -> None:
        self._comm, self._listeners = comm, listeners
        self._free = [rank for rank in range(comm.size) if rank != HEAD]

    def __call__(self, candidates: Sequence[Candidate]) -> Iterator[tuple[int, Reached]]:
        """Run trials, and yield each as soon as its last listener is done."""
        waiting = [(trial, listener) for trial in range(len(candidates)) for listener in range(self._listeners)]
        done: list[dict[int, Reached]] = [{} for _ in candidates]
        for _ in range(len(waiting)):
            while waiting and self._free:
                rank, piece = self._next(waiting)
                trial, listener = piece
                self._comm.send((trial, listener, candidates[trial]), dest=rank)
            rank, trial, listener, reached = receive(self._comm)
            self._free.append(rank)
            done[trial][listener] = reached
            if len(done[trial]) == self._listeners:
                yield trial, together([done[trial][number] for number in range(self._listeners)])

    def _next(self, waiting: list[tuple[int, int]]) -> tuple[int, tuple[int, int]]:
        """Take the first piece for which its own rank is free, else the first of all for anybody."""
        for piece in waiting:
            for rank in self._free:
                if own_listener(rank, self._listeners) == piece[1]:
                    waiting.remove(piece)
                    self._free.remove(rank)
                    return rank, piece
        return self._free.pop(0), waiting.pop(0)

    def close(self) -> None:
        """Send everybody home."""
        for rank in self._free:
            self._comm.send(None, dest=rank)


def own_listener(rank: int, listeners: int) -> int:
    """Return the listener that a rank is given where there is a choice: it keeps what is made of these ears."""
    return (rank - 1) % listeners


def together(pieces: Sequence[Reached]) -> Reached:
    """Return what a trial reached of what it reached with each listener; seconds are those of all ranks."""
    return Reached(
        p95_deg=tuple(error for piece in pieces for error in piece.p95_deg),
        epochs=tuple(epochs for piece in pieces for epochs in piece.epochs),
        stopped_early=False,
        diverged=any(piece.diverged for piece in pieces),
        multiply_adds=max(piece.multiply_adds for piece in pieces),
        seconds=sum(piece.seconds for piece in pieces),
    )


def _work(comm: Any, job: Job) -> None:
    """Train a listener's network by a trial's settings, again and again."""
    device = choose(job.device)
    space = search_space(job.settings)
    listeners = read_listeners(job.files, job.settings["rate_hz"])
    own = own_listener(comm.rank, len(listeners))
    kept = search_of(job.settings, space, [listeners[own]], device, NO_HALVING)
    kind = f"{device.type}, {precision_on(device, job.settings['network']['precision'])}"
    comm.gather((kind, f"{os.uname().nodename} (rank {comm.rank})"), HEAD)
    while piece := receive(comm):
        trial, listener, candidate = piece
        # What is made of other ears is not kept: of all listeners it would be too much for each rank.
        search = kept if listener == own else search_of(job.settings, space, [listeners[listener]], device, NO_HALVING)
        (reached,) = search([candidate])
        comm.send((comm.rank, trial, listener, reached), dest=HEAD)


def main(description: str) -> None:
    """Be the rank that this process was started as."""
    to_terminal()
    job = Job(**json.loads(Path(description).read_text()))
    use_threads(job.threads)
    comm = ranks.world()
    with ranks.ending_all(comm):
        run(comm, ranks.neighbour(comm, comm.rank != HEAD), job)


if __name__ == "__main__":
    main(sys.argv[1])
