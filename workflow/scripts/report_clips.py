"""Gather how well sounds or chords are told apart, draw it, and write a page of it."""

from functools import partial

import pandas as pd
from _script import at_work, git_commit
from earshot.data.schemas.classes import CLASS_HISTORY, CLASS_PREDICTIONS, CLASS_SCORES
from earshot.data.schemas.clips import clip_index
from earshot.data.schemas.ensembles import CLASS_ENSEMBLES
from earshot.data.sources import read_sources
from earshot.data.tables import read_table
from earshot.hardware import hardware
from earshot.show import figures_classes, summary, summary_classes
from earshot.show.page_classes import render_classes
from earshot.show.report import write_report


def read(paths, schema, *left_out):
    """Return tables as one, without the columns left out: answers are many, and their probabilities no figure's."""
    return pd.concat([read_table(path, schema).drop(columns=list(left_out)) for path in paths], ignore_index=True)


with at_work(snakemake) as params:
    files, study = snakemake.input, snakemake.wildcards.study
    scores, ensembles = read(files.scores, CLASS_SCORES), read(files.ensembles, CLASS_ENSEMBLES)
    history = read(files.histories, CLASS_HISTORY)
    answers = read(files.predictions, CLASS_PREDICTIONS, "item", "effect", "probabilities")
    of_headline = answers[answers["model"] == params.headline]
    tables = {
        name: {what: rows[rows["model"] == name] for what, rows in (("scores", scores), ("ensembles", ensembles))}
        | {"history": history[history["model"] == name], "table": table}
        for name, table in zip(params.classifiers, files.scores, strict=True)
    }
    told = summary_classes.Told(
        tables,
        of_headline,
        read(files.indices, clip_index(params.dataset)),
        params.headline,
        {piano: read(paths, clip_index("piano_triads")) for piano, paths in params.pianos.items()},
        params.split_for_pianos,
    )
    gather = {"sounds": summary_classes.sounds, "chords": summary_classes.chords}[study]
    found = summary.provenance(params.config, git_commit(snakemake)) | {
        "hardware": hardware(params.device),
        study: gather(told, params.config[study], pd.read_csv(files.published)),
        "stages": summary.stage_times(params.jobs),
        "data": summary.data_sets(read_sources(files.sources), params.sources),
    }
    models = params.config[study]["models"]
    drawn = {
        "class_accuracy": figures_classes.class_accuracy(scores, summary_classes.published_lines(found, study)),
        "class_confusion": figures_classes.class_confusion(of_headline),
        "class_reliability": figures_classes.class_reliability(answers),
        "class_training": figures_classes.class_training(
            history,
            [name for name in params.classifiers if models[name]["softmax_before_loss"]],
            answers.groupby("task")["true"].nunique().to_dict(),
        ),
    }
    output = snakemake.output
    write_report(
        found,
        drawn,
        partial(render_classes, study=study),
        figures=output.figures,
        summary=output.summary,
        page=output.page,
    )
