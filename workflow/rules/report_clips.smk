"""Studies B and E: from answers and scores to figures, summary.json and a page."""

CLIPS_REPORT = f"{RESULTS}/{{study}}"
CLASS_FIGURES = ["class_accuracy", "class_confusion", "class_reliability", "class_training"]


rule report_clips:
    input:
        scores=of_classifiers(f"{CLASSIFIERS}/scores.parquet"),
        ensembles=of_classifiers(f"{CLASSIFIERS}/ensembles.parquet"),
        histories=of_trainings(f"{CLASSIFIERS}/{{split}}/{{number}}/history.parquet"),
        predictions=of_trainings(f"{CLASSIFIERS}/{{split}}/{{number}}/predictions.parquet"),
        indices=indices_of_study,
        pianos=indices_of_pianos,
        published=in_project("workflow/report/published.csv"),
        sources=in_project("config/sources.yaml"),
        template=in_project("workflow/earshot/show/{study}.html.j2"),
        classes=in_project("workflow/earshot/show/classes.html.j2"),
        base=PAGE,
    output:
        figures=[
            report(
                f"{CLIPS_REPORT}/figures/{figure}.svg",
                caption=f"../report/{figure}.rst",
                category="Studies of clips",
                labels={"study": "{study}", "figure": figure.removeprefix("class_")},
            )
            for figure in CLASS_FIGURES
        ],
        summary=report(f"{CLIPS_REPORT}/summary.json", caption="../report/summary.rst", category="Summary"),
        page=report(f"{CLIPS_REPORT}/index.html", caption="../report/clips.rst", category="Summary"),
    log:
        f"{LOGS}/report_clips/{{study}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/report_clips/{{study}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500, 4),
        runtime=minutes(10),
    params:
        config=configuration_of_study,
        dataset=of_study("collection"),
        classifiers=of_study("classifiers"),
        headline=of_study("heading"),
        pianos=indices_by_piano,
        split_for_pianos=split_for_pianos,
        device="cpu" if CONFIG.device == "cpu" else "auto",  # of the machine that is described: the job needs no GPU
        sources=sources_of_study,
        jobs=clip_job_times,
        code=code("report_clips"),
    message:
        "Write the report of {wildcards.study}"
    script:
        "../scripts/report_clips.py"
