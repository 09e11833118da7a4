"""Studies B and E: from shards of spectrograms to networks, their answers and scores."""


rule classify_clips:
    input:
        values=values_of_classifier,
        indices=indices_of_classifier,
    output:
        networks=directory(f"{CLASSIFIERS}/{{split}}/{{number}}/networks"),
        history=f"{CLASSIFIERS}/{{split}}/{{number}}/history.parquet",
        predictions=f"{CLASSIFIERS}/{{split}}/{{number}}/predictions.parquet",
    log:
        f"{LOGS}/classify_clips/{{study}}/{{classifier}}/{{split}}/{{number}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/classify_clips/{{study}}/{{classifier}}/{{split}}/{{number}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: of_study("threads")
    resources:
        gpu=gpus(),
        mem_mb=memory(2500, 3),
        runtime=minutes_of_training,
    params:
        dataset=of_study("collection"),
        settings=settings_of_classifier,
        state=state_of_classifier,
        device=CONFIG.device,
        code=code("classify_clips", network_of_classifier),
    message:
        "Train {wildcards.classifier} on {wildcards.study}: {wildcards.split} tests, seed {wildcards.number}"
    script:
        "../scripts/classify_clips.py"


rule try_other_piano:
    input:
        networks=networks_for_pianos,
        values=values_of_piano,
        indices=indices_of_piano,
    output:
        f"{RESULTS}/chords/{{classifier}}/other_{{piano}}/{{number}}/predictions.parquet",
    log:
        f"{LOGS}/try_other_piano/{{classifier}}/{{piano}}/{{number}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/try_other_piano/{{classifier}}/{{piano}}/{{number}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: CONFIG.chords.threads
    resources:
        gpu=gpus(),
        mem_mb=memory(1500, 3),
        runtime=minutes(10),
    params:
        device=CONFIG.device,
        code=code("try_other_piano", network_of_classifier),
    message:
        "Try {wildcards.classifier} on another piano: {wildcards.piano}, seed {wildcards.number}"
    script:
        "../scripts/try_other_piano.py"


rule score_clips:
    input:
        predictions=predictions_of_classifier,
        indices=indices_of_study,
        pianos=indices_of_pianos,
    output:
        scores=f"{CLASSIFIERS}/scores.parquet",
        ensembles=f"{CLASSIFIERS}/ensembles.parquet",
    log:
        f"{LOGS}/score_clips/{{study}}/{{classifier}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/score_clips/{{study}}/{{classifier}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 20),
        runtime=minutes(5),
    params:
        dataset=of_study("collection"),
        bad_clip=of_study("bad_clip"),
        code=code("score_clips"),
    message:
        "Score {wildcards.classifier} on {wildcards.study}"
    script:
        "../scripts/score_clips.py"
