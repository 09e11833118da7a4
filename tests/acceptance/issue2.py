"""The bars of issue 2: the same workflow on a real SLURM cluster, whatever happens there."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import psutil
from acceptance.kills import differences
from bars import ROOT, Bars, Log, Missed
from runs import TINY, copy_project
from slurm import cluster
from slurm.events import Campaign, control, node_of, wait_for_job

BARS = Bars()
SCORES = [f"results/tiny/localisation/{variant}/scores.parquet" for variant in ("control", "accelerated")]


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder that is gone afterwards, and a cluster."""
    with tempfile.TemporaryDirectory(prefix="earshot-", ignore_cleanup_errors=True) as folder, cluster.running():
        yield Path(folder)


@BARS.add("slurm-bytes", "the demo's outputs through SLURM are those of a local run, byte for byte", "slurm")
def same_bytes(log: Log) -> tuple[str, bool]:
    """Run the demo on this machine and on the cluster."""
    with scratch() as folder:
        runs = Campaign(folder, {})
        local_s = runs.run_undisturbed()
        began = time.monotonic()
        runs.finish(runs.start())
        log.write(runs.output.read_text())
        faults = runs.faults()
    measured = (
        f"local {local_s:.0f} s, cluster {time.monotonic() - began:.0f} s: {'; '.join(faults) or 'the same bytes'}"
    )
    return measured, not faults


@BARS.add("slurm-signals", "SIGINT, SIGTERM, SIGKILL and a rerun: complete, correct, never two writers", "slurm")
def signals(log: Log) -> tuple[str, bool]:
    """Send the main process each signal while jobs are at work, and start again."""
    told = []
    with scratch() as folder:
        runs = Campaign(folder, TINY, SCORES, {"interaural_control": 15, "localise_accelerated": 15})
        runs.run_undisturbed()
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            for rule in ("interaural_control", "localise_accelerated"):
                runs.interrupted(rule, how)
                log.write(runs.output.read_text())
                told.append((f"{how.name} during {rule}", runs.faults()))
                log.say(f"{told[-1][0]}: {'; '.join(told[-1][1]) or 'the same bytes'}")
    good = sum(not faults for _, faults in told)
    return f"{good} of {len(told)}", good == len(told)


def event(
    name: str,
    happens: Callable[[str], object],
    rule: str,
    sign: str | None,
    longer: float = 20,
    arguments: tuple[str, ...] = (),
) -> None:
    """Add a bar: something happens to a job of a rule, and the run ends well without help.

    `sign` is what the run's log then holds, None where it need not notice.
    """

    @BARS.add(f"slurm-{name}", "the run ends well by itself, with the bytes of a local run", "slurm")
    def measure(log: Log) -> tuple[str, bool]:
        with scratch() as folder:
            runs = Campaign(folder, TINY, SCORES, {rule: longer}, arguments)
            runs.run_undisturbed()
            said = runs.disturbed(rule, happens)
            log.write(said)
            faults = runs.faults()
        happened = sign is None or re.search(sign, said) is not None
        measured = "; ".join(faults) or "the same bytes"
        return measured + (
            "" if happened else f", but nothing happened: no {sign!r} in the log"
        ), happened and not faults


def cancel(job: str) -> None:
    """Cancel a job from outside."""
    subprocess.run(["scancel", job], check=True)


def take_node_down(job: str) -> None:
    """Set the node of a job DOWN, and bring it back when its jobs are elsewhere."""
    node = node_of(job)
    control("update", f"nodename={node}", "state=down", "reason=test")
    time.sleep(20)
    with suppress(subprocess.CalledProcessError):  # it may be back already: its daemon lives
        control("update", f"nodename={node}", "state=resume")


def restart_controller(job: str) -> None:
    """Kill the controller and start it again.

    Not in the first seconds of a job: a controller that has not yet written down that it launched one launches it once
    more, the node refuses the copy, and SLURM drains the node until somebody resumes it.
    """
    time.sleep(6)
    cluster.kill_controller()
    time.sleep(5)
    if subprocess.run(["squeue"], check=False, capture_output=True).returncode == 0:
        raise Missed("the controller answers, though it was killed")
    cluster.start_controller()


def lose_controller_and_accounting(job: str) -> None:
    """Kill controller and accounting for a minute and a half: jobs end meanwhile, and nobody can be asked."""
    time.sleep(6)
    cluster.kill_controller()
    cluster.kill_accounting()
    time.sleep(90)
    cluster.start_accounting()
    cluster.start_controller()


def forget(job: str) -> None:
    """Kill the controller and let it come back without knowing a job, as if it had not yet written it down."""
    cluster.kill_controller()
    cluster.forget_jobs()
    cluster.start_controller()


def nothing(job: str) -> None:
    """Do nothing: the job's own limits are what happens."""


TRIED_AGAIN = r"Trying to restart job"
event("cancelled", cancel, "interaural_control", TRIED_AGAIN)
event("node-down", take_node_down, "interaural_control", TRIED_AGAIN)
event("controller", restart_controller, "interaural_control", None)
event("outage", lose_controller_and_accounting, "interaural_control", "SLURM answers again", 30)
event("forgotten", forget, "interaural_control", TRIED_AGAIN)
event("time", nothing, "localise_control", TRIED_AGAIN, 75, ("--set-resources", "localise_control:runtime=attempt"))
event("memory", nothing, "localise_control", TRIED_AGAIN, 0, ("--set-resources", "localise_control:mem_mb=250*attempt"))


@BARS.add("slurm-disk", "a node without space for its jobs: the run ends well by itself", "slurm")
def disk(log: Log) -> tuple[str, bool]:
    """Fill the disk on which one node keeps its jobs' scripts and temporary files."""
    with scratch() as folder:
        runs = Campaign(folder, TINY, SCORES)
        runs.run_undisturbed()
        spool = cluster.ROOT / "spool" / "cn1"
        cluster.stop_node("cn1")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(spool)], check=True)
        try:
            cluster.start_node("cn1")
            time.sleep(3)
            with (spool / "full").open("wb", buffering=0) as full, suppress(OSError):
                while True:
                    full.write(bytes(1024))
            runs.clear()
            runs.output.unlink(missing_ok=True)
            runs.finish(runs.start())
        finally:
            log.write(runs.output.read_text() if runs.output.exists() else "")
            cluster.stop_node("cn1")
            subprocess.run(["umount", str(spool)], check=True)
        faults = runs.faults()
        tried = re.search(TRIED_AGAIN, runs.output.read_text()) is not None
    return (
        f"{'; '.join(faults) or 'the same bytes'}; a job {'failed there' if tried else 'NEVER came there'}",
        tried and not faults,
    )


@BARS.add(
    "slurm-survivor", "a job that outlived its run, where no one can end it, writes nothing beside the next", "slurm"
)
def survivor(log: Log) -> tuple[str, bool]:
    """Let a job of a killed run come to its end when the next run has made the same files.

    It is stopped in the midst of its work. The controller forgets it and its node's daemon is gone, so SLURM cannot end
    it; the next run is in a name space of its own, in which it sees no process of other runs, as on another machine.
    """
    with scratch() as folder:
        runs = Campaign(folder, TINY, SCORES)
        runs.run_undisturbed()
        runs.clear()
        run = runs.start()
        old = runs.stop_writer("interaural_control")
        (its_log,) = [file.path for file in old.open_files() if Path(file.path).parent.name == "interaural_control"]
        says = Path(its_log).open("rb")  # noqa: SIM115 - held, because the next run removes it
        node = node_of(wait_for_job("interaural_control"))
        run.kill()
        run.wait()
        cluster.kill_controller()
        cluster.stop_node(node)
        cluster.forget_jobs()
        cluster.start_controller()
        control("update", f"nodename={node}", "state=down", "reason=test")
        runs.command = ["unshare", "--pid", "--fork", "--mount-proc", *runs.command]
        runs.finish(runs.start())
        lived = old.status() == psutil.STATUS_STOPPED
        made = {path: path.stat().st_mtime_ns for path in (runs.project / "results").rglob("*.safetensors")}
        old.resume()
        psutil.wait_procs([old], timeout=60)
        log.write(runs.output.read_text())
        faults = differences(runs.undisturbed, runs.project / "results")
        faults += [f"{path.name} was written again" for path, when in made.items() if path.stat().st_mtime_ns != when]
        said = b"It writes nothing more" in says.read()
    measured = "; ".join(faults) or "the same bytes"
    measured += f"; the old job {'lived' if lived else 'DID NOT LIVE'} and {'withdrew' if said else 'DID NOT WITHDRAW'}"
    return measured, lived and said and not faults


@BARS.add("slurm-plan", "a dry run of ten times the full study's jobs in under 15 s, the worst of three")
def plan_ten_times(log: Log) -> tuple[str, bool]:
    """Plan the full study with ten times its people and half as many a job: twenty times its shards."""
    with tempfile.TemporaryDirectory(prefix="earshot-") as folder:
        project = copy_project(Path(folder))
        config = {"name": "ten", "synthetic": {"people": 480}}
        config |= {"localisation": {"collection": "synthetic", "subjects_per_job": 12}}
        (project / "ten.json").write_text(json.dumps(config))
        plan = [sys.executable, "-m", "snakemake", "-n", "--profile", "profiles/slurm", "--configfile", "ten.json"]
        runs = [log.succeed(plan, project) for _ in range(3)]
    seconds = [run.seconds for run in runs]
    (jobs,) = {int(total) for run in runs for total in re.findall(r"^total +(\d+)$", run.output, re.MULTILINE)}
    return f"{min(seconds):.1f} to {max(seconds):.1f} s for {jobs} jobs", max(seconds) < 15 and jobs > 160


@BARS.add("slurm-overhead", "main process and job starts take under 5 % of the full study's own work", "slurm")
def overhead(log: Log) -> tuple[str, bool]:
    """Measure what the workflow takes for a job and for itself, and compare it with the full study's work.

    A small run on the cluster gives the seconds of the processor of each submitted job beside its scripts (two
    Snakemakes, srun, the shell; SLURM accounts for the whole job, each script for itself), and those of the main
    process with its sbatch and squeue. The full study has its own number of jobs. Its work is that of the 48 of ARI,
    rule by rule (docs/measurements/stages-ari-2-cores.csv), for the directions of ITA (2,304 in place of 1,550).
    """
    with scratch() as folder:
        runs = Campaign(folder, TINY)
        before = sum(os.times()[2:4])
        runs.finish(runs.start())
        main_s = sum(os.times()[2:4]) - before
        time.sleep(5)  # until accounts are written
        submitted, jobs_s = accounted()
        per_job_s = (jobs_s - runs.scripts_cpu_s()) / submitted
        plan = log.succeed([sys.executable, "-m", "snakemake", "-n", "--profile", "profiles/slurm"], runs.project)
    counts = {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", plan.output, re.MULTILINE)}
    stages = pd.read_csv(ROOT / "docs/measurements/stages-ari-2-cores.csv").set_index("rule")
    work_s = float((stages["cores"] * stages["seconds"]).sum()) * 2304 / 1550
    # The short rules at the end are one job.
    jobs = 1 + sum(counts[rule] for rule in stages.index if rule != "score_localisation")
    took_s = jobs * per_job_s + main_s * counts["total"] / 16
    measured = (
        f"{took_s / work_s:.1%}: {jobs} jobs at {per_job_s:.1f} s and {main_s:.1f} s of the main process for 16 jobs, "
        f"beside {work_s:,.0f} s of work"
    )
    return measured, took_s < 0.05 * work_s


def accounted() -> tuple[int, float]:
    """Return how many jobs SLURM kept account of, and the seconds of the processor that all their steps took."""
    command = ["sacct", "-n", "-P", "-o", "JobID,TotalCPU", "-S", "now-1hours"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    steps = [row.split("|") for row in listed.splitlines() if "." in row.partition("|")[0]]
    seconds = sum(
        float(part) * 60**power for _, used in steps for power, part in enumerate(reversed((used or "0").split(":")))
    )
    return len({step.partition(".")[0] for step, _ in steps}), seconds
