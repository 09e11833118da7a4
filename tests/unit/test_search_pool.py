"""The pool hands out pieces and puts trials together; ranks are played by threads of this process."""

import queue
import threading

import pytest
from earshot.errors import EarshotError
from earshot.learn import search_pool
from earshot.learn.search import Reached
from earshot.learn.search_pool import HEAD, Job, own_listener, start, together
from earshot.ranks import receive


class Exchange:
    """A communicator of so many ranks: `of(rank)` is what that rank sees of it."""

    def __init__(self, size):
        self.boxes = [queue.Queue() for _ in range(size)]

    def of(self, rank):
        return Rank(self, rank)


class Rank:
    def __init__(self, exchange, rank):
        self.exchange, self.rank, self.size = exchange, rank, len(exchange.boxes)

    def send(self, message, dest):
        self.exchange.boxes[dest].put(message)

    def iprobe(self):
        return not self.exchange.boxes[self.rank].empty()

    def recv(self):
        return self.exchange.boxes[self.rank].get()


def piece(error, seconds=1.0, diverged=False):
    return Reached((error,), (10,), False, diverged, int(1000 * error), seconds)


@pytest.fixture
def pool():
    """A head's pool of four ranks, and the pieces that each was given; trial 1 waits until trial 2 is done."""
    exchange, given, second = Exchange(5), {rank: [] for rank in range(1, 5)}, threading.Event()

    def play(comm):
        while told := receive(comm):
            trial, listener, candidate = told
            given[comm.rank].append((trial, listener))
            if trial == 0 and listener == 0:
                second.wait(120)
            comm.send((comm.rank, trial, listener, piece(candidate + listener)), dest=HEAD)

    threads = [threading.Thread(target=play, args=(exchange.of(rank),)) for rank in given]
    for thread in threads:
        thread.start()
    head = search_pool._Pool(exchange.of(HEAD), 3)
    yield head, given, second
    head.close()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()


def test_a_trial_is_there_as_soon_as_its_last_listener_is(pool):
    head, given, second = pool
    reached = {}
    for trial, one in head([10.0, 20.0, 30.0]):
        reached[trial] = one
        second.set()
    assert next(iter(reached)) != 0, "the first was held up"
    assert {trial: one.p95_deg for trial, one in reached.items()} == {
        0: (10, 11, 12),
        1: (20, 21, 22),
        2: (30, 31, 32),
    }
    pieces = [one for of_rank in given.values() for one in of_rank]
    assert sorted(pieces) == [(trial, listener) for trial in range(3) for listener in range(3)]


def test_the_worst_listener_counts_and_the_dearest():
    both = together([piece(3.0), piece(7.0, 2.0, diverged=True), piece(5.0)])
    assert both.worst_deg == 7 and both.multiply_adds == 7000 and both.seconds == 4 and both.diverged
    assert both.p95_deg == (3, 7, 5) and not both.stopped_early


def test_listeners_are_divided_among_ranks():
    assert [own_listener(rank, 3) for rank in range(1, 8)] == [0, 1, 2, 0, 1, 2, 0]


def job(folder):
    return Job({}, {}, 1, "cpu", str(folder), "", str(folder / "pool.json"), tasks=3, threads=1)


def test_a_launcher_that_is_not_there_is_an_error_in_words(tmp_path):
    with pytest.raises(EarshotError, match="nosuchrun: no such MPI launcher here"):
        start(job(tmp_path), "nosuchrun --mpi=pmi2")


def test_ranks_that_end_badly_are_an_error_in_words(tmp_path):
    with pytest.raises(EarshotError, match=r"false: a rank of the search ended before its time \(exit status 1"):
        start(job(tmp_path), "false")
