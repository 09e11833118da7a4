"""Time both implementations on the same listeners, with the whole machine to themselves."""

import json

from _script import at_work
from earshot.data.listeners import read_listeners
from earshot.data.schemas.benchmark import BENCHMARK
from earshot.data.tables import write_table
from earshot.files import replacing
from earshot.hardware import hardware
from earshot.learn import race
from earshot.learn.localiser import localiser_settings
from earshot.signal.interaural import interaural_settings
from earshot.signal.noise import noise_settings

if __name__ == "__main__":  # workers of the benchmark import this file again
    with at_work(snakemake) as params:
        files = dict(zip(params.subjects, snakemake.input.sofa, strict=True))
        listeners, _ = read_listeners(files, params.interaural["rate_hz"], params.bad_subject)
        track = race.Race(
            paths={listener.subject: files[listener.subject] for listener in listeners},
            rate_hz=params.interaural["rate_hz"],
            noise=noise_settings(params.interaural),
            interaural=interaural_settings(params.interaural),
            localiser=localiser_settings(params.localiser),
            device=params.device,
            precision=params.localiser["network"]["precision"],
            cores=snakemake.threads,
        )
        rows = race.run(track, params.benchmark["control_subjects"], params.benchmark["repeats"])
        write_table(snakemake.output.table, rows, BENCHMARK)
        with replacing(snakemake.output.hardware) as temporary:
            temporary.write_text(json.dumps(hardware(params.device), indent=2, sort_keys=True))
