"""Gather the trials of the search from its journal, and choose the winner."""

import json
from pathlib import Path

from _script import at_work
from earshot.data.schemas.trials import TRIALS
from earshot.data.tables import write_table
from earshot.files import replacing
from earshot.learn import study
from earshot.learn.space import search_space

with at_work(snakemake) as params:
    journal = study.journal_of_all(map(Path, snakemake.input))
    trials = study.finished(journal, params.trials)
    write_table(snakemake.output.trials, study.trials_table(trials, params.subjects, params.within_deg), TRIALS)
    with replacing(snakemake.output.winner) as temporary:
        winner = study.winner_settings(trials, search_space(params.settings), params.within_deg)
        temporary.write_text(json.dumps(winner, indent=2))
