"""One run at a time in a folder: a second one is refused by name, a killed one leaves neither lock nor processes."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from earshot import cluster, run, writer
from earshot.errors import EarshotError

# A run: it claims the folder, starts what it is told to, and waits.
RUN = """
import subprocess, sys, time
from pathlib import Path
from earshot import run
held = run.claim(Path(sys.argv[1]))
if sys.argv[2:]:
    subprocess.Popen([sys.executable, "-c", *sys.argv[2:]])
else:
    print("claimed", flush=True)
time.sleep(600)
"""

# A job with a child of its own, neither of which SIGTERM ends.
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    print(os.getpid(), child, flush=True)
time.sleep(600)
"""

# A job that starts processes all the time, as a pool of workers may.
FERTILE = """
import os, subprocess, time
print(os.getpid(), flush=True)
for _ in range(2000):
    subprocess.Popen(["sleep", "600"])
    time.sleep(0.002)
"""

# A process that never asks how its child fared, which a run left behind.
FORGETFUL = """
import os, subprocess, sys, time
child = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]
subprocess.Popen(child, env=os.environ | {"EARSHOT_RUN": sys.argv[1]})
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    """Let a claim change the environment of one test alone."""
    monkeypatch.setenv(writer.FOLDER, "")
    monkeypatch.setenv(writer.TOKEN, "")
    monkeypatch.setenv(writer.EXECUTOR, "")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "work"


@pytest.fixture
def other(tmp_path):
    return tmp_path / "other"


@contextmanager
def running(folder: Path, *job: str) -> Iterator[tuple[subprocess.Popen, list[psutil.Process]]]:
    """A run in a folder, and the processes that its job says it consists of; all end with the block."""
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder), *job], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline().split()
        yield process, [psutil.Process(int(pid)) for pid in said if pid != "claimed"]
    finally:
        killed_alone(process)
        process.stdout.close()
        while left := members(folder):
            for member in left:
                with suppress(psutil.NoSuchProcess):
                    member.kill()
            time.sleep(0.01)


def members(folder: Path) -> list[psutil.Process]:
    """The processes that runs in a folder started."""
    return [process for process in psutil.process_iter() if run._belongs(process, folder)]


def killed_alone(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_second_claim_is_refused_and_the_message_names_the_process(folder):
    with running(folder) as (first, _):
        with pytest.raises(EarshotError) as caught:
            run.claim(folder)
        assert str(folder) in str(caught.value)
        assert f"process {first.pid} on {socket.gethostname()}" in str(caught.value)
        assert "no lock to remove" in str(caught.value)


def test_a_folder_is_the_same_by_another_name(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    with running(folder), pytest.raises(EarshotError, match="another run is at work"):
        run.claim(tmp_path / "link")


def test_a_refused_claim_ends_nothing_and_leaves_the_holder_named(folder):
    with running(folder, STUBBORN) as (first, job):
        for _ in range(2):
            with pytest.raises(EarshotError, match=f"process {first.pid} "):
                run.claim(folder)
        assert all(map(alive, job))
        assert first.poll() is None


def test_a_claim_is_free_at_once_after_its_holder_was_killed(folder):
    with running(folder) as (first, _):
        killed_alone(first)
        began = time.monotonic()
        run.claim(folder).close()
        assert time.monotonic() - began < 25, "nothing was waited for"


def test_a_claim_is_free_after_it_was_let_go(folder):
    folder.mkdir()
    run.claim(folder).close()
    with run.claim(folder) as held:
        held.seek(0)
        assert held.read().count("process") == 1, "the earlier holder's name is gone"


def test_a_claim_ends_what_a_killed_run_left_behind(folder):
    with running(folder, STUBBORN) as (first, job):
        killed_alone(first)
        assert len(job) == 2
        assert all(map(alive, job)), "a job lives on when its run is killed alone, and so does the job's child"
        run.claim(folder).close()
        assert not any(map(alive, job))


def test_a_claim_ends_what_leftovers_start_meanwhile(folder):
    with running(folder, FERTILE) as (first, _):
        killed_alone(first)
        time.sleep(0.3)
        run.claim(folder).close()
        assert members(folder) == []


def test_a_leftover_that_ends_by_itself_meanwhile_is_no_error(folder, monkeypatch):
    belongs = run._belongs

    def ends_when_it_is_found(process, folder):
        found = belongs(process, folder)
        if found:
            process.kill()
            psutil.wait_procs([process], timeout=60)
        return found

    with running(folder, STUBBORN) as (first, job):
        killed_alone(first)
        monkeypatch.setattr(run, "_belongs", ends_when_it_is_found)
        run.claim(folder).close()
        assert not any(map(alive, job))


def test_a_leftover_that_nobody_reaps_is_no_hindrance(folder):
    """In a container whose first process forgets the orphans that it adopts, what was killed stays as a zombie."""
    folder.mkdir()
    command = [sys.executable, "-c", FORGETFUL, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as forgetful:
        assert forgetful.stdout is not None
        orphan = psutil.Process(int(forgetful.stdout.readline()))
        try:
            run.end_leftovers(folder, patience_s=20)
            assert orphan.status() == psutil.STATUS_ZOMBIE
        finally:
            forgetful.kill()


def test_processes_of_a_run_in_another_folder_are_left_alone(folder, other):
    with running(folder, STUBBORN) as (first, job), running(other, STUBBORN) as (_, others_job):
        killed_alone(first)
        run.claim(folder).close()
        assert not any(map(alive, job))
        assert all(map(alive, others_job))


def test_a_folder_whose_name_begins_alike_is_another_folder(folder):
    longer = folder.with_name(f"{folder.name}2")
    folder.mkdir()
    with running(longer, STUBBORN) as (first, job):
        killed_alone(first)
        run.claim(folder).close()
        assert all(map(alive, job))


def test_processes_that_were_there_before_are_left_alone(folder):
    folder.mkdir()
    with subprocess.Popen(["sleep", "600"]) as bystander:
        run.claim(folder).close()
        end = bystander.poll()
        bystander.kill()
    assert end is None


def test_what_a_run_starts_carries_its_folder(folder):
    folder.mkdir()
    with run.claim(folder):
        said = subprocess.check_output([sys.executable, "-c", "import os; print(os.environ['EARSHOT_RUN'])"], text=True)
    assert said.strip() == str(folder.resolve())


def test_leftovers_that_do_not_end_are_named(folder, monkeypatch):
    with running(folder, STUBBORN) as (first, job):
        killed_alone(first)
        with monkeypatch.context() as patched, pytest.raises(EarshotError, match="do not end") as caught:
            patched.setattr(psutil.Process, "kill", lambda process: None)
            run.end_leftovers(folder, patience_s=0.2)
        assert all(str(process.pid) in str(caught.value) for process in job)


def test_ending_leftovers_spares_who_ends_them(folder):
    folder.mkdir()
    script = (
        "import sys; from pathlib import Path; from earshot import run; print(run.end_leftovers(Path(sys.argv[1])))"
    )
    inherited = os.environ | {writer.FOLDER: str(folder)}
    said = subprocess.check_output([sys.executable, "-c", script, str(folder)], text=True, env=inherited)
    assert said.strip() == "0"


def test_a_cluster_that_does_not_answer_is_asked_again_by_the_next_run(folder, monkeypatch):
    """Jobs of the run before may be at work there, so nothing begins."""
    folder.mkdir()
    run.claim(folder, "slurm").close()

    def no_answer(folder):
        raise EarshotError("SLURM does not answer")

    monkeypatch.setattr(cluster, "cancel_jobs", no_answer)
    for _ in range(2):
        with pytest.raises(EarshotError, match="does not answer"):
            run.claim(folder, "local")
    asked = []
    monkeypatch.setattr(cluster, "cancel_jobs", asked.append)
    run.claim(folder, "local").close()
    run.claim(folder, "local").close()
    assert len(asked) == 1, "after a local run there is nothing to ask a cluster for"


def test_a_killed_process_is_waited_for_until_it_is_gone(folder):
    """One with much memory takes a while to give it back, and has no environment meanwhile."""
    hog = "import numpy, os, time; a = numpy.ones(30_000_000); print(os.getpid(), flush=True); time.sleep(600)"
    with running(folder, hog) as (first, job):
        killed_alone(first)
        run.end_leftovers(folder)
        assert not any(map(alive, job))
