"""From the places where data lie to files of ours: collections of HRTFs, archives of clips, synthetic listeners.

What was retrieved is its publisher's: no edit of our code or of the table of sources makes it stale, since a stale
output is deleted, and gigabytes would come again.
"""


localrules:
    synthesise_hrtfs,
    retrieve_hrtf,
    retrieve_speech,
    retrieve_archive,
    unpack_archive,


rule synthesise_hrtfs:
    output:
        expand(f"{RESULTS}/hrtf/{{subject}}.sofa", subject=collection()) if STUDY.collection == "synthetic" else [],
    log:
        f"{LOGS}/synthesise_hrtfs.log",
    benchmark:
        f"{RESULTS}/benchmarks/synthesise_hrtfs.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(700),
        runtime=minutes(5),
    params:
        seed=CONFIG.seed,
        settings=values(CONFIG.synthetic),
        code=code("synthesise_hrtfs"),
    message:
        "Synthesise the HRTFs of {params.settings[people]} listeners"
    script:
        "../scripts/synthesise_hrtfs.py"


rule retrieve_hrtf:
    output:
        "resources/hrtf/{collection}/{subject}.sofa",
    log:
        f"{LOGS}/retrieve_hrtf/{{collection}}/{{subject}}.log",
    benchmark:
        "resources/benchmarks/retrieve_hrtf/{collection}/{subject}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(300),
        runtime=minutes(60),
    message:
        "Retrieve the HRTF of {wildcards.subject} ({wildcards.collection})"
    script:
        "../scripts/retrieve_hrtf.py"


rule retrieve_speech:
    output:
        "resources/speech/{dataset}/{item}.wav",
    log:
        f"{LOGS}/retrieve_speech/{{dataset}}/{{item}}.log",
    benchmark:
        "resources/benchmarks/retrieve_speech/{dataset}/{item}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(300),
        runtime=minutes(60),
    message:
        "Retrieve the sentence {wildcards.item} ({wildcards.dataset})"
    script:
        "../scripts/retrieve_speech.py"


rule retrieve_archive:
    output:
        "resources/archives/{dataset}.zip",
    log:
        f"{LOGS}/retrieve_archive/{{dataset}}.log",
    benchmark:
        "resources/benchmarks/retrieve_archive/{dataset}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(240),
    params:
        item=item_of,
    message:
        "Retrieve the archive of {wildcards.dataset}"
    script:
        "../scripts/retrieve_archive.py"


rule unpack_archive:
    input:
        "resources/archives/{dataset}.zip",
    output:
        directory("resources/clips/{dataset}"),
    log:
        f"{LOGS}/unpack_archive/{{dataset}}.log",
    benchmark:
        "resources/benchmarks/unpack_archive/{dataset}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(60, 0.01),
    params:
        code=code("unpack_archive"),
    message:
        "Unpack the archive of {wildcards.dataset}"
    script:
        "../scripts/unpack_archive.py"


rule index_clips:
    input:
        files=files_of_clips,
        table=table_of_clips,
    output:
        "results/shared/clips/{clips}/clips.parquet",
    log:
        f"{LOGS}/index_clips/{{clips}}.log",
    benchmark:
        "results/shared/clips/{clips}/benchmarks/index_clips.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(30),
    params:
        dataset=dataset_of_clips,
        settings=settings_of_set,
        folder=folder_of_clips,
        code=code("index_clips"),
    message:
        "Verify the clips of {params.dataset} and list them"
    script:
        "../scripts/index_clips.py"


rule synthesise_clips:
    output:
        directory("results/shared/clips/{clips}/files"),
    log:
        f"{LOGS}/synthesise_clips/{{clips}}.log",
    benchmark:
        "results/shared/clips/{clips}/benchmarks/synthesise_clips.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(30),
    params:
        dataset=dataset_of_clips,
        settings=settings_of_synthesis,
        code=code("synthesise_clips"),
    message:
        "Make up the clips of {params.dataset}"
    script:
        "../scripts/synthesise_clips.py"
