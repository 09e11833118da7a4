"""What happens around the rules: a run claims its folder and keeps a journal; a job leaves both to its run."""

import logging

from earshot import run, writer

if workflow.is_main_process:
    from progress import Journal

    JOURNAL = Journal()
    logging.getLogger("snakemake.logging").addFilter(JOURNAL)
else:
    from inner import leave_to_main_process

    # A job of a run that is over, which a cluster starts late: it ends here, before it touches an output.
    stops(writer.require_current_run)
    leave_to_main_process()


def claim_folder():
    """Be the only run in this folder; the claim is held until the process ends."""
    global CLAIM
    if workflow.is_main_process:
        CLAIM = stops(run.claim, Path.cwd(), workflow.executor_plugin.name)
        refuse_limits()
        if workflow.executor_plugin.name == "slurm":
            from outages import outlast_outages

            outlast_outages()
        JOURNAL.open(Path.cwd(), Path(LOGS), {rule.name for rule in workflow.rules if rule.norun})
        # For the profile, whose default resources can say $EARSHOT_ACCOUNT and no more.
        stops(cluster.charge, getattr(workflow.executor_settings, "partition_config", None))


def sum_up():
    """Write the manifest of models and the first page of the report, which names the jobs of this run that failed."""
    if not workflow.is_main_process:
        return
    from earshot.show import overview, standing

    try:
        if page := overview.sum_up(RESULTS, standing.failures(JOURNAL.events)):
            logger.info(f"Report: {page}")
    except Exception as fault:  # whatever it is, the run itself has ended as it has
        said = fault if isinstance(fault, EarshotError) else repr(fault)
        logger.warning(f"No first page was written: {said} `earshot report {RESULTS}` writes it.")


def refuse_limits():
    """Refuse limits beside arrays: SLURM's executor would wait for ever for the part of an array that they hold back."""
    if not getattr(workflow.executor_settings, "array_jobs", None):
        return
    limits = {"--jobs": "_nodes", "--resources gpu": "gpu"}
    for option, name in limits.items():
        limit = workflow.global_resources.get(name)
        if limit and limit.value and limit.value < 10000:
            raise WorkflowError(
                f"{option}: {limit.value} may hold back a part of an array, which would never start. "
                'Leave it at 10000, or submit no arrays (--slurm-array-jobs "").'
            )
