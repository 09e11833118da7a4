"""Run the trials of the search that are not in its journal yet, and write all of them, and the winner."""

import hashlib
import json
from pathlib import Path

from _script import at_work
from earshot import device
from earshot.data.listeners import read_listeners
from earshot.data.schemas.trials import TRIALS
from earshot.data.tables import write_table
from earshot.files import replacing
from earshot.fingerprint import fingerprint
from earshot.learn import study
from earshot.learn.search import Halving, Search
from earshot.learn.space import search_space
from earshot.signal.noise import noise_settings

with at_work(snakemake) as params:
    settings = params.settings
    files = dict(zip(params.subjects, snakemake.input.sofa, strict=True))
    listeners, _ = read_listeners(files, settings["rate_hz"], "stop")
    space, at_once = search_space(settings), settings["trials_at_once"]
    evaluate = Search(
        listeners,
        noise_settings(settings),
        settings["held_out"],
        settings["seed"],
        Halving(tuple(settings["halving"]["epochs"]), settings["halving"]["kept"]),
        (space.level_range_hz[1], space.phase_range_hz[1]),
        device.choose(params.device),
        settings["network"]["precision"],
    )
    # Trials of other code or other people's ears are no part of this study, and are left where they are.
    here = Path(snakemake.scriptdir)
    made_of = hashlib.sha256(fingerprint(here / "search_localisation.py", here.parent).encode())
    for file in snakemake.input.sofa:
        made_of.update(Path(file).read_bytes())
    journal = study.open_journal(Path(params.state, made_of.hexdigest()[:12], "journal.log"))
    study.search(journal, space, evaluate, params.trials, at_once, settings["seed"])
    trials = study.trials_of(journal, params.trials, at_once)
    write_table(snakemake.output.trials, study.trials_table(trials, params.subjects, params.within_deg), TRIALS)
    with replacing(snakemake.output.winner) as temporary:
        temporary.write_text(json.dumps(study.winner_settings(trials, space, params.within_deg), indent=2))
