"""A file has one writer: the job that began last, of the run that holds the folder."""

import subprocess
import sys

import pytest
from earshot import writer
from earshot.errors import WithdrawnError
from earshot.files import replacing, replacing_folder

# A job: signs in, says so, and writes when it is told to.
JOB = """
import sys
from earshot.writer import sign_in
from earshot.files import replacing
sign_in([sys.argv[1]])
print("signed in", flush=True)
sys.stdin.readline()
with replacing(sys.argv[1]) as temporary:
    temporary.write_text(sys.argv[2])
"""


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    """Let a run change the environment of one test alone, and a sign-in this process for one test."""
    monkeypatch.setenv(writer.FOLDER, "")
    monkeypatch.setenv(writer.TOKEN, "")
    monkeypatch.setenv(writer.EXECUTOR, "")
    monkeypatch.setenv(writer.SIGNED, "")
    monkeypatch.setattr(writer, "_signed", [])


@pytest.fixture
def job(tmp_path):
    """Start a job that signs in for an output, of the run whose environment this process has."""
    started = []

    def start(text):
        command = [sys.executable, "-c", JOB, str(tmp_path / "scores"), text]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, text=True, **pipes))
        assert started[-1].stdout.readline() == "signed in\n"
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ends(process):
    """Let a job write, and return what it said of errors."""
    _, said = process.communicate("write\n")
    return said


def test_without_a_run_everybody_writes(tmp_path):
    writer.sign_in([tmp_path / "scores"])
    with replacing(tmp_path / "scores") as temporary:
        temporary.write_text("mine")
    assert (tmp_path / "scores").read_text() == "mine"


def test_a_job_of_the_run_writes(tmp_path, job):
    writer.open_run(tmp_path, "local")
    assert ends(job("mine")) == ""
    assert (tmp_path / "scores").read_text() == "mine"


def test_a_job_of_an_earlier_run_writes_nothing(tmp_path, job):
    writer.open_run(tmp_path, "local")
    (tmp_path / "scores").write_text("theirs")
    late = job("late")
    writer.open_run(tmp_path, "local")
    assert "this job is of an earlier run" in ends(late)
    assert (tmp_path / "scores").read_text() == "theirs"
    assert not list(tmp_path.glob(".scores*")), "nothing half-written is left"


def test_a_job_that_was_started_once_more_writes_nothing(tmp_path, job):
    """As when a node is out of reach and the job is given to another, and then the node comes back."""
    writer.open_run(tmp_path, "slurm")
    first, second = job("first"), job("second")
    assert ends(second) == ""
    assert "this job was started once more, by process" in ends(first)
    assert (tmp_path / "scores").read_text() == "second"


def test_a_folder_stays_too(tmp_path, monkeypatch):
    writer.open_run(tmp_path, "local")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "anna").write_text("theirs")
    monkeypatch.setenv(writer.TOKEN, "another")
    with pytest.raises(WithdrawnError), replacing_folder(tmp_path / "models") as folder:
        (folder / "anna").write_text("late")
    assert (tmp_path / "models" / "anna").read_text() == "theirs"


def test_a_job_of_an_earlier_run_does_not_even_begin(tmp_path, monkeypatch):
    writer.open_run(tmp_path, "slurm")
    monkeypatch.setenv(writer.TOKEN, "another")
    with pytest.raises(WithdrawnError, match="the folder was taken by process"):
        writer.sign_in([tmp_path / "scores"])


def test_jobs_with_other_outputs_do_not_meet(tmp_path):
    writer.open_run(tmp_path, "local")
    writer.sign_in([tmp_path / "scores"])
    mine = list(writer._signed)
    writer.sign_in([tmp_path / "models"])
    writer._signed[:] = mine
    writer.require_right()


def test_what_a_job_starts_writes_in_its_name(tmp_path, job):
    writer.open_run(tmp_path, "local")
    writer.sign_in([tmp_path / "scores"])
    ask = [sys.executable, "-c", "from earshot.writer import require_right; require_right()"]
    subprocess.run(ask, check=True)
    job("another start of it")
    asked = subprocess.run(ask, check=False, capture_output=True, text=True)
    assert "this job was started once more" in asked.stderr
