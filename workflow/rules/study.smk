"""Study A as a whole: its search, the winner on everybody, the models beside it, and a report of all that."""

STUDY_REPORT = f"{RESULTS}/study"
STUDY_VARIANTS = [*STUDY.variants, *WINNERS, *MODELS]
STUDY_FIGURES = ["variants", "winner_agreement", "search_front", "error_map", "predicted_against_true"]
PICTURED = MODELS[0] if MODELS else STUDY.variants[-1]

STUDY_TABLES = {
    "scores": expand(f"{LOCALISATION}/{{variant}}/scores.parquet", variant=STUDY_VARIANTS),
    "trials": f"{SEARCH}/trials.parquet",
    "published": in_project("workflow/report/published.csv"),
}


rule plot_study:
    input:
        **STUDY_TABLES,
        predictions=expand(f"{LOCALISATION}/{PICTURED}/predictions/{{shard}}.parquet", shard=SHARDS),
    output:
        [
            report(
                f"{STUDY_REPORT}/figures/{figure}.svg",
                caption=f"../report/{figure}.rst",
                category="Study A",
                labels={"figure": figure.replace("_", " ")},
            )
            for figure in STUDY_FIGURES
        ],
    log:
        f"{LOGS}/plot_study.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_study.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 20),
        runtime=minutes(5),
    params:
        code=code("plot_study"),
    message:
        "Draw the figures of the whole study"
    script:
        "../scripts/plot_study.py"


rule summarise_study:
    input:
        **STUDY_TABLES,
        winner=f"{SEARCH}/winner.json",
        search_benchmark=f"{SEARCH}/benchmark.parquet",
        workers=f"{SEARCH}/workers.parquet",
        benchmark=f"{LOCALISATION}/benchmark.parquet",
        hardware=f"{LOCALISATION}/hardware.json",
        sources=in_project("config/sources.yaml"),
    output:
        report(f"{STUDY_REPORT}/summary.json", caption="../report/summary.rst", category="Summary"),
    log:
        f"{LOGS}/summarise_study.log",
    benchmark:
        f"{RESULTS}/benchmarks/summarise_study.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(600),
        runtime=minutes(5),
    params:
        config=configuration_of(localisation={"others", "curves"}),
        variants=STUDY_VARIANTS,
        threads=STUDY.threads,
        of_trials=375,  # of the published study, which had 30 workers
        of_workers=(4, 10, 30),
        sources=[STUDY.collection, *sounds_of_models()],
        jobs=job_times() | study_job_times(),
        code=code("summarise_study"),
    message:
        "Gather every figure of the whole study"
    script:
        "../scripts/summarise_study.py"


rule report_study:
    input:
        summary=f"{STUDY_REPORT}/summary.json",
        scores=STUDY_TABLES["scores"],
        figures=rules.plot_study.output,
        template=in_project("workflow/earshot/show/study.html.j2"),
        localisation=in_project("workflow/earshot/show/localisation.html.j2"),
        base=PAGE,
        variants=in_project("workflow/earshot/show/variants.html.j2"),
    output:
        report(f"{STUDY_REPORT}/index.html", caption="../report/workflow.rst", category="Summary"),
    log:
        f"{LOGS}/report_study.log",
    benchmark:
        f"{RESULTS}/benchmarks/report_study.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(600, 4),
        runtime=minutes(5),
    params:
        pictured=PICTURED,
        code=code("report_study"),
    message:
        "Write the report of the whole study"
    script:
        "../scripts/report_study.py"
