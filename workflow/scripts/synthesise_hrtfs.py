"""Write a SOFA file for each synthetic listener."""

from pathlib import Path

from _script import at_work
from earshot.data.sofa import write_hrirs
from earshot.data.synthetic_hrtf import draw_person, grid, synthesise_hrirs

with at_work(snakemake) as params:
    settings = params.settings
    azimuth_deg, elevation_deg = grid(settings["azimuths"], settings["elevations"], settings["lowest_deg"])
    for path in map(Path, snakemake.output):
        person = draw_person(params.seed, path.stem)
        hrirs = synthesise_hrirs(person, azimuth_deg, elevation_deg, settings["sample_rate_hz"], settings["taps"])
        write_hrirs(path, hrirs)
