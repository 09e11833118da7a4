"""Gather clips, chords and sentences as the sounds that scenes are made of."""

from _script import at_work
from earshot.data.clip_shards import read_shard
from earshot.scenes.sounds import chord_rows, clip_rows, gather, read_recording, shard_parts, speech_rows, write_sounds

with at_work(snakemake) as params:
    files, settings, seed = snakemake.input, params.settings, params.settings["seed"]

    def parts():
        """Go through all sounds, a shard after the other."""
        for kind, shards, indices in (
            ("clips", files.clips, files.clip_indices),
            ("chords", files.chords, files.chord_indices),
        ):
            for pair in zip(shards, indices, strict=True):
                index, values, made_with = read_shard(*pair, settings["datasets"][kind])
                rows = clip_rows(index) if kind == "clips" else chord_rows(index, settings["variations"], seed)
                yield from shard_parts(rows, values, made_with["rate_hz"], settings["most"], seed)
        # Who trains validates too: there are too few speakers for a third pool.
        pools = {
            "training": files.training_speech,
            "validation": files.training_speech,
            "test": files.test_speech,
        }
        for row, path in speech_rows(pools):
            yield read_recording(row, path, params.rate_hz)

    write_sounds(*snakemake.output, *gather(parts(), params.rate_hz), params.rate_hz)
