"""Workers share a journal: every round is done once, and whoever dies costs the others nothing but that round."""

import errno
import fcntl
import json
import os
import time
from multiprocessing import get_context

import pytest
from earshot.errors import DeviceError, EarshotError
from earshot.learn import study
from earshot.learn.journal import Journal
from searches_made_up import SPACE, Valley, essence, searched

FORK = get_context("fork")  # spawned processes would import torch again


class Slow(Valley):
    """A worker whose rounds take a moment; from its round `hangs` on they never end, and it says so by a file.

    Its first one ends when so many workers as `meet` are at theirs.
    """

    def __init__(self, begun, hangs=None, meet=1):
        super().__init__()
        self.begun, self.hangs, self.meet, self.number = begun, hangs, meet, 0

    def __call__(self, candidates):
        self.number += 1
        if self.number == self.hangs:
            self.begun.touch()
            time.sleep(600)
        if self.number == 1 and self.meet > 1:
            self.begun.touch()
            wait_for(lambda: len(list(self.begun.parent.glob("begun*"))) == self.meet)
        time.sleep(0.05)
        return super().__call__(candidates)


def work(path, worker, begun, hangs, meet):
    searched(path, 60, evaluate=Slow(begun, hangs, meet), shared=True, worker=worker)


@pytest.fixture
def start(tmp_path):
    """Start a worker in a process of its own."""
    started = []

    def start_worker(worker=1, hangs=None, meet=1):
        begun = tmp_path / f"begun{worker}"
        started.append(FORK.Process(target=work, args=(tmp_path / "journal.log", worker, begun, hangs, meet)))
        started[-1].start()
        if hangs:
            wait_for(begun.exists)
        return started[-1]

    yield start_worker
    for process in started:
        process.kill()
        process.join()


def wait_for(ready, patience_s=120):
    give_up = time.monotonic() + patience_s
    while not ready():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def ends(*processes):
    for process in processes:
        process.join(300)
        assert process.exitcode == 0


def follow_from_what_they_knew(trials):
    """Return whether each round is what its trials say that they were asked in the knowledge of."""
    rounds = {number: [trial for (of, _), trial in trials.items() if of == number] for number, _ in trials}
    for number, own in rounds.items():
        (knew,) = {tuple(trial.user_attrs["knew"]) for trial in own}
        earlier = [trial for known in knew for trial in rounds[known]]
        if [trial.params for trial in own] != study.ask(SPACE, earlier, len(own), 1, number):
            return False
    return True


def test_workers_share_the_rounds_and_each_is_done_once(start, tmp_path):
    ends(*[start(worker, meet=3) for worker in (1, 2, 3)])
    lines = (tmp_path / "journal.log").read_text().splitlines()
    assert sum('"op_code":4' in line for line in lines) == 60, "nothing was added twice"
    journal = Journal(tmp_path / "journal.log")
    trials = journal.trials()
    assert list(trials) == [(number, place) for number in range(6) for place in range(10)]
    assert {trial.user_attrs["worker"] for trial in trials.values()} == {1, 2, 3}
    told = [number for worker in (1, 2, 3) for number in study.contribution(journal, worker)["rounds"]]
    assert sorted(told) == list(range(1, 7))
    assert follow_from_what_they_knew(trials)


def test_the_round_of_a_worker_that_dies_is_done_by_another(start, tmp_path):
    first = start(1, hangs=3)
    before = list(Journal(tmp_path / "journal.log").trials().values())
    second = start(2)
    # It does all others, and waits.
    wait_for(lambda: len(Journal(tmp_path / "journal.log").trials()) == 50)
    time.sleep(0.2)
    assert second.is_alive()
    first.kill()
    ends(second)
    trials = Journal(tmp_path / "journal.log").trials()
    assert len(trials) == 60 and follow_from_what_they_knew(trials)
    assert list(trials.values())[:20] == before, "finished trials stay"
    assert {trials[2, place].user_attrs["worker"] for place in range(10)} == {2}


def test_a_line_that_a_killed_worker_left_in_part_harms_nobody_at_work(start, tmp_path):
    start(1, hangs=3).kill()
    second = start(2, hangs=2)
    path = tmp_path / "journal.log"
    with path.open("ab") as file:
        file.write(path.read_bytes().splitlines()[-1][:-30])
    third = start(3)
    second.kill()
    ends(third)
    trials = Journal(path).trials()
    assert len(trials) == 60 and follow_from_what_they_knew(trials)
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_round_that_was_written_in_part_is_done_in_the_knowledge_that_it_was_begun_in(tmp_path):
    path = tmp_path / "journal.log"
    whole = essence(searched(path, 40))
    lines = path.read_text().splitlines(keepends=True)
    added = [line for line in lines if '"op_code":4' in line]
    # Of the third round four trials are there, and the fourth is finished: its worker was not the one that died.
    path.write_text("".join([lines[0], *added[:24], *added[30:]]))
    assert essence(searched(path, 40)) == whole


def hold(path, held):
    journal = Journal(path, shared=True)
    journal._study._storage._backend._lock.acquire()
    held.touch()
    time.sleep(600)


def test_a_worker_that_is_killed_while_it_writes_keeps_nobody_waiting(tmp_path):
    process = FORK.Process(target=hold, args=(tmp_path / "journal.log", tmp_path / "held"))
    process.start()
    wait_for((tmp_path / "held").exists)
    process.kill()
    process.join()
    began = time.monotonic()
    assert len(searched(tmp_path / "journal.log", 10, shared=True)) == 10
    assert time.monotonic() - began < 25, "a lock of optuna's that is left behind holds for half a minute"


def test_one_worker_alone_needs_no_locks_and_several_are_refused_without(tmp_path, monkeypatch, caplog):
    def no_locks(*given):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    monkeypatch.setattr(fcntl, "lockf", no_locks)
    assert len(searched(tmp_path / "journal.log", 20)) == 20
    assert "no lock can be held here" in caplog.text
    with pytest.raises(EarshotError, match=r"Set localisation\.search\.workers to 1"):
        searched(tmp_path / "journal.log", 30, shared=True)


def test_workers_on_different_devices_are_told_apart(tmp_path):
    for number, path in enumerate(("a/journal.log", "b/journal.log")):
        (tmp_path / f"{number}.json").write_text(json.dumps({"journal": str(tmp_path / path), "rounds": []}))
    with pytest.raises(DeviceError, match="config key device: workers of the search computed on different kinds"):
        study.journal_of_all([tmp_path / "0.json", tmp_path / "1.json"])
    assert study.journal_of_all([tmp_path / "0.json"]).path == tmp_path / "a/journal.log"
