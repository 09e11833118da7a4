"""Verify the clips of a data set and list them with their labels."""

from _script import at_work, bad_clip
from earshot.data.clips import verify_esc10, verify_esc50, verify_piano_triads
from earshot.data.schemas.clips import clip_table
from earshot.data.tables import write_table

VERIFY = {"esc10": verify_esc10, "esc50": verify_esc50, "piano_triads": verify_piano_triads}

with at_work(snakemake) as params:
    dataset = snakemake.wildcards.dataset
    damaged_too = bad_clip(snakemake, dataset) == "exclude"
    clips = VERIFY[dataset](params.folder or snakemake.input[0], damaged_too=damaged_too, **params.of_set)
    write_table(snakemake.output[0], clips, clip_table(dataset))
