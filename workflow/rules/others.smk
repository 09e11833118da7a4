"""Models at their limits: people whom they were not made for, noise at the ears, short sounds."""

OTHERS = f"{RESULTS}/others"
BAYESIAN = "bayesian_listener"
COMPARED = [*MODELS, *([BAYESIAN] if STUDY.others.bayesian_listener else [])]


rule localise_others:
    input:
        sofa=[sofa_file(subject) for subject in SUBJECTS],
        models=expand(f"{LOCALISATION}/{STUDY.others.model}/models/{{shard}}", shard=SHARDS),
    output:
        other_ears=f"{OTHERS}/other_ears.parquet",
        unseen=f"{OTHERS}/unseen_person.parquet",
    log:
        f"{LOGS}/localise_others.log",
    benchmark:
        f"{RESULTS}/benchmarks/localise_others.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: STUDY.threads
    resources:
        gpu=gpus(),
        mem_mb=memory(4000, 20),
        runtime=minutes(20, 2),
    params:
        subjects=SUBJECTS,
        folders=[f"{LOCALISATION}/{STUDY.others.model}/models/{shard}" for shard, own in SHARDS.items() for _ in own],
        tuning_subjects=TUNING_SUBJECTS,
        settings=settings_of_others,
        others={key: getattr(STUDY.others, key) for key in ("folds", "measured", "candidates")},
        device=CONFIG.device,
        code=code("localise_others"),
    message:
        "Let models of {params.settings[name]} answer for people whom they were not made for"
    script:
        "../scripts/localise_others.py"


rule localise_conditions:
    input:
        sofa=sofa_files_of_shard,
        models=f"{LOCALISATION}/{{model}}/models/{{shard}}",
        training_speech=speech_of_model("training"),
        test_speech=speech_of_model("test"),
        clips=clips_of_model,
    output:
        f"{OTHERS}/conditions/{{model}}/{{shard}}.parquet",
    log:
        f"{LOGS}/localise_conditions/{{model}}/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/localise_conditions/{{model}}/{{shard}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: STUDY.threads
    resources:
        gpu=gpus(),
        mem_mb=memory(4500, 20, most_megabytes),
        runtime=minutes(10, 2, most_megabytes),
    params:
        subjects=subjects_of_shard,
        tuning_subjects=TUNING_SUBJECTS,
        settings=settings_of_model,
        conditions=values(STUDY.curves),
        clips=str(CONFIG.data_dir) if CONFIG.data_dir else None,
        device=CONFIG.device,
        code=code("localise_conditions"),
    message:
        "Try {wildcards.model} in noise and with short sounds: {params.subjects}"
    script:
        "../scripts/localise_conditions.py"


rule localise_bayesian:
    input:
        sofa=sofa_files_of_shard,
    output:
        history=f"{LOCALISATION}/{BAYESIAN}/history/{{shard}}.parquet",
        predictions=f"{LOCALISATION}/{BAYESIAN}/predictions/{{shard}}.parquet",
    log:
        f"{LOGS}/localise_bayesian/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/localise_bayesian/{{shard}}.tsv"
    conda:
        "../../envs/listener.yaml"
    threads: STUDY.threads
    resources:
        mem_mb=memory(2000, 20, most_megabytes),
        runtime=minutes(10, 2, most_megabytes),
    params:
        subjects=subjects_of_shard,
        settings={
            "seed": CONFIG.seed,
            "rate_hz": STUDY.sample_rate_hz,
            "held_out": STUDY.held_out,
            "repetitions": STUDY.stimulus.repetitions,
        },
        code=code("localise_bayesian"),
    message:
        "Let a published model of people point: {params.subjects}"
    script:
        "../scripts/localise_bayesian.py"


rule report_others:
    input:
        scores=expand(f"{LOCALISATION}/{{variant}}/scores.parquet", variant=COMPARED),
        unseen=rules.localise_others.output.unseen,
        other_ears=rules.localise_others.output.other_ears,
        conditions=conditions_of_models(),
        published=in_project("workflow/report/published.csv"),
        sources=in_project("config/sources.yaml"),
        template=in_project("workflow/earshot/show/others.html.j2"),
        localisation=in_project("workflow/earshot/show/localisation.html.j2"),
        base=PAGE,
        variants=in_project("workflow/earshot/show/variants.html.j2"),
    output:
        figures=[
            report(
                f"{OTHERS}/figures/{figure}.svg",
                caption=f"../report/{figure}.rst",
                category="Study A, limits",
                labels={"figure": figure.replace("_", " ")},
            )
            for figure in ("unseen_person", "conditions", "other_ears")
        ],
        summary=report(f"{OTHERS}/summary.json", caption="../report/summary.rst", category="Summary"),
        page=report(f"{OTHERS}/index.html", caption="../report/workflow.rst", category="Summary"),
    log:
        f"{LOGS}/report_others.log",
    benchmark:
        f"{RESULTS}/benchmarks/report_others.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 10),
        runtime=minutes(5),
    params:
        config=configuration_of(localisation={"search"}),
        tuning_subjects=TUNING_SUBJECTS,
        device=CONFIG.device,
        variants=COMPARED,
        sources=[STUDY.collection, *sounds_of_models()],
        jobs=other_job_times(),
        code=code("report_others"),
    message:
        "Write the report of models at their limits"
    script:
        "../scripts/report_others.py"
