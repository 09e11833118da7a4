"""Run the trials of the search that are not in its journal yet by ranks of MPI."""

from pathlib import Path

from _script import at_work, threads_of_rank
from earshot.fingerprint import fingerprint
from earshot.learn.search_pool import Job, start

with at_work(snakemake) as params:
    here = Path(snakemake.scriptdir)
    job = Job(
        settings=params.settings,
        files=dict(zip(params.subjects, snakemake.input.sofa, strict=True)),
        trials=params.trials,
        device=params.device,
        state=params.state,
        code=fingerprint(here / "search_pool.py", here.parent),
        output=snakemake.output[0],
        tasks=snakemake.resources.tasks,
        threads=threads_of_rank(snakemake),
    )
    start(job, snakemake.resources.mpi)
