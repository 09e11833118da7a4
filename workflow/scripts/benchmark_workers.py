"""Time workers of the search side by side, with the whole machine to themselves."""

from _script import at_work
from earshot import device
from earshot.data.schemas.workers import WORKERS
from earshot.data.tables import write_table
from earshot.learn import race_of_workers

if __name__ == "__main__":  # workers of the benchmark import this file again
    with at_work(snakemake) as params:
        files = dict(zip(params.subjects, snakemake.input.sofa, strict=True))
        where = device.choose(params.device)
        # One GPU has one worker. Of cores there are all, half of them, and so on.
        counts = {snakemake.threads >> halved for halved in range(snakemake.threads.bit_length())}
        race = race_of_workers.Race(files, params.settings, params.device, params.repeats)
        rows = race_of_workers.run(race, [1] if where.type == "cuda" else sorted(counts))
        write_table(snakemake.output[0], rows.assign(device=device.describe(where)), WORKERS)
