"""Verify the clips of a data set and list them with their labels."""

from _script import at_work, bad_clip
from earshot.data.clips import verify_esc10, verify_esc50, verify_piano_triads, verify_synthetic_sounds
from earshot.data.own_clips import verify_own_clips
from earshot.data.schemas.clips import clip_table
from earshot.data.tables import write_table

VERIFY = {
    "esc10": verify_esc10,
    "esc50": verify_esc50,
    "synthetic_sounds": verify_synthetic_sounds,
    "folder": verify_own_clips,
    "piano_triads": verify_piano_triads,
    "synthetic_triads": verify_piano_triads,
}

with at_work(snakemake) as params:
    damaged_too = bad_clip(snakemake, params.dataset) == "exclude"
    folder = params.folder or snakemake.input.files
    clips = VERIFY[params.dataset](folder, damaged_too=damaged_too, **params.settings)
    write_table(snakemake.output[0], clips, clip_table(params.dataset))
