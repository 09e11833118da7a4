"""From HRTFs to shards of interaural features, by the control and accelerated, and from clips to spectrograms."""

INTERAURAL_SLICE = {
    "seed": CONFIG.seed,
    "rate_hz": STUDY.sample_rate_hz,
    "stimulus": values(STUDY.stimulus),
    "features": values(STUDY.features),
}
# Configurations that agree in these share one set of shards; synthetic and own listeners are their configuration's.
INTERAURAL = f"results/shared/interaural/{STUDY.collection}-{digest(INTERAURAL_SLICE)}"
if STUDY.collection in ("synthetic", "folder"):
    INTERAURAL = f"{RESULTS}/interaural/{digest(INTERAURAL_SLICE)}"
INTERAURAL_CONTROL = f"{INTERAURAL}/control"
# Devices round differently: configurations that name other ones have shards of their own.
INTERAURAL_ACCELERATED = f"{INTERAURAL}/accelerated-{CONFIG.device}"


rule interaural_control:
    input:
        sofa=sofa_files_of_shard,
    output:
        features=f"{INTERAURAL_CONTROL}/{{shard}}.safetensors",
        index=f"{INTERAURAL_CONTROL}/{{shard}}.parquet",
    log:
        f"{LOGS}/interaural_control/{{shard}}.log",
    benchmark:
        f"{INTERAURAL}/benchmarks/interaural_control/{{shard}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(900, 4, most_megabytes),
        runtime=minutes(5, 1, most_megabytes),
    params:
        subjects=subjects_of_shard,
        settings=INTERAURAL_SLICE,
        code=code("interaural_control"),
    message:
        "Interaural features, control: {params.subjects}"
    script:
        "../scripts/interaural_control.py"


rule interaural_accelerated:
    input:
        sofa=sofa_files_of_shard,
    output:
        features=f"{INTERAURAL_ACCELERATED}/{{shard}}.safetensors",
        index=f"{INTERAURAL_ACCELERATED}/{{shard}}.parquet",
    log:
        f"{LOGS}/interaural_accelerated/{{shard}}.log",
    benchmark:
        f"{INTERAURAL}/benchmarks/interaural_accelerated/{{shard}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: STUDY.threads
    resources:
        gpu=gpus(),
        mem_mb=memory(1200, 8, most_megabytes),
        runtime=minutes(5, 0.1, most_megabytes),
    params:
        subjects=subjects_of_shard,
        settings=INTERAURAL_SLICE,
        device=CONFIG.device,
        code=code("interaural_accelerated"),
    message:
        "Interaural features, accelerated: {params.subjects}"
    script:
        "../scripts/interaural_accelerated.py"


rule spectra_of_clips:
    input:
        waveforms="results/shared/clips/{clips}/{signals}/waveforms/{dealt}.safetensors",
        index="results/shared/clips/{clips}/{signals}/waveforms/{dealt}.parquet",
    output:
        values="results/shared/clips/{clips}/{signals}/{spectra}/{dealt}.safetensors",
        index="results/shared/clips/{clips}/{signals}/{spectra}/{dealt}.parquet",
    log:
        f"{LOGS}/spectra_of_clips/{{clips}}/{{signals}}/{{spectra}}/{{dealt}}.log",
    benchmark:
        "results/shared/clips/{clips}/{signals}/benchmarks/spectra_of_clips/{spectra}/{dealt}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: STUDY.threads
    resources:
        gpu=gpus(),
        mem_mb=memory_of_clips(1200, 4),
        runtime=minutes(20),
    params:
        dataset=dataset_of_clips,
        kind=kind_of_spectra,
        settings=settings_of_spectra,
        device=CONFIG.device,
        code=code("spectra_of_clips"),
    message:
        "Spectrograms of {params.dataset}, {params.kind}, {wildcards.signals}, shard {wildcards.dealt}"
    script:
        "../scripts/spectra_of_clips.py"
