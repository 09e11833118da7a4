"""Ways to share out pieces of work: by ranks of MPI, managed or static, by processes of this machine, or alone.

Managed, the head makes nothing: it gives the next piece to whoever is free (`mpi4py.futures`). Static, each rank, the
head among them, makes every n-th piece. Whichever it is, a piece is made by `Maker`, which leaves alone what is there.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context, parent_process
from queue import SimpleQueue
from typing import Any

from earshot.errors import EarshotError
from earshot.piece_files import PieceFiles, Record, Result
from earshot.progress import to_terminal
from earshot.ranks import HEAD, Program, ending_all, neighbour, receive, take_gpu
from earshot.threads import use_threads

PAUSE_S = 0.002  # the longest that the head and whoever is free sleep between two looks for messages

Work = Callable[[str], Result]
Records = Iterator[Record]


@dataclass
class Maker:
    """What one rank makes pieces by. `begin` is called before the first that is to be made, and returns the work."""

    begin: Callable[[], Work]
    files: PieceFiles
    run: str
    rank: int = HEAD
    _work: Work | None = None

    def __call__(self, name: str) -> Record:
        """Make a piece if it is not there, and return its record."""
        if record := self.files.record(name):
            return record
        entered = time.perf_counter()
        loads = self._work is None
        work = self._work = self._work or self.begin()
        began_s, began = time.time(), time.perf_counter()
        sha256 = self.files.write(name, work(name))
        seconds = time.perf_counter() - began
        loading_s = began - entered if loads else 0.0
        record = Record(name, self.run, self.rank, os.uname().nodename, began_s, seconds, loading_s, sha256)
        self.files.write_record(record)
        return record


_own: list[Maker] = []  # this process's, for pieces whose names alone are sent to it


def _make(name: str) -> Record:
    return _own[0](name)


def managed(comm: Any, make: Maker, names: Sequence[str]) -> Records:
    """Yield, at the head, each piece's record when it is there; the other ranks make them meanwhile."""
    from mpi4py.futures import MPICommExecutor  # noqa: PLC0415 - which begins MPI

    number = neighbour(comm, comm.rank != HEAD)
    if comm.rank != HEAD:
        take_gpu(number)
        _own[:] = [make]
    joined: Any = MPICommExecutor(comm, HEAD, backoff=PAUSE_S)
    with joined as executor:
        if executor is None:
            return
        # Within the executor, which would wait for all pieces before it let an error through.
        with ending_all(comm):
            done: SimpleQueue[Any] = SimpleQueue()
            for name in names:
                executor.submit(_make, name).add_done_callback(done.put)
            for _ in names:
                yield done.get().result()


def static(comm: Any, make: Maker, names: Sequence[str]) -> Records:
    """Yield, at the head, each piece's record; every rank makes those that are its by their place."""
    take_gpu(neighbour(comm, True))
    own = names[comm.rank :: comm.size]
    with ending_all(comm):
        if comm.rank != HEAD:
            for name in own:
                comm.send(make(name), dest=HEAD)
            receive(comm)  # until all have come so far: at the end of a program MPI waits by a busy core
            return
        coming = len(names) - len(own)
        for name in own:
            yield make(name)
            while coming and comm.iprobe():
                yield comm.recv()
                coming -= 1
        for _ in range(coming):
            yield receive(comm)
        for rank in range(1, comm.size):
            comm.send(None, dest=rank)


def alone(make: Maker, names: Sequence[str]) -> Records:
    """Make pieces in this process, one after another, and yield their records."""
    return map(make, names)


def by_processes(processes: int, threads: int, program: Program, make: Maker, names: Sequence[str]) -> Records:
    """Make pieces by so many processes, each of so many threads, and yield their records as they come.

    Raises EarshotError when a process ends before its time; then all do.
    """
    context = get_context("spawn")
    started = context.Value("i", 0)
    arguments = (make, started, threads)
    with ProcessPoolExecutor(min(processes, len(names)), context, initializer=_begin, initargs=arguments) as pool:
        waiting = iter(names)
        try:
            # No more than can be made at once: when one fails, no other is begun.
            running = {pool.submit(_make, name) for name in islice(waiting, processes)}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for one in done:
                    yield one.result()
                running |= {pool.submit(_make, name) for name in islice(waiting, len(done))}
        except BrokenProcessPool as error:
            raise EarshotError(
                f"A process of {program.task} ended before its time, killed or for want of memory. {program.kept}"
            ) from error


def _begin(make: Maker, started: Any, threads: int) -> None:
    """Be a process of several."""
    to_terminal()
    with started.get_lock():
        make.rank = started.value
        started.value += 1
    use_threads(threads)
    take_gpu(make.rank)
    _own[:] = [make]
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when whoever started it is killed: it would wait for pieces for ever."""
    if parent := parent_process():
        parent.join()
        os._exit(1)
