"""Run networks over scenes, and what comes after them, by as many processes or ranks of MPI as there are."""

import shutil
from pathlib import Path

import pandas as pd
from _script import at_work
from earshot.data.schemas.scenes import SCENE_ANSWERS, SCENE_PIECES
from earshot.data.tables import write_table
from earshot.fingerprint import fingerprint, origin
from earshot.pieces import Job, start
from earshot.scenes.without_rooms import features_below

if __name__ == "__main__":  # processes import this script
    with at_work(snakemake) as params:
        files, settings = snakemake.input, dict(params.settings)
        rate_hz = params.settings["rate_hz"]
        settings |= {
            "scenes": files.scenes,
            "sounds": files.sounds,
            "sounds_index": files.index,
            "rooms": list(zip(files.responses, files.rooms, strict=True)),
            "people": dict(zip(params.people, files.sofa, strict=True)),
            "localisers": dict(zip(params.heard_in, files.localisers, strict=True)),
            "classifiers": dict(zip(params.heard_in, files.classifiers, strict=True)),
            "without_rooms": {person: f"{files.without_rooms}/{person}.safetensors" for person in params.people},
            "interaural": {"features": features_below(settings["features"], rate_hz)},
        }
        here = Path(snakemake.scriptdir)
        code = fingerprint(here / "answer_scenes.py", here.parent, ["earshot.scenes.inference.work"])
        networks = [*files.localisers, *files.classifiers]
        state = Path(params.state, origin(code, params.settings["device"], [files.scenes, files.sounds, *networks]))
        job = Job(
            rule=snakemake.rule,
            task="scenes",
            work="earshot.scenes.inference:work",
            settings=settings,
            names=list(params.names),
            state=str(state),
            threads=1,
            ranks=params.ranks,
            processes=params.processes,
            split=params.split,
        )
        records = start(job, snakemake.resources.mpi)
        write_table(snakemake.output.answers, job.files.table(job.names), SCENE_ANSWERS)
        write_table(snakemake.output.pieces, pd.DataFrame(map(vars, records)), SCENE_PIECES)
        shutil.rmtree(params.state, ignore_errors=True)
