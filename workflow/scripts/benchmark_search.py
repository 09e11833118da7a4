"""Run some of the search's trials once more by the control, with the whole machine to themselves."""

from _script import at_work
from earshot.data.schemas.search_benchmark import SEARCH_BENCHMARK
from earshot.data.schemas.trials import TRIALS
from earshot.data.tables import read_table, write_table
from earshot.learn import race_of_trials
from earshot.learn.space import search_space
from earshot.signal.noise import noise_settings

if __name__ == "__main__":  # workers of the benchmark import this file again
    with at_work(snakemake) as params:
        settings = params.settings
        table = read_table(snakemake.input.trials, TRIALS).drop_duplicates("trial").set_index("trial")
        # Evenly over the search, which draws at random first and closer to the best later.
        step = max(1, len(table) // params.trials)
        some = table.iloc[step // 2 :: step].head(params.trials)
        space = search_space(settings)
        rows = race_of_trials.by_control(
            race_of_trials.Trials(
                paths=dict(zip(params.subjects, snakemake.input.sofa, strict=True)),
                rate_hz=settings["rate_hz"],
                noise=noise_settings(settings),
                held_out=settings["held_out"],
                seed=settings["seed"],
                candidates={int(number): space.candidate(drawn) for number, drawn in some.to_dict("index").items()},
            ),
            snakemake.threads,
        )
        write_table(snakemake.output[0], rows, SEARCH_BENCHMARK)
