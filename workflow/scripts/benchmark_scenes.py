"""Time so many ranks that answer scenes, one number after another, with the whole machine to themselves."""

import json

from _script import at_work
from earshot.data.schemas.scene_times import SCENE_TIMES
from earshot.data.tables import write_table
from earshot.hardware import hardware
from earshot.pieces import Job
from earshot.ranks import can_start
from earshot.scenes.inference import pieces_of, settings_of_work
from earshot.scenes.race_of_ranks import Race, time_ranks, uneven_pieces

if __name__ == "__main__":  # processes import this script
    with at_work(snakemake) as params:
        resources, settings = snakemake.resources, params.settings
        names = pieces_of(params.scenes, params.scenes_per_piece)
        launcher = resources.mpi if can_start(resources.mpi) else ""
        job = Job(
            rule=snakemake.rule,
            task="the scenes",
            work="earshot.scenes.inference:work",
            settings=settings_of_work(dict(snakemake.input.items()), params.people, params.heard_in, settings),
            names=names,
            state=params.state,
            threads=1,
            kept="Nothing is kept of a measurement that did not end.",
        )
        uneven = uneven_pieces(params.scenes, len(names), settings["making"]["seed"])
        times = time_ranks(Race(job, uneven, tuple(params.ranks), params.repeats, launcher))
        machine = hardware(settings["device"])
        # Each task of srun's has a core of its own, on however many nodes.
        cores = resources.tasks if launcher.startswith("srun") else machine["cores"]
        how = {"arrangement": "mpi" if launcher else "alone", "cores": cores, "machine": json.dumps(machine)}
        write_table(snakemake.output[0], times.assign(**how), SCENE_TIMES)
