"""What is made of a SLURM that says nothing, or nothing more of a job; tests/slurm has it on a cluster."""

import logging

import outages
import pytest


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Put a command of SLURM's on the path that says something and ends so."""

    def put(name, says="", status=0):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
        (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    return put


def test_a_job_is_forgotten_when_it_was_unknown_three_times_running():
    known = outages.Outages()

    def ask(answer):
        known.answer = answer
        return known.has_forgotten("7_1")

    assert not any(ask(answer) for answer in ({}, {}, {"7_1": "PENDING"}, {}, {"7_2": "RUNNING"}))
    assert not ask(None), "no answer says nothing about a job"
    assert [ask({}) for _ in range(3)] == [False, False, True]


def test_jobs_that_ended_well_are_known_from_the_accounts(command):
    command("sacct", "7_1\n7_2\n9")
    assert outages.completed("run") == {"7_1", "7_2", "9"}
    command("sacct", "7_1", status=1)
    assert outages.completed("run") == set()


def test_a_controller_is_there_when_it_answers(command):
    command("scontrol", "Slurmctld(primary) at here is UP")
    assert outages.is_there()
    command("scontrol", "Slurmctld(primary) at here is DOWN", status=1)
    assert not outages.is_there()


def test_silence_is_said_once_and_its_end_too(caplog):
    known = outages.Outages()
    logging.getLogger("snakemake.logging").propagate = True
    with caplog.at_level(logging.WARNING):
        for answers in (True, False, False, True, True):
            known.notice(answers)
    assert [record.message.split(".")[0] for record in caplog.records] == [
        "SLURM does not answer",
        "SLURM answers again",
    ]
