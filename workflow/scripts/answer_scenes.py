"""Run networks over scenes, and what comes after them, by as many processes or ranks of MPI as there are."""

import shutil
from pathlib import Path

import pandas as pd
from _script import at_work, scenes
from earshot import device
from earshot.data.schemas.scenes import SCENE_ANSWERS, SCENE_PIECES
from earshot.data.tables import write_table
from earshot.fingerprint import fingerprint, origin
from earshot.pieces import Job, start
from earshot.scenes.inference import pieces_of, settings_of_work
from earshot.scenes.learners import NETWORKS

if __name__ == "__main__":  # processes import this script
    with at_work(snakemake) as params:
        files = snakemake.input
        settings = settings_of_work(dict(files.items()), params.people, params.heard_in, params.settings)
        here, where = Path(snakemake.scriptdir), device.choose(settings["device"])
        code = fingerprint(here / "answer_scenes.py", here.parent, NETWORKS)
        made_of = [files.scenes, files.sounds, files.index, *files.responses, *files.rooms, *files.sofa]
        of_sources = settings["localisers"], settings["separators"]
        by_name = (*of_sources, *settings["classifiers"].values(), settings["without_rooms"])
        networks = [path for own in by_name for path in own.values()]
        state = Path(params.state, origin(code, where.type, [*made_of, *networks]))
        own = scenes(snakemake)
        over_mpi = own.arrangement == "mpi"
        job = Job(
            rule=snakemake.rule,
            task="the scenes",
            work="earshot.scenes.inference:work",
            settings=settings,
            names=pieces_of(params.scenes, own.scenes_per_piece),
            state=str(state),
            threads=1,
            ranks=snakemake.resources.tasks,
            processes=1 if over_mpi else own.ranks,
            split=own.split,
        )
        records = start(job, snakemake.resources.mpi)
        write_table(snakemake.output.answers, job.files.table(job.names), SCENE_ANSWERS)
        of_ranks = snakemake.resources.tasks if over_mpi else own.ranks
        how = {"of_ranks": of_ranks, "arrangement": own.arrangement, "split": own.split}
        write_table(snakemake.output.pieces, pd.DataFrame(map(vars, records)).assign(**how), SCENE_PIECES)
        shutil.rmtree(params.state, ignore_errors=True)
