"""Write the report: one page that needs nothing beside itself."""

import json
from pathlib import Path

import pandas as pd
from _script import at_work
from earshot.data.schemas.scores import SCORES
from earshot.data.tables import read_table
from earshot.files import replacing
from earshot.show.page import FigureOnPage
from earshot.show.page_localisation import render_localisation

with at_work(snakemake) as params:
    summary = json.loads(Path(snakemake.input.summary).read_text())
    scores = pd.concat([read_table(path, SCORES) for path in snakemake.input.scores], ignore_index=True)
    pictured = {"error_map": params.pictured_variant, "predicted_against_true": params.pictured_variant}
    files = map(Path, snakemake.input.figures)
    figures = [FigureOnPage(file.stem, file.read_text(), pictured.get(file.stem)) for file in files]
    with replacing(snakemake.output[0]) as temporary:
        temporary.write_text(render_localisation(summary, figures, scores), encoding="utf-8")
