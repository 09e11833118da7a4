"""Run the trials of the search that are not in its journal yet, beside other workers where there are any."""

import json
from pathlib import Path

from _script import at_work, has_companions
from earshot import device
from earshot.files import replacing
from earshot.fingerprint import fingerprint
from earshot.learn import study
from earshot.learn.journal import Journal
from earshot.learn.search import Halving
from earshot.learn.search_setup import journal_path, plan_of, read_listeners, search_of
from earshot.learn.space import search_space

with at_work(snakemake) as params:
    settings, worker = params.settings, int(snakemake.wildcards.worker)
    files = dict(zip(params.subjects, snakemake.input.sofa, strict=True))
    space = search_space(settings)
    where = device.choose(params.device)
    halving = Halving(tuple(settings["halving"]["epochs"]), settings["halving"]["kept"])
    trials_of_round = search_of(
        settings, space, read_listeners(files, settings["rate_hz"]), where, halving, space.frames
    )
    here = Path(snakemake.scriptdir)
    code = fingerprint(here / "search_trials.py", here.parent)
    kind = f"{where.type}, {device.precision_on(where, settings['network']['precision'])}"
    journal = Journal(journal_path(params.state, code, kind, files), has_companions(snakemake))
    study.search(
        journal,
        plan_of(settings, space, params.trials, alone=False),
        lambda candidates: enumerate(trials_of_round(candidates)),
        worker,
    )
    with replacing(snakemake.output[0]) as temporary:
        temporary.write_text(json.dumps(study.contribution(journal, worker)))
