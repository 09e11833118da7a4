"""Runs through profiles/slurm on the test cluster, and what may happen to them."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from acceptance.kills import Arena, differences
from earshot.writer import state
from slurm.cluster import HERE

# The profile as sites use it, with the test cluster's names, on a cluster that answers fast.
PROFILE = [
    *("--profile", "profiles/slurm"),
    *("--slurm-partition-config", str(HERE / "site.yaml")),
    *("--slurm-init-seconds-before-status-checks", "1"),
    *("--latency-wait", "10"),
]
LOCAL = ["--profile", "profiles/local"]


class Campaign(Arena):
    """Runs of one configuration on the cluster, each compared with a run on this machine alone.

    Jobs of the rule `held` are at work until what is to happen to one of them has happened.
    """

    def __init__(
        self,
        folder: Path,
        settings: dict[str, Any],
        targets: Sequence[str] = (),
        longer: Mapping[str, float] | None = None,
        arguments: Sequence[str] = (),
        held: str | None = None,
    ):
        self.hold = folder / "held"
        slower = ",".join(f"{rule}={seconds}" for rule, seconds in (longer or {}).items())
        super().__init__(
            folder,
            settings,
            targets,
            profile=[*PROFILE, *arguments],
            environment={"EARSHOT_ASK_S": "2"}
            | ({"EARSHOT_LONGER": slower} if slower else {})
            | ({"EARSHOT_HELD": f"{held}={self.hold}"} if held else {}),
        )

    def run_undisturbed(self) -> float:
        """Make the results that all others are compared with, without the cluster, and return the seconds."""
        began = time.monotonic()
        self.finish(self.start(LOCAL, {"EARSHOT_LONGER": ""}))
        took_s = time.monotonic() - began
        (self.project / "results").rename(self.undisturbed)
        return took_s

    def faults(self) -> list[str]:
        """Say what is wrong with the results that are there, and with how they came to be."""
        return self.meetings() + differences(self.undisturbed, self.project / "results")

    def disturbed(self, rule: str, event: Callable[[str], object], sign: str = "") -> str:
        """Begin from nothing, let something happen to a job of a rule at work, and return what the run said.

        Jobs that are held go on when the run has said the sign.
        """
        self.clear()
        self.hold.touch()
        self.output.unlink(missing_ok=True)
        run = self.start()
        try:
            event(wait_for_job(rule))
            self.go_on(sign)
            self.finish(run)
        finally:
            self.hold.unlink(missing_ok=True)
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)
        return self.output.read_text()

    def stop_writer(self, rule: str, patience_s: float = 300) -> psutil.Process:
        """Halt a script of a rule in the midst of its work, when it has signed in for its outputs, and return it."""
        give_up = time.monotonic() + patience_s
        while time.monotonic() < give_up:
            for entry in state(self.project).glob("writers/*"):
                with suppress(psutil.Error, ValueError, OSError):
                    process = psutil.Process(int(entry.read_text().split()[2]))
                    if f".{rule}.py" in " ".join(process.cmdline()):
                        process.suspend()
                        return process
            time.sleep(0.002)
        raise TimeoutError(f"no script of {rule} was at work within {patience_s:.0f} s")

    def interrupted(self, rule: str, how: signal.Signals, sign: str = "", patience_s: float = 300) -> None:
        """Begin from nothing, send the run a signal while a job of a rule is at work, and start again when it is over.

        After SIGKILL that is at once, while jobs are at work; those that are held are when the new run says the sign.
        """
        self.clear()
        self.hold.touch()
        self.output.unlink(missing_ok=True)
        run = self.start()
        wait_for_job(rule)
        os.kill(run.pid, how)
        run.wait(patience_s)
        run = self.start()
        try:
            self.go_on(sign)
            self.finish(run)
        finally:
            self.hold.unlink(missing_ok=True)
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)

    def go_on(self, sign: str = "", patience_s: float = 300) -> None:
        """Let jobs that are held go on, as soon as the run has said something."""
        give_up = time.monotonic() + patience_s
        while sign not in self.output.read_text():
            if time.monotonic() > give_up:
                raise TimeoutError(f"the run did not say {sign!r} within {patience_s:.0f} s")
            time.sleep(0.1)
        self.hold.unlink(missing_ok=True)


def wait_for_job(rule: str, count: int = 1, patience_s: float = 300) -> str:
    """Wait until so many jobs of a rule are at work, and return the number of the first."""
    give_up = time.monotonic() + patience_s
    while time.monotonic() < give_up:
        at_work = [number for number, status, of in jobs() if status == "RUNNING" and of.startswith(f"rule_{rule}")]
        if len(at_work) >= count:
            return at_work[0]
        time.sleep(0.2)
    raise TimeoutError(f"{count} jobs of {rule} were not at work within {patience_s:.0f} s")


def jobs() -> list[tuple[str, str, str]]:
    """Return number, state and comment of each job that SLURM knows."""
    listed = subprocess.run(["squeue", "-h", "-o", "%i|%T|%k"], check=True, capture_output=True, text=True).stdout
    return [tuple(line.split("|", 2)) for line in listed.splitlines()]  # type: ignore[misc]


def node_of(job: str) -> str:
    """Return the node that a job is on."""
    asked = ["squeue", "-h", "-j", job, "-o", "%N"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def control(*command: str) -> None:
    """Tell the controller something."""
    subprocess.run(["scontrol", *command], check=True, capture_output=True)
