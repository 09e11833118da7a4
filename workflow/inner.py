"""What a Snakemake around one job leaves to the Snakemake that started it.

On a cluster a Snakemake of its own stands around each job. It writes down nothing about how outputs were made, and yet
it would take away the mark that they are not complete: where the main process is killed meanwhile, the next run would
take them for current, whatever their settings were. And it would remove the outputs of a job that fails, which may be
those of a successor. Nor has it to judge what the job's inputs are made of: it knows the code of nothing (`code` in
rules/common.smk) and would make them again. All three are the main process's to do.
"""

from typing import Any

from snakemake.jobs import Job
from snakemake.persistence import PersistenceBase
from snakemake.workflow import Workflow


def leave_to_main_process() -> None:
    """Let this Snakemake neither call outputs complete, nor remove them, nor look for what else is stale."""
    PersistenceBase.finished = _do_nothing
    Job.cleanup = _do_nothing
    Workflow.rerun_triggers = frozenset()


async def _do_nothing(self: Any, *given: Any) -> None:
    """Stand in for a method that is the main process's."""
