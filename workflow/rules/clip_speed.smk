"""How fast clips become spectrograms and networks learn from them: study E's benchmark, and libraries' rates."""

SPEED = f"{RESULTS}/clip_speed"


rule benchmark_spectra:
    input:
        waveforms=waveforms_of_kind,
        index=index_of_kind,
    output:
        f"{SPEED}/spectra/{{device}}/{{kind}}.parquet",
    log:
        f"{LOGS}/benchmark_spectra/{{device}}/{{kind}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/benchmark_spectra/{{device}}/{{kind}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    # Nothing else may run beside a measurement.
    threads: whole_machine(PROTOCOL.cores)
    resources:
        gpu=gpus_of_device,
        mem_mb=memory(3000),
        runtime=minutes(30, 0),
    params:
        dataset=dataset_of_kind,
        kind="{kind}",
        settings=settings_of_kind,
        clips=PROTOCOL.clips,
        repeats=PROTOCOL.repeats,
        code=code("benchmark_spectra"),
    message:
        "Time spectrograms on {wildcards.device}, {wildcards.kind}: ours and librosa's"
    script:
        "../scripts/benchmark_spectra.py"


rule benchmark_epochs:
    input:
        values=shards_of_spectra(CHORD_CLIPS, "dry", "mel"),
        indices=indices(shards_of_spectra(CHORD_CLIPS, "dry", "mel")),
        table=f"results/shared/clips/{CHORD_CLIPS}/clips.parquet",
        files=files_of_way,
    output:
        f"{SPEED}/epochs/{{device}}/{{way}}/{{timed}}.parquet",
    log:
        f"{LOGS}/benchmark_epochs/{{device}}/{{way}}/{{timed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/benchmark_epochs/{{device}}/{{way}}/{{timed}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    # Nothing else may run beside a measurement.
    threads: whole_machine(PROTOCOL.cores)
    resources:
        gpu=gpus_of_device,
        mem_mb=memory(3000, 3),
        runtime=minutes(120, 0),
    params:
        dataset=CONFIG.chords.collection,
        timed=task_batch_and_samples,
        protocol={name: values(PROTOCOL)[name] for name in ("iterations", "epochs", "learning_rate", "precision")},
        seed=CONFIG.seed,
        code=code("benchmark_epochs"),
    message:
        "Time epochs on {wildcards.device}, {wildcards.way}: {wildcards.timed} (task, batch x samples)"
    script:
        "../scripts/benchmark_epochs.py"


rule report_speed:
    input:
        epochs=on_devices(rules.benchmark_epochs.output, way=PROTOCOL.ways, timed=TIMED),
        spectra=on_devices(rules.benchmark_spectra.output, kind=TIMED_KINDS),
        published=in_project("workflow/report/published_epochs.csv"),
        sources=in_project("config/sources.yaml"),
        template=in_project("workflow/earshot/show/clip_speed.html.j2"),
        base=PAGE,
    output:
        figures=[
            report(
                f"{SPEED}/figures/{figure}.svg",
                caption=f"../report/{figure}.rst",
                category="Studies B and E, speed",
                labels={"figure": figure.replace("_", " ")},
            )
            for figure in ("epoch_times", "spectra_rates")
        ],
        summary=report(f"{SPEED}/summary.json", caption="../report/summary.rst", category="Summary"),
        page=report(f"{SPEED}/index.html", caption="../report/workflow.rst", category="Summary"),
    log:
        f"{LOGS}/report_speed.log",
    benchmark:
        f"{RESULTS}/benchmarks/report_speed.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(5),
    params:
        config=configuration_of(sounds=NOT_TIMED, chords=dict.fromkeys(NOT_TIMED, True) | {"benchmark": {"cores"}}),
        devices=DEVICES,
        sources=[source_of(study) for study in (CONFIG.sounds, CONFIG.chords)],
        jobs=speed_job_times(),
        code=code("report_speed"),
    message:
        "Write the report of how fast clips are learnt from"
    script:
        "../scripts/report_speed.py"
