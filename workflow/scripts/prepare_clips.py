"""Read a shard's clips and write them as waveforms of one rate and length."""

from _script import at_work, bad_clip
from earshot.data.clip_shards import of_shard, write_shard
from earshot.data.schemas.clips import clip_table
from earshot.data.tables import read_table
from earshot.data.waveforms import WaveformSettings, prepare

with at_work(snakemake) as params:
    clips = read_table(snakemake.input.table, clip_table(params.dataset))
    own = clips[of_shard(clips["item"], snakemake.wildcards.dealt)].reset_index(drop=True)
    index, waveforms = prepare(
        own, WaveformSettings(**params.settings), bad_clip(snakemake, params.dataset), snakemake.threads
    )
    write_shard(
        snakemake.output.waveforms, snakemake.output.index, params.dataset, index, waveforms, dict(params.settings)
    )
