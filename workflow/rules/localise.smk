"""Study A: from shards of features to each listener's network, answers and scores, and the race of both variants."""

LOCALISER_SLICE = {
    "seed": CONFIG.seed,
    "held_out": STUDY.held_out,
    "network": values(STUDY.network),
}
# The accelerated variant alone has a choice of precision.
CONTROL_SLICE = LOCALISER_SLICE | {
    "network": {key: value for key, value in LOCALISER_SLICE["network"].items() if key != "precision"}
}
# Features and network are the search's.
WINNER_SLICE = {
    "seed": CONFIG.seed,
    "rate_hz": STUDY.sample_rate_hz,
    "stimulus": values(STUDY.stimulus),
    "held_out": STUDY.held_out,
    "precision": STUDY.network.precision,
}
LOCALISATION = f"{RESULTS}/localisation"


rule localise_control:
    input:
        features=f"{INTERAURAL_CONTROL}/{{shard}}.safetensors",
        index=f"{INTERAURAL_CONTROL}/{{shard}}.parquet",
    output:
        models=directory(f"{LOCALISATION}/control/models/{{shard}}"),
        history=f"{LOCALISATION}/control/history/{{shard}}.parquet",
        predictions=f"{LOCALISATION}/control/predictions/{{shard}}.parquet",
    log:
        f"{LOGS}/localise_control/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/localise_control/{{shard}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(900, 8),
        runtime=minutes(5, 5),
    params:
        subjects=subjects_of_shard,
        settings=CONTROL_SLICE,
        code=code("localise_control"),
    message:
        "Train localisers, control: {params.subjects}"
    script:
        "../scripts/localise_control.py"


rule localise_accelerated:
    input:
        features=f"{INTERAURAL_ACCELERATED}/{{shard}}.safetensors",
        index=f"{INTERAURAL_ACCELERATED}/{{shard}}.parquet",
    output:
        models=directory(f"{LOCALISATION}/accelerated/models/{{shard}}"),
        history=f"{LOCALISATION}/accelerated/history/{{shard}}.parquet",
        predictions=f"{LOCALISATION}/accelerated/predictions/{{shard}}.parquet",
    log:
        f"{LOGS}/localise_accelerated/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/localise_accelerated/{{shard}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: STUDY.threads
    resources:
        gpu=gpus(),
        mem_mb=memory(1200, 20),
        runtime=minutes(5, 1),
    params:
        subjects=subjects_of_shard,
        settings=LOCALISER_SLICE,
        device=CONFIG.device,
        code=code("localise_accelerated"),
    message:
        "Train localisers, accelerated: {params.subjects}"
    script:
        "../scripts/localise_accelerated.py"


rule localise_model:
    input:
        sofa=sofa_files_of_shard,
        training_speech=speech_of_model("training"),
        test_speech=speech_of_model("test"),
        clips=clips_of_model,
    output:
        models=directory(f"{LOCALISATION}/{{model}}/models/{{shard}}"),
        history=f"{LOCALISATION}/{{model}}/history/{{shard}}.parquet",
        predictions=f"{LOCALISATION}/{{model}}/predictions/{{shard}}.parquet",
    log:
        f"{LOGS}/localise_model/{{model}}/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/localise_model/{{model}}/{{shard}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: STUDY.threads
    resources:
        gpu=gpus(),
        mem_mb=memory(4500, 20, most_megabytes),
        runtime=minutes(10, 1, most_megabytes),
    params:
        subjects=subjects_of_shard,
        settings=settings_of_model,
        clips=str(CONFIG.data_dir) if CONFIG.data_dir else None,
        device=CONFIG.device,
        code=code("localise_model"),
    message:
        "Localise, {wildcards.model}: {params.subjects}"
    script:
        "../scripts/localise_model.py"


rule localise_winner:
    input:
        sofa=sofa_files_of_shard,
        winner=f"{RESULTS}/search/winner.json",
    output:
        models=directory(f"{LOCALISATION}/winner_{{implementation}}/models/{{shard}}"),
        history=f"{LOCALISATION}/winner_{{implementation}}/history/{{shard}}.parquet",
        predictions=f"{LOCALISATION}/winner_{{implementation}}/predictions/{{shard}}.parquet",
    log:
        f"{LOGS}/localise_winner/{{implementation}}/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/localise_winner/{{implementation}}/{{shard}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: threads_of_implementation
    resources:
        gpu=gpus_of_implementation,
        mem_mb=memory(2000, 30, most_megabytes),
        runtime=minutes(10, 10, most_megabytes),
    params:
        subjects=subjects_of_shard,
        settings=WINNER_SLICE,
        device=CONFIG.device,
        code=code("localise_winner"),
    message:
        "Localise by the search's winner, {wildcards.implementation}: {params.subjects}"
    script:
        "../scripts/localise_winner.py"


rule score_localisation:
    input:
        predictions=of_all_shards(f"{LOCALISATION}/{{variant}}/predictions/{{shard}}.parquet"),
        history=of_all_shards(f"{LOCALISATION}/{{variant}}/history/{{shard}}.parquet"),
    output:
        f"{LOCALISATION}/{{variant}}/scores.parquet",
    log:
        f"{LOGS}/score_localisation/{{variant}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/score_localisation/{{variant}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(500, 10),
        runtime=minutes(5),
    params:
        tuning_subjects=TUNING_SUBJECTS,
        bad_subject=STUDY.bad_subject,
        code=code("score_localisation"),
    message:
        "Score the listeners, {wildcards.variant}"
    script:
        "../scripts/score_localisation.py"


rule benchmark_localisation:
    input:
        sofa=[sofa_file(subject) for subject in SUBJECTS],
    output:
        table=f"{LOCALISATION}/benchmark.parquet",
        hardware=f"{LOCALISATION}/hardware.json",
    log:
        f"{LOGS}/benchmark_localisation.log",
    benchmark:
        f"{RESULTS}/benchmarks/benchmark_localisation.tsv"
    conda:
        "../../envs/gpu.yaml"
    # Nothing else may run beside a measurement.
    threads: whole_machine()
    resources:
        gpu=gpus(),
        mem_mb=memory(3000, 20),
        runtime=minutes(20, 2),
    params:
        subjects=SUBJECTS,
        bad_subject=STUDY.bad_subject,
        interaural=INTERAURAL_SLICE,
        localiser=LOCALISER_SLICE,
        device=CONFIG.device,
        benchmark=values(STUDY.benchmark),
        code=code("benchmark_localisation"),
    message:
        "Time both implementations on the whole machine, {params.benchmark[repeats]} times"
    script:
        "../scripts/benchmark_localisation.py"
