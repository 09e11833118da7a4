"""What a run will cost, and how far it is, as a person asks for it."""

import re
import subprocess
import sys

import yaml
from runs import TINY, changed, held, start


def asked(project, program, *arguments, folder=None):
    """What a program of the project says in its folder, or in another one."""
    command = [sys.executable, str(project / f"workflow/{program}.py"), *arguments]
    done = subprocess.run(command, cwd=folder or project, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_run_that_is_over_says_so_and_keeps_a_log(project):
    said = asked(project, "progress")
    assert re.search(r"^interaural_control +2 +0 +0 +0 ", said, re.MULTILINE)
    assert said.rstrip().endswith("15 of 15 jobs done, 0 at work, 0 waiting, 0 failed")
    assert ": over" in said
    first, *_, last = (project / "logs/tiny/progress.log").read_text().splitlines()
    assert "0 of 15 jobs done, 1 at work, 14 waiting, 0 failed" in first
    assert last.endswith("15 of 15 jobs done, 0 at work, 0 waiting, 0 failed")


def test_a_run_that_is_at_work_says_what_is_left(project):
    # One job after another, so that something is left however long the first one takes.
    again = ["--forcerun", "localise_control", "--until", "localise_control", "--cores", "1"]
    with held(project, "localise_control") as environment:
        process = start(project, *again, project=project, environment=environment)
        # The claim is there before the journal is.
        while not re.search(r": at work\n.*jobs done, .*; about \d+ s left", asked(project, "progress")):
            assert process.poll() is None
    process.communicate()
    assert ": over" in asked(project, "progress")


def test_what_a_run_would_cost_is_drawn_from_earlier_jobs(project):
    config = project / "again.yaml"
    config.write_text(yaml.safe_dump(changed({"seed": 2}, TINY)))
    said = asked(project, "hours", "--configfile", "again.yaml", "--cores", "2")
    rows = {row[0]: row[1:] for row in map(str.split, said.splitlines()[1:])}
    assert rows["localise_control"][0] == "2" and rows["localise_control"][-1] == "2"
    assert float(rows["all"][1]) > 0
    assert "?" not in said


def test_what_is_done_costs_nothing(project):
    (project / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    assert "Nothing to be done" in asked(project, "hours", "--configfile", "tiny.yaml", "--cores", "2")


def test_where_nothing_ran_the_most_is_known(tmp_path, project):
    empty = tmp_path / "empty"
    empty.mkdir()
    profile = ["--profile", str(project / "profiles/slurm"), "--snakefile", str(project / "Snakefile")]
    said = asked(project, "hours", *profile, folder=empty)
    rows = {row[0]: row[1:] for row in map(str.split, said.splitlines()[1:-1])}
    jobs, core_hours, gpu_hours, most_core_hours, most_gpu_hours, earlier = rows["localise_accelerated"]
    assert (jobs, core_hours, gpu_hours, earlier) == ("2", "?", "?", "0")
    assert float(most_core_hours) > 0 and float(most_gpu_hours) > 0
    assert "no earlier job of this rule tells" in said
