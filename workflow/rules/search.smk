"""The search for settings of study A: trials on a few people, the worst of whom counts."""

from math import ceil

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
# The pool stops nobody early.
POOL_SLICE = {key: value for key, value in SEARCH_SLICE.items() if key != "halving"}
RANK_MB = (1000, 20)  # memory of a rank, and more with each megabyte of input
SEARCH = f"{RESULTS}/search"


rule search_trials:
    input:
        sofa=files_of_tuning_subjects,
    output:
        f"{SEARCH}/workers/{{worker}}.json",
    log:
        f"{LOGS}/search_trials/{{worker}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/search_trials/{{worker}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: STUDY.threads
    resources:
        gpu=gpus(),
        mem_mb=memory(2500, 60),
        runtime=minutes(ceil(STUDY.search.trials / STUDY.search.workers), 0),
    params:
        subjects=TUNING_SUBJECTS,
        settings=SEARCH_SLICE,
        trials=STUDY.search.trials,
        state=f"{RESULTS}/state/search-{digest(SEARCH_SLICE)}",
        device=CONFIG.device,
        code=code("search_trials"),
    message:
        "Search for settings, worker {wildcards.worker}: {params.trials} trials on {params.subjects}"
    script:
        "../scripts/search_trials.py"


# A head that asks and a pool that trains. On a cluster its tasks may lie on many nodes (profiles/slurm).
rule search_pool:
    input:
        sofa=files_of_tuning_subjects,
    output:
        f"{SEARCH}/pool.json",
    log:
        f"{LOGS}/search_pool.log",
    benchmark:
        f"{RESULTS}/benchmarks/search_pool.tsv"
    conda:
        "../../envs/mpi.yaml"
    # On a cluster those of each task; on one machine Snakemake must know of all of them.
    threads: STUDY.threads if on_cluster() else STUDY.threads * STUDY.search.ranks
    resources:
        mpi="srun" if on_cluster() else "mpiexec",
        tasks=STUDY.search.ranks + 1,
        gpu=gpus() * STUDY.search.ranks,
        # Else the executor would ask for as many tasks for each GPU.
        tasks_per_gpu=0,
        mem_mb=memory(*RANK_MB) if on_cluster() else memory(*(STUDY.search.ranks * mb for mb in RANK_MB)),
        mem_mb_per_cpu=per_core(memory(*RANK_MB)) if on_cluster() else 0,
        runtime=minutes(ceil(STUDY.search.trials * len(TUNING_SUBJECTS) / STUDY.search.ranks), 0),
    params:
        subjects=TUNING_SUBJECTS,
        settings=POOL_SLICE,
        trials=STUDY.search.trials,
        state=f"{RESULTS}/state/search-{digest(POOL_SLICE)}",
        device=CONFIG.device,
        code=code("search_pool"),
    message:
        "Search for settings, {resources.tasks} ranks: {params.trials} trials on {params.subjects}"
    script:
        "../scripts/search_pool.py"


rule search_localisation:
    input:
        searched(),
    output:
        trials=f"{SEARCH}/trials.parquet",
        winner=f"{SEARCH}/winner.json",
    log:
        f"{LOGS}/search_localisation.log",
    benchmark:
        f"{RESULTS}/benchmarks/search_localisation.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(600, 1),
        runtime=minutes(5, 0),
    params:
        subjects=TUNING_SUBJECTS,
        settings=POOL_SLICE,
        trials=STUDY.search.trials,
        within_deg=STUDY.search.winner_within_deg,
        code=code("search_localisation"),
    message:
        "Gather {params.trials} trials on {params.subjects}, and choose the winner"
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


rule benchmark_workers:
    input:
        sofa=files_of_tuning_subjects,
    output:
        f"{SEARCH}/workers.parquet",
    log:
        f"{LOGS}/benchmark_workers.log",
    benchmark:
        f"{RESULTS}/benchmarks/benchmark_workers.tsv"
    conda:
        "../../envs/gpu.yaml"
    # Nothing else may run beside a measurement.
    threads: whole_machine()
    resources:
        gpu=gpus(),
        mem_mb=memory(4000, 60),
        runtime=minutes(30, 0),
    params:
        subjects=TUNING_SUBJECTS,
        settings=SEARCH_SLICE,
        repeats=STUDY.benchmark.repeats,
        device=CONFIG.device,
        code=code("benchmark_workers"),
    message:
        "Time workers of the search side by side"
    script:
        "../scripts/benchmark_workers.py"
