"""Play a shard's clips through a guitar amplifier."""

from _script import at_work
from earshot.data.clip_shards import read_shard, write_shard
from earshot.data.waveforms import map_waveforms
from earshot.signal.amplifier import amplified, amplifier_settings

with at_work(snakemake) as params:
    index, waveforms, prepared = read_shard(snakemake.input.waveforms, snakemake.input.index, params.dataset)
    settings, seed, rate_hz = amplifier_settings(params.settings), params.settings["seed"], prepared["rate_hz"]

    def play(signal, item):
        """Play one clip."""
        return amplified(signal, rate_hz, settings, seed, item)

    played = map_waveforms(play, waveforms, index["item"], "playing clips", snakemake.threads)
    index["effect"] = "amplifier"
    write_shard(
        snakemake.output.waveforms,
        snakemake.output.index,
        params.dataset,
        index,
        played,
        prepared | {"amplifier": dict(params.settings)},
    )
