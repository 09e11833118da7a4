"""What clips are listed by, and what their shards are indexed by."""

import pandera.pandas as pa

OWN_SOUND = {
    "fold": pa.Column(int, pa.Check.ge(1)),
    "category": pa.Column(str),
    "src_file": pa.Column(str),  # the recording that a clip was taken from: in one fold with all clips of it
}
SOUND = {**OWN_SOUND, "target": pa.Column(int), "esc10": pa.Column(bool), "take": pa.Column(str)}
CHORD = {
    "octave": pa.Column(int),
    "root": pa.Column(str),
    "triad": pa.Column(str),
    "dynamic": pa.Column(str),
    "idx": pa.Column(int),
}
LABELS = {  # by set of clips
    "esc10": SOUND,
    "esc50": SOUND,
    "synthetic_sounds": SOUND,
    "folder": OWN_SOUND,
    "piano_triads": CHORD,
    "synthetic_triads": CHORD,
}

SHARD = {
    "effect": pa.Column(str, nullable=True),  # what a clip was sent through, where it was
    "recorded_hz": pa.Column(float, nullable=True),
    "recorded_s": pa.Column(float, nullable=True),
    "excluded": pa.Column(str, nullable=True),  # why the clip was left out: the shard's tensor has no row for it
}


def clip_table(dataset: str) -> pa.DataFrameSchema:
    """Return the schema of a set's list of clips: a row for each, and where its file is."""
    columns = {"item": pa.Column(str, unique=True), "path": pa.Column(str)} | LABELS[dataset]
    return pa.DataFrameSchema(columns, name=f"clips of {dataset}", strict=True, coerce=True)


def clip_index(dataset: str) -> pa.DataFrameSchema:
    """Return the schema of a shard's index: a row for each clip in the tensor's order, and one for each left out."""
    columns = {"item": pa.Column(str, unique=True)} | LABELS[dataset] | SHARD
    return pa.DataFrameSchema(columns, name=f"index of {dataset}", strict=True, coerce=True)
