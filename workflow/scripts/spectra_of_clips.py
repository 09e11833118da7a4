"""Write the spectrograms of a shard of clips."""

from _script import at_work
from earshot import device
from earshot.data.clip_shards import read_shard, write_shard
from earshot.signal.spectra import spectra

with at_work(snakemake) as params:
    index, waveforms, prepared = read_shard(snakemake.input.waveforms, snakemake.input.index, params.dataset)
    values = spectra(waveforms, params.kind, params.settings, prepared["rate_hz"], device.choose(params.device))
    settings = prepared | {"kind": params.kind, "settings": dict(params.settings)}
    write_shard(snakemake.output.values, snakemake.output.index, params.dataset, index, values, settings)
