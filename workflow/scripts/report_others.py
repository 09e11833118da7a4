"""Gather what models do at their limits, draw it, and write a page of it."""

from functools import partial

import pandas as pd
from _script import at_work, git_commit
from earshot.data.schemas.others import CONDITIONS, OTHER_EARS, UNSEEN
from earshot.data.schemas.scores import SCORES
from earshot.data.sources import read_sources
from earshot.data.tables import read_table
from earshot.hardware import hardware
from earshot.show import figures_others, summary, summary_others
from earshot.show.page_localisation import render_localisation
from earshot.show.report import write_report

with at_work(snakemake) as params:
    files = snakemake.input
    unseen, ears = read_table(files.unseen, UNSEEN), read_table(files.other_ears, OTHER_EARS)
    tried = pd.concat([read_table(path, CONDITIONS) for path in files.conditions], ignore_index=True)
    tables = dict(zip(params.variants, files.scores, strict=True))
    scores = {variant: read_table(path, SCORES) for variant, path in tables.items()}
    found = summary.provenance(params.config, git_commit(snakemake)) | {
        "hardware": hardware(params.device),
        "localisation": summary.localisation(
            scores, tables, params.config["localisation"], pd.read_csv(files.published)
        ),
        "others": {
            "unseen_person": summary_others.unseen_person(unseen),
            "other_ears": summary_others.other_ears(ears, params.tuning_subjects),
            "conditions": summary_others.conditions(tried),
        },
        "stages": summary.stage_times(params.jobs),
        "data": summary.data_sets(read_sources(files.sources), params.sources),
    }
    drawn = {
        "unseen_person": figures_others.unseen_person(unseen),
        "conditions": figures_others.conditions(tried),
        "other_ears": figures_others.other_ears(ears),
    }
    render = partial(
        render_localisation, scores=pd.concat(scores.values(), ignore_index=True), template="others.html.j2"
    )
    output = snakemake.output
    write_report(found, drawn, render, figures=output.figures, summary=output.summary, page=output.page)
