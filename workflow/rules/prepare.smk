"""From files of any kind to clips of one rate and length, as shards."""


rule prepare_clips:
    input:
        table="results/shared/clips/{clips}/clips.parquet",
    output:
        waveforms="results/shared/clips/{clips}/dry/waveforms/{dealt}.safetensors",
        index="results/shared/clips/{clips}/dry/waveforms/{dealt}.parquet",
    log:
        f"{LOGS}/prepare_clips/{{clips}}/{{dealt}}.log",
    benchmark:
        "results/shared/clips/{clips}/benchmarks/prepare_clips/{dealt}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: STUDY.threads
    resources:
        mem_mb=memory_of_clips(600, 2),
        runtime=minutes(20),
    params:
        dataset=dataset_of_clips,
        settings=settings_of_waveforms,
        code=code("prepare_clips"),
    message:
        "Prepare clips of {params.dataset}, shard {wildcards.dealt}"
    script:
        "../scripts/prepare_clips.py"


rule amplify_clips:
    input:
        waveforms="results/shared/clips/{clips}/dry/waveforms/{dealt}.safetensors",
        index="results/shared/clips/{clips}/dry/waveforms/{dealt}.parquet",
    output:
        waveforms=f"results/shared/clips/{{clips}}/{AMPLIFIED}/waveforms/{{dealt}}.safetensors",
        index=f"results/shared/clips/{{clips}}/{AMPLIFIED}/waveforms/{{dealt}}.parquet",
    log:
        f"{LOGS}/amplify_clips/{{clips}}/{{dealt}}.log",
    benchmark:
        f"results/shared/clips/{{clips}}/{AMPLIFIED}/benchmarks/amplify_clips/{{dealt}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: STUDY.threads
    resources:
        mem_mb=memory_of_clips(600, 2),
        runtime=minutes(20),
    params:
        dataset=dataset_of_clips,
        settings=AMPLIFIER_SLICE,
        code=code("amplify_clips"),
    message:
        "Play clips of {params.dataset} through an amplifier, shard {wildcards.dealt}"
    script:
        "../scripts/amplify_clips.py"
