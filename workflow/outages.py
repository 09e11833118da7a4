"""A SLURM that does not answer for a while, or forgets jobs: where the executor (2.8.0) gives up or waits for ever.

A controller that crashes forgets what it had not yet written down: jobs of its last seconds. `squeue` then has no line
for them, and the executor takes that for a job that is about to appear. Here such a job is looked up in the accounts:
it is over where these say so, and started again where not. A copy that lives on writes nothing (`earshot.writer`).
"""

import asyncio
import logging
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import wraps
from threading import Event
from typing import Any

import snakemake_executor_plugin_slurm as plugin

PATIENCE = 3  # times that SLURM has to be asked in vain for a job, in case that several controllers share a cluster
PAUSE_S = 5  # before it is asked again

log = logging.getLogger("snakemake.logging")


class Outages:
    """What SLURM said last, of all jobs and of the time that it remembers them."""

    def __init__(self) -> None:
        self.answer: dict[str, str] | None = None
        self.min_job_age: int | None = None
        self.silent = False
        self.unknown: Counter[str] = Counter()
        self.over = Event()  # of the run

    def notice(self, answers: bool) -> None:
        """Tell the person when SLURM falls silent, and when it speaks again."""
        if answers and self.silent:
            log.warning("SLURM answers again.")
        elif not (answers or self.silent):
            log.warning("SLURM does not answer. Jobs that are at work go on; it is asked again until it answers.")
        self.silent = not answers

    def has_forgotten(self, job: str) -> bool:
        """Return whether SLURM knew nothing of a job the last few times that it answered."""
        self.unknown[job] = self.unknown[job] + 1 if self.answer is not None and job not in self.answer else 0
        return self.unknown[job] >= PATIENCE


def outlast_outages() -> None:
    """Let this run's executor outlast a controller that is away, and start jobs again that SLURM has forgotten."""
    outages = Outages()
    min_job_age, ask, executor = plugin.get_min_job_age, plugin.query_job_status, plugin.Executor

    def remembered_min_job_age() -> int | None:
        # Where `scontrol` does not answer, the executor would ask the accounts, which it misreads.
        outages.min_job_age = outages.min_job_age or min_job_age()
        return outages.min_job_age

    async def query_job_status(command: str, logger: Any) -> Any:
        by_task = f"{command} --array" if command.startswith("squeue") else command
        answer, took_s = await ask(by_task, logger)
        outages.notice(answer is not None)
        outages.answer = answer if by_task != command else None
        if answer is None and outages.over.is_set():
            return {}, 0.0  # nobody waits for an answer any more
        if answer is None:
            await asyncio.sleep(PAUSE_S)
        return answer, took_s

    still_active = executor.check_active_jobs

    async def check_active_jobs(self: Any, active_jobs: list[Any]) -> AsyncIterator[Any]:
        forgotten = []
        async for job in still_active(self, active_jobs):
            if outages.has_forgotten(job.external_jobid):
                forgotten.append(job)
            else:
                yield job
        ended = await asyncio.to_thread(completed, self.run_uuid) if forgotten else set()
        for job in forgotten:
            if job.external_jobid in ended:
                self.report_job_success(job)
            else:
                self.report_job_error(job, msg=f"SLURM knows nothing more of job {job.external_jobid}.")

    def when_slurm_answers(submit: Callable[..., None]) -> Callable[..., None]:
        @wraps(submit)
        def submit_then(self: Any, *jobs: Any) -> None:
            while not (is_there() or outages.over.wait(PAUSE_S)):
                outages.notice(False)
            if not outages.over.is_set():
                submit(self, *jobs)

        return submit_then

    def and_no_more(end: Callable[..., None]) -> Callable[..., None]:
        @wraps(end)
        def end_then(self: Any, *given: Any) -> None:
            outages.over.set()
            end(self, *given)

        return end_then

    plugin.get_min_job_age, plugin.query_job_status = remembered_min_job_age, query_job_status
    executor.check_active_jobs = check_active_jobs
    executor.run_job = when_slurm_answers(executor.run_job)
    executor.run_array_jobs = when_slurm_answers(executor.run_array_jobs)
    executor.cancel = and_no_more(executor.cancel)


def is_there() -> bool:
    """Return whether the controller answers. Where that cannot be asked, the submission itself will tell."""
    try:
        return subprocess.run(["scontrol", "ping"], check=False, capture_output=True, timeout=60).returncode == 0
    except subprocess.TimeoutExpired:
        return False
    except OSError:
        return True


def completed(run: str) -> set[str]:
    """Return a run's jobs of the last week that are completed by SLURM's accounts; none where these are silent."""
    command = ["sacct", "-X", "-n", "-P", "-S", "now-7days", "--name", run, "-s", "CD", "-o", "JobID"]
    try:
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return set()
    return set(said.split())
