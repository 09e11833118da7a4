"""Let a classifier of chords answer for a piano that it did not learn from."""

from pathlib import Path

import numpy as np
from _script import at_work
from earshot import device
from earshot.data.clip_shards import read_shards
from earshot.data.schemas.classes import CLASS_PREDICTIONS
from earshot.data.tables import write_table
from earshot.learn.classifier import answers, read_network
from earshot.learn.clip_values import ClipValues

with at_work(snakemake) as params:
    files = snakemake.input
    index, values, _ = read_shards(files["values"], files.indices, "piano_triads")
    read = [read_network(path) for path in sorted(Path(files.networks).glob("*.safetensors"))]
    said = answers(
        [network for network, _ in read],
        index,
        ClipValues(values),
        np.arange(len(index)),
        device.choose(params.device),
    )
    about = {key: read[0][1][key] for key in ("study", "model", "seed")}
    split = f"other_{snakemake.wildcards.piano}"
    write_table(snakemake.output[0], said.assign(**about, split=split), CLASS_PREDICTIONS)
