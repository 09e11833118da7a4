"""Time spectrograms of a set's first clips: ours and librosa's."""

import json

import torch
from _script import at_work
from earshot import device
from earshot.data.clip_shards import read_shard
from earshot.data.schemas.clip_times import SPECTRA_TIMES
from earshot.data.tables import write_table
from earshot.hardware import hardware
from earshot.signal.race_of_spectra import time_spectra

if __name__ == "__main__":  # workers of the benchmark import this file again
    with at_work(snakemake) as params:
        _, waveforms, prepared = read_shard(snakemake.input.waveforms, snakemake.input.index, params.dataset)
        rows = time_spectra(
            torch.clone(waveforms[: params.clips]),
            params.kind,
            params.settings,
            prepared["rate_hz"],
            params.repeats,
            snakemake.threads,
            device.choose(snakemake.wildcards.device),
        )
        machine = json.dumps(hardware(snakemake.wildcards.device), sort_keys=True)
        write_table(snakemake.output[0], rows.assign(machine=machine), SPECTRA_TIMES)
