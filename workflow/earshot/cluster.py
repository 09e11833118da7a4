"""The SLURM cluster that a run submits to: its account there, and the jobs that an earlier run left behind."""

import getpass
import logging
import os
import re
import subprocess
import time
from pathlib import Path

import yaml

from earshot.errors import ConfigError, EarshotError

log = logging.getLogger(__name__)

# What Snakemake's executor calls its jobs: the run's id, behind a prefix where the profile sets one.
_OF_SNAKEMAKE = re.compile(r"([\w-]+_)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def remember_gpus(count: int) -> None:
    """Let the processes of this run know how many GPUs it was given."""
    os.environ["EARSHOT_GPUS"] = str(count)


def has_gpus() -> bool:
    """Return whether this run was given GPUs."""
    return os.environ.get("EARSHOT_GPUS", "0") != "0"


def charge(site: Path | str | None) -> None:
    """Let jobs be charged to the account that a site's file names, to none where there is no file or it names none.

    Raises ConfigError when the file cannot be read, or has a key that it should not have.
    """
    os.environ["EARSHOT_ACCOUNT"] = ""
    if site is None:
        return
    try:
        keys = yaml.safe_load(Path(site).read_text())
    except (OSError, yaml.YAMLError) as fault:
        raise ConfigError(f"{site}: the site's file cannot be read: {fault}") from fault
    if not isinstance(keys, dict) or (unknown := keys.keys() - {"account", "partitions"}):
        named = f"{', '.join(sorted(unknown))} is unknown" if isinstance(keys, dict) else "it holds no keys"
        raise ConfigError(f"{site}: {named}; known here: account, partitions")
    os.environ["EARSHOT_ACCOUNT"] = str(keys.get("account") or "")


def cancel_jobs(folder: Path, patience_s: float = 120) -> list[str]:
    """Cancel the SLURM jobs that runs in a folder submitted, wait until none is left and return their numbers.

    Jobs of other folders, and whatever in this folder Snakemake did not submit, are left alone. A job that SLURM has
    given up but cannot end, on a node out of reach, is not waited for: it may write no more (`earshot.writer`).

    Raises EarshotError when SLURM does not answer, or when jobs do not end.
    """
    give_up = time.monotonic() + patience_s
    cancelled: list[str] = []
    while left := jobs(folder, give_up):
        if new := [job for job in left if job not in cancelled]:
            cancelled += new
            log.warning("cancelling jobs of an earlier run in this folder: %s", ", ".join(new))
        if at_work := [job for job, state in left.items() if state != "COMPLETING"]:
            subprocess.run(["scancel", *at_work], check=False, capture_output=True)
        if time.monotonic() > give_up:
            if stubborn := [job for job, state in left.items() if state != "COMPLETING"]:
                raise EarshotError(
                    f"{folder}: SLURM jobs of an earlier run do not end: {', '.join(stubborn)}. "
                    "End them by hand (scancel), then start again."
                )
            log.warning("not waiting for jobs that SLURM cannot reach: %s", ", ".join(left))
            break
        time.sleep(0.5)
    return cancelled


def jobs(folder: Path, give_up: float = 0) -> dict[str, str]:
    """Return the state of each job that runs in a folder submitted, by its number, in SLURM's words.

    Where SLURM does not answer it is asked again until `give_up` (of the monotonic clock), then EarshotError is raised.
    """
    command = ["squeue", "--noheader", "--user", getpass.getuser(), "--array", "--format", "%i|%T|%j|%Z"]
    while True:
        try:
            listed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
            break
        except (OSError, subprocess.SubprocessError) as fault:
            if time.monotonic() > give_up:
                said = (getattr(fault, "stderr", None) or str(fault)).strip()
                raise EarshotError(
                    f"{folder}: an earlier run submitted jobs to SLURM, which does not answer ({said}), so they may "
                    "be at work. Start again where squeue works."
                ) from fault
            time.sleep(2)
    rows = [line.split("|", 3) for line in listed.splitlines() if line.count("|") >= 3]
    own = os.environ.get("SLURM_JOB_ID")  # this very run may be a job
    return {
        number: status
        for number, status, name, place in rows
        if _OF_SNAKEMAKE.fullmatch(name) and number != own and os.path.realpath(place) == os.path.realpath(folder)
    }
