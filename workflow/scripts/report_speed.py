"""Gather how fast clips are learnt from, draw it, and write a page of it."""

from functools import partial

import pandas as pd
from _script import at_work, git_commit
from earshot.data.schemas.clip_times import EPOCH_TIMES, SPECTRA_TIMES
from earshot.data.sources import read_sources
from earshot.data.tables import read_table
from earshot.show import figures_clip_speed, summary, summary_clip_speed
from earshot.show.page_clip_speed import render_speed
from earshot.show.report import write_report

with at_work(snakemake) as params:
    files = snakemake.input
    times = pd.concat([read_table(path, EPOCH_TIMES) for path in files.epochs], ignore_index=True)
    made = pd.concat([read_table(path, SPECTRA_TIMES) for path in files.spectra], ignore_index=True)
    rows, spectra = summary_clip_speed.epochs(times, pd.read_csv(files.published)), summary_clip_speed.spectra(made)
    machines = summary_clip_speed.machines(times, made)
    found = summary.provenance(params.config, git_commit(snakemake)) | {
        "hardware": machines[0],
        "machines": machines,
        "earlier": sorted(set(times["device"]) - set(params.devices)),
        "epochs": rows,
        "speedup": {
            "epochs_from_shards": summary_clip_speed.from_shards(times, "files"),
            "epochs": summary_clip_speed.from_shards(times, "control"),
            "epochs_on_gpu": summary_clip_speed.on_gpu(times),
            "spectra": spectra,
        },
        "stages": summary.stage_times(params.jobs),
        "data": summary.data_sets(read_sources(files.sources), params.sources),
    }
    drawn = {
        "epoch_times": figures_clip_speed.epoch_times(rows),
        "spectra_rates": figures_clip_speed.spectra_rates(spectra),
    }
    output = snakemake.output
    write_report(
        found,
        drawn,
        partial(render_speed, tables=[*files.epochs, *files.spectra]),
        figures=output.figures,
        summary=output.summary,
        page=output.page,
    )
