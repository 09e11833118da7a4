"""From tables to what people open: figures, summary.json and the report page."""

FIGURES = ["error_distribution", "agreement", "error_map", "predicted_against_true", "speed"]

LOCALISATION_TABLES = {
    "scores": expand(f"{LOCALISATION}/{{variant}}/scores.parquet", variant=STUDY.variants),
    "benchmark": f"{LOCALISATION}/benchmark.parquet",
}


rule plot_localisation:
    input:
        **LOCALISATION_TABLES,
        predictions=expand(
            f"{LOCALISATION}/{{variant}}/predictions/{{shard}}.parquet", variant=STUDY.variants[-1], shard=SHARDS
        ),
        published=in_project("workflow/report/published.csv"),
    output:
        [
            report(
                f"{LOCALISATION}/figures/{figure}.svg",
                caption=f"../report/{figure}.rst",
                category="Localisation",
                labels={"figure": figure.replace("_", " ")},
            )
            for figure in FIGURES
        ],
    log:
        f"{LOGS}/plot_localisation.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_localisation.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(800, 20),
        runtime=minutes(5),
    params:
        code=code("plot_localisation"),
    message:
        "Draw the figures of the localisation study"
    script:
        "../scripts/plot_localisation.py"


rule summarise_localisation:
    input:
        **LOCALISATION_TABLES,
        hardware=f"{LOCALISATION}/hardware.json",
        published=in_project("workflow/report/published.csv"),
        sources=in_project("config/sources.yaml"),
    output:
        report(f"{LOCALISATION}/summary.json", caption="../report/summary.rst", category="Summary"),
    log:
        f"{LOGS}/summarise_localisation.log",
    benchmark:
        f"{RESULTS}/benchmarks/summarise_localisation.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(600),
        runtime=minutes(5),
    params:
        # The search and the models have results of their own.
        config=configuration_of(localisation={"search", "models", "templates", "others", "curves"}),
        jobs=job_times(),
        code=code("summarise_localisation"),
    message:
        "Gather every headline figure"
    script:
        "../scripts/summarise_localisation.py"


rule report_localisation:
    input:
        summary=f"{LOCALISATION}/summary.json",
        scores=LOCALISATION_TABLES["scores"],
        figures=rules.plot_localisation.output,
        template=in_project("workflow/earshot/show/page.html.j2"),
        localisation=in_project("workflow/earshot/show/localisation.html.j2"),
        base=PAGE,
    output:
        report(f"{LOCALISATION}/index.html", caption="../report/workflow.rst", category="Summary"),
    log:
        f"{LOGS}/report_localisation.log",
    benchmark:
        f"{RESULTS}/benchmarks/report_localisation.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(600, 4),
        runtime=minutes(5),
    params:
        pictured_variant=STUDY.variants[-1],
        code=code("report_localisation"),
    message:
        "Write the report"
    script:
        "../scripts/report_localisation.py"
