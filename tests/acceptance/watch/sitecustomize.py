"""Every Python process of a run that is watched signs in before it does anything else.

Python imports a module of this name at its start; `kills.Arena` puts this folder on the path. A line of the book says
which run the process is of, whether it is a job, and, for a job, which processes of earlier runs were alive beside it.
So nothing is sampled: a job that starts beside a leftover is in the book, however short both live. Linux alone.
"""

import atexit
import json
import os
import sys
import time
from pathlib import Path


def _born(pid):
    """Return when a process started, in ticks, or None where it has ended (a zombie has)."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else int(fields[18])


def _sign_in(book, run):
    me = {"run": run, "pid": os.getpid(), "born": _born(os.getpid()), "command": sys.orig_argv[1:3]}
    me["job"] = bool(os.environ.get("EARSHOT_RUN"))
    _append(book, me)
    if me["job"]:  # first signed in, then looked around: of two processes at least the later sees the other
        entries = [json.loads(line) for line in Path(book).read_text().splitlines()]
        others = [entry for entry in entries if entry.get("born") and entry["run"] < run]
        beside = [other for other in others if _born(other["pid"]) == other["born"]]
        if beside:
            _append(book, {"run": run, "pid": me["pid"], "beside": [it["pid"] for it in beside]})


def _append(book, entry):
    file = os.open(book, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, (json.dumps(entry) + "\n").encode())  # one write to a file opened so is never torn
    os.close(file)


def _take_longer(seconds_of_rules):
    """Let a rule's script take so many seconds longer, so that something can happen to it: `rule=seconds,...`."""
    for rule, _, seconds in (part.partition("=") for part in seconds_of_rules.split(",")):
        if _is_script_of(rule):
            time.sleep(float(seconds))


def _wait(held):
    """Let a rule's script wait for as long as a file is there, so that it is at work for certain: `rule=file`."""
    rule, _, file = held.partition("=")
    while _is_script_of(rule) and Path(file).exists():
        time.sleep(0.05)


def _is_script_of(rule):
    script = Path(sys.orig_argv[1]).name if sys.orig_argv[1:] else ""
    return script.startswith("tmp") and script.endswith(f".{rule}.py")


def _sign_out(book):
    """Let a rule's script say at its end how many seconds of the processor it took, with its children."""
    script = Path(sys.orig_argv[1]).name if sys.orig_argv[1:] else ""
    if script.startswith("tmp") and script.endswith(".py") and "SLURM_JOB_ID" in os.environ:
        atexit.register(lambda: _append(book, {"script": script.split(".")[1], "cpu_s": sum(os.times()[:4])}))


def _ask_often(seconds):
    """Let Snakemake's executor ask for the state of jobs at least so often: it waits longer when nothing has ended."""
    from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

    interval = RemoteExecutor.next_seconds_between_status_checks
    RemoteExecutor.next_seconds_between_status_checks = property(
        interval.fget, lambda self, longer: interval.fset(self, min(longer, seconds))
    )


if "EARSHOT_WATCH" in os.environ:
    _sign_in(os.environ["EARSHOT_WATCH"], int(os.environ["EARSHOT_WATCH_RUN"]))
    _sign_out(os.environ["EARSHOT_WATCH"])

if "EARSHOT_LONGER" in os.environ:
    _take_longer(os.environ["EARSHOT_LONGER"])

if "EARSHOT_HELD" in os.environ:
    _wait(os.environ["EARSHOT_HELD"])

# The main process alone has an executor that asks.
if (
    "EARSHOT_ASK_S" in os.environ
    and any("snakemake" in word for word in sys.orig_argv[:3])
    and "EARSHOT_RUN" not in os.environ
):
    _ask_often(float(os.environ["EARSHOT_ASK_S"]))
