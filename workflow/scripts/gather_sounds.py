"""Gather clips, chords and sentences as the sounds that scenes are made of."""

from _script import at_work
from earshot.data.clip_shards import read_shard
from earshot.scenes.sounds import (
    chord_pools,
    chord_rows,
    clip_rows,
    gather,
    read_recording,
    shard_parts,
    speech_rows,
    write_sounds,
)

with at_work(snakemake) as params:
    files, settings, seed = snakemake.input, params.settings, params.settings["seed"]

    def parts():
        """Go through all sounds, a shard after the other."""
        clips, chords = (
            [read_shard(*pair, settings["datasets"][kind]) for pair in zip(*both, strict=True)]
            for kind, both in (
                ("clips", (files.clips, files.clip_indices)),
                ("chords", (files.chords, files.chord_indices)),
            )
        )
        described = [(clip_rows(index, settings["folds"]), *shard) for index, *shard in clips]
        if chords:
            pools = chord_pools([index for index, _, _ in chords], settings["variations"], seed)
            described += [(chord_rows(index, pools), *shard) for index, *shard in chords]
        for rows, values, made_with in described:
            yield from shard_parts(rows, values, made_with["rate_hz"], settings["most"], seed)
        # Who trains validates too: there are too few speakers for a third pool.
        paths = {
            "training": files.training_speech,
            "validation": files.training_speech,
            "test": files.test_speech,
        }
        for row, path in speech_rows(paths):
            yield read_recording(row, path, params.rate_hz)

    write_sounds(*snakemake.output, *gather(parts(), params.rate_hz), params.rate_hz)
