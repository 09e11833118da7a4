"""What the benchmarks of clips hand on."""

import pandera.pandas as pa

# One row for each epoch; those of the first iteration warm up.
EPOCH_TIMES = pa.DataFrameSchema(
    {
        "device": pa.Column(str, pa.Check.isin(["cpu", "cuda"])),
        "machine": pa.Column(str),  # JSON: what `earshot.hardware` says of it
        "way": pa.Column(str, pa.Check.isin(["shards", "files", "control"])),
        "precision": pa.Column(str),
        "task": pa.Column(str, pa.Check.isin(["root", "type"])),
        "batch_size": pa.Column(int),
        "samples": pa.Column(int),
        "different": pa.Column(int),  # clips among the samples: a small set comes several times
        "iteration": pa.Column(int, pa.Check.ge(1)),
        "epoch": pa.Column(int, pa.Check.ge(1)),
        "train_s": pa.Column(float, pa.Check.gt(0)),
        "test_s": pa.Column(float, pa.Check.gt(0)),
        "cores": pa.Column(int),
    },
    name="times of epochs",
    strict=True,
    coerce=True,
)

# One row for each repeat.
SPECTRA_TIMES = pa.DataFrameSchema(
    {
        "kind": pa.Column(str),
        "implementation": pa.Column(str, pa.Check.isin(["earshot", "librosa"])),
        "repeat": pa.Column(int, pa.Check.ge(1)),
        "clips": pa.Column(int, pa.Check.gt(0)),
        "seconds": pa.Column(float, pa.Check.gt(0)),
        "device": pa.Column(str, pa.Check.isin(["cpu", "cuda"])),  # ours computed on it, librosa on the cores
        "machine": pa.Column(str),  # as above
        "cores": pa.Column(int),
    },
    name="times of spectrograms",
    strict=True,
    coerce=True,
)
