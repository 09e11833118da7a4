"""Where the times of jobs are, which reports list."""


def job_times():
    """Return by rule, stage after stage, where the times of this configuration's jobs are: of those before a summary."""
    retrieved = "synthesise_hrtfs" if STUDY.collection == "synthetic" else "retrieve_hrtf"
    variants = [f"{stage}_{variant}" for stage in ("interaural", "localise") for variant in STUDY.variants]
    names = [retrieved, *variants, "score_localisation", "benchmark_localisation"]
    wanted = {"collection": STUDY.collection, "subject": SUBJECTS, "shard": SHARDS, "variant": STUDY.variants}
    return {name: expand(getattr(rules, name).benchmark, **wanted) for name in names}


def study_job_times():
    """Return the same for the jobs of the whole study beside these."""
    search = STUDY.search
    workers = range(1, search.workers + 1)
    wanted = {"shard": SHARDS, "model": MODELS, "implementation": STUDY.variants, "worker": workers}
    trials = "search_pool" if search.arrangement == "mpi" else "search_trials"
    names = [trials, "search_localisation", "benchmark_search", "benchmark_workers", "localise_model"]
    times = {name: expand(getattr(rules, name).benchmark, **wanted) for name in names}
    for name in STUDY.variants:
        times[f"localise_winner, {name}"] = expand(rules.localise_winner.benchmark, implementation=name, shard=SHARDS)
    return times


def speed_job_times():
    """Return the same for the benchmarks of clips."""
    wanted = {"device": DEVICES, "source": PROTOCOL.sources, "timed": TIMED, "kind": TIMED_KINDS}
    return {
        name: expand(getattr(rules, name).benchmark, **wanted) for name in ("benchmark_epochs", "benchmark_spectra")
    }


def other_job_times():
    """Return the same for the jobs that try models at their limits."""
    names = ["localise_others", "localise_conditions"] + ["localise_bayesian"] * STUDY.others.bayesian_listener
    return {name: expand(getattr(rules, name).benchmark, model=tried_in_conditions(), shard=SHARDS) for name in names}
