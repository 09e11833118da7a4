"""The search for settings of study A: trials on a few people, the worst of whom counts."""

SEARCH_SLICE = {
    "seed": CONFIG.seed,
    "rate_hz": STUDY.sample_rate_hz,
    "stimulus": values(STUDY.stimulus),
    "held_out": STUDY.held_out,
    "trials_at_once": STUDY.search.trials_at_once,
    "halving": {"epochs": STUDY.search.halving_epochs, "kept": STUDY.search.halving_kept},
    "space": values(STUDY.search.space),
    # What is not searched for.
    "features": {
        name: {key: getattr(getattr(STUDY.features, name), key) for key in ("lowest_hz", "highest_hz")}
        for name in ("level_bands", "phase_bands")
    },
    "network": {
        key: getattr(STUDY.network, key) for key in ("max_epochs", "patience_epochs", "tolerance", "precision")
    },
}
SEARCH = f"{RESULTS}/search"


rule search_localisation:
    input:
        sofa=files_of_tuning_subjects,
    output:
        trials=f"{SEARCH}/trials.parquet",
        winner=f"{SEARCH}/winner.json",
    log:
        f"{LOGS}/search_localisation.log",
    benchmark:
        f"{RESULTS}/benchmarks/search_localisation.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: STUDY.threads
    resources:
        gpu=gpus(),
        mem_mb=memory(2500, 60),
        runtime=minutes(STUDY.search.trials, 0),
    params:
        subjects=TUNING_SUBJECTS,
        settings=SEARCH_SLICE,
        trials=STUDY.search.trials,
        within_deg=STUDY.search.winner_within_deg,
        state=f"{RESULTS}/state/search-{digest(SEARCH_SLICE)}",
        device=CONFIG.device,
        code=code("search_localisation"),
    message:
        "Search for settings: {params.trials} trials on {params.subjects}"
    script:
        "../scripts/search_localisation.py"


rule benchmark_search:
    input:
        sofa=files_of_tuning_subjects,
        trials=rules.search_localisation.output.trials,
    output:
        f"{SEARCH}/benchmark.parquet",
    log:
        f"{LOGS}/benchmark_search.log",
    benchmark:
        f"{RESULTS}/benchmarks/benchmark_search.tsv"
    conda:
        "../../envs/cpu.yaml"
    # Nothing else may run beside a measurement.
    threads: whole_machine()
    resources:
        mem_mb=memory(2000, 20),
        runtime=minutes(5 * STUDY.search.benchmark_trials, 0),
    params:
        subjects=TUNING_SUBJECTS,
        settings=SEARCH_SLICE,
        trials=STUDY.search.benchmark_trials,
        code=code("benchmark_search"),
    message:
        "Run {params.trials} of the search's trials by the control"
    script:
        "../scripts/benchmark_search.py"
