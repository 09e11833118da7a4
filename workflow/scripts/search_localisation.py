"""Run the trials of the search that are not in its journal yet, and write all of them, and the winner."""

import hashlib
import json
from pathlib import Path

from _script import at_work
from earshot import device
from earshot.data.schemas.trials import TRIALS
from earshot.data.sofa import read_hrirs
from earshot.data.tables import write_table
from earshot.files import replacing
from earshot.fingerprint import fingerprint
from earshot.learn import study
from earshot.learn.search import Halving, Search
from earshot.learn.space import search_space
from earshot.signal.noise import noise_settings

with at_work(snakemake) as params:
    settings = params.settings
    listeners = [
        read_hrirs(file, subject=subject, rate_hz=settings["rate_hz"])
        for subject, file in zip(params.subjects, snakemake.input.sofa, strict=True)
    ]
    space = search_space(settings)
    where = device.choose(params.device)
    evaluate = Search(
        listeners,
        noise_settings(settings),
        settings["held_out"],
        settings["seed"],
        Halving(tuple(settings["halving"]["epochs"]), settings["halving"]["kept"]),
        (space.level_range_hz[1], space.phase_range_hz[1]),
        where,
        settings["network"]["precision"],
        space.frames,
    )
    # Trials of other code, of another kind of device or of other people's ears are no part of this study.
    here = Path(snakemake.scriptdir)
    made_of = hashlib.sha256(fingerprint(here / "search_localisation.py", here.parent).encode())
    made_of.update(where.type.encode())
    for subject, file in zip(params.subjects, snakemake.input.sofa, strict=True):
        made_of.update(subject.encode() + Path(file).read_bytes())
    journal = study.open_journal(Path(params.state, made_of.hexdigest()[:12], "journal.log"))
    trials = study.search(journal, space, evaluate, params.trials, settings["trials_at_once"], settings["seed"])
    write_table(snakemake.output.trials, study.trials_table(trials, params.subjects, params.within_deg), TRIALS)
    with replacing(snakemake.output.winner) as temporary:
        temporary.write_text(json.dumps(study.winner_settings(trials, space, params.within_deg), indent=2))
