"""Verify the clips of a data set and list them with their labels."""

from _script import at_work
from earshot.data.clips import verify_esc50, verify_piano_triads
from earshot.files import replacing

VERIFY = {"esc50": verify_esc50, "piano_triads": verify_piano_triads}

with at_work(snakemake) as params:
    clips = VERIFY[snakemake.wildcards.dataset](params.folder or snakemake.input[0])
    with replacing(snakemake.output[0]) as temporary:
        clips.to_parquet(temporary, index=False)
