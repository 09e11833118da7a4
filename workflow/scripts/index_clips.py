"""Verify the clips of a data set and list them with their labels."""

from _script import at_work, bad_clip
from earshot.data.clips import verify_esc10, verify_esc50, verify_piano_triads, verify_synthetic_sounds
from earshot.data.schemas.clips import clip_table
from earshot.data.tables import write_table

VERIFY = {
    "esc10": verify_esc10,
    "esc50": verify_esc50,
    "synthetic_sounds": verify_synthetic_sounds,
    "piano_triads": verify_piano_triads,
    "synthetic_triads": verify_piano_triads,
}

with at_work(snakemake) as params:
    damaged_too = bad_clip(snakemake, params.dataset) == "exclude"
    clips = VERIFY[params.dataset](params.folder or snakemake.input[0], damaged_too=damaged_too, **params.counts)
    write_table(snakemake.output[0], clips, clip_table(params.dataset))
