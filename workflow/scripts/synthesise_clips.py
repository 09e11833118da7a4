"""Write a set of synthetic clips: sounds with their table, or chords."""

import soundfile
from _script import at_work
from earshot.data.synthetic_sounds import synthetic_sounds, table
from earshot.data.synthetic_triads import synthetic_triads
from earshot.files import replacing_folder

with at_work(snakemake) as params, replacing_folder(snakemake.output[0]) as folder:
    settings = params.settings
    if params.dataset == "synthetic_sounds":
        rows = []
        for row, signal in synthetic_sounds(**settings):
            rows.append(row)
            soundfile.write(folder / row["filename"], signal, settings["rate_hz"])
        table(rows).to_csv(folder / "esc50.csv", index=False)
    else:
        for name, signal in synthetic_triads(**settings):
            soundfile.write(folder / f"{name}.wav", signal, settings["rate_hz"])
