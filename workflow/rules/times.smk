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
    wanted = {"device": ["cpu", "cuda"], "way": PROTOCOL.ways, "timed": TIMED, "kind": TIMED_KINDS}
    return {
        name: expand(getattr(rules, name).benchmark, **wanted) for name in ("benchmark_epochs", "benchmark_spectra")
    }


def other_job_times():
    """Return the same for the jobs that try models at their limits."""
    names = ["localise_others", "localise_conditions"] + ["localise_bayesian"] * STUDY.others.bayesian_listener
    return {name: expand(getattr(rules, name).benchmark, model=tried_in_conditions(), shard=SHARDS) for name in names}


def clip_job_times(wildcards):
    """Return the same for a study of clips, from its clips to the scores of its classifiers."""
    study = STUDIES_OF_CLIPS[wildcards.study]
    wanted = {
        "dataset": source_of(study),
        "clips": name_of_clips(study),
        "dealt": dealt(study),
        "study": wildcards.study,
    }
    wanted |= {"split": splits(wildcards.study), "number": range(1, study.seeds + 1), "classifier": study.classifiers}
    models = [study.models[name] for name in study.classifiers]
    made = {(signals, model.spectra) for model in models for signals in getattr(model, "signals", ("dry",))}
    names = ["synthesise_clips"] if is_synthetic(study) else ["retrieve_archive", "unpack_archive"]
    names += ["index_clips", "prepare_clips"] + ["amplify_clips"] * any(signals != "dry" for signals, _ in made)
    times = {name: expand(getattr(rules, name).benchmark, **wanted) for name in names}
    times["spectra_of_clips"] = [
        file
        for signals, kind in sorted(made)
        for file in expand(
            rules.spectra_of_clips.benchmark,
            **wanted,
            signals=AMPLIFIED if signals == "amplified" else signals,
            spectra=spectra(kind, getattr(study, kind)),
        )
    ]
    pianos = OTHER_PIANOS if wildcards.study == "chords" else {}
    names = ["classify_clips"] + ["try_other_piano"] * bool(pianos) + ["score_clips"]
    return times | {name: expand(getattr(rules, name).benchmark, **wanted, piano=pianos) for name in names}
