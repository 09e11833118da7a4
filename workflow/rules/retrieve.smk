"""From the places where data lie to files of ours: collections of HRTFs, archives of clips, synthetic listeners."""


localrules:
    synthesise_hrtfs,
    retrieve_hrtf,
    retrieve_archive,
    unpack_archive,


def all_data(wildcards):
    """Return every data set that the studies use: each person's file, and the index of each set of clips."""
    clips = [name for name, source in SOURCES.items() if source.kind == "clips"]
    return [sofa_file(subject) for subject in SUBJECTS] + expand("resources/clips/{dataset}.parquet", dataset=clips)


def item_of(wildcards):
    """Return which of its source's files a job retrieves: a person's, or the one archive."""
    return wildcards.get("subject") or SOURCES[wildcards.dataset].files[0].item


def known(wildcards):
    """Return what is known of the file to retrieve: name, size and checksums, but not where it comes from."""
    return source_file(wildcards.get("collection") or wildcards.dataset, item_of(wildcards)).model_dump()


def clips_folder(wildcards):
    """Return the folder of a set of clips: somebody's own, or what an archive was unpacked to."""
    if CONFIG.data_dir:
        return []
    return f"resources/clips/{wildcards.dataset}"


rule synthesise_hrtfs:
    message:
        "Synthesise the HRTFs of {params.settings[people]} listeners"
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
    script:
        "../scripts/synthesise_hrtfs.py"


rule retrieve_hrtf:
    message:
        "Retrieve the HRTF of {wildcards.subject} ({wildcards.collection})"
    output:
        "resources/hrtf/{collection}/{subject}.sofa",
    log:
        f"{LOGS}/retrieve_hrtf/{{collection}}/{{subject}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/retrieve_hrtf/{{collection}}/{{subject}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(300),
        runtime=minutes(60),
    params:
        file=known,
        code=code("retrieve_hrtf"),
    script:
        "../scripts/retrieve_hrtf.py"


rule retrieve_archive:
    message:
        "Retrieve the archive of {wildcards.dataset}"
    output:
        "resources/archives/{dataset}.zip",
    log:
        f"{LOGS}/retrieve_archive/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/retrieve_archive/{{dataset}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(240),
    params:
        item=item_of,
        file=known,
        code=code("retrieve_archive"),
    script:
        "../scripts/retrieve_archive.py"


rule unpack_archive:
    message:
        "Unpack the archive of {wildcards.dataset}"
    input:
        "resources/archives/{dataset}.zip",
    output:
        directory("resources/clips/{dataset}"),
    log:
        f"{LOGS}/unpack_archive/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/unpack_archive/{{dataset}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(60, 0.01),
    params:
        code=code("unpack_archive"),
    script:
        "../scripts/unpack_archive.py"


rule index_clips:
    message:
        "Verify the clips of {wildcards.dataset} and list them"
    input:
        clips_folder,
    output:
        "resources/clips/{dataset}.parquet",
    log:
        f"{LOGS}/index_clips/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/index_clips/{{dataset}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(30),
    params:
        folder=str(CONFIG.data_dir) if CONFIG.data_dir else None,
        code=code("index_clips"),
    script:
        "../scripts/index_clips.py"
