"""Study D: networks learn how rooms decay, and are judged by rooms that they have not heard."""


rule prepare_reverb:
    input:
        responses=rules.simulate_rooms.output.responses,
        index=rules.simulate_rooms.output.index,
    output:
        f"{ROOM_SHARDS}/reverb/{{known}}/{{numbers}}.safetensors",
    log:
        f"{LOGS}/prepare_reverb/{{room_set}}/{{known}}/{{numbers}}.log",
    benchmark:
        f"{ROOM_SHARDS}/benchmarks/prepare_reverb/{{known}}/{{numbers}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: ROOMS.threads
    resources:
        gpu=gpus(),
        mem_mb=memory(2500, 3),
        runtime=minutes(10, 0.1),
    params:
        numbers=numbers_of_rooms,
        sampling=sampling_of_rooms,
        simulation=simulation_of_rooms,
        known=known_settings,
        device=CONFIG.device,
        code=code("prepare_reverb"),
    message:
        "Find how rooms {wildcards.numbers} decay, and what is known of it from {params.known[images]} images"
    script:
        "../scripts/prepare_reverb.py"


rule train_reverb:
    input:
        values=values_of_reverb,
        responses=of_rooms(rules.simulate_rooms.output.responses),
        indices=of_rooms(rules.simulate_rooms.output.index),
    output:
        network=f"{REVERB_MODEL}/network.safetensors",
        history=f"{REVERB_MODEL}/history.parquet",
    log:
        f"{LOGS}/train_reverb/{{reverb_model}}/{{number}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_reverb/{{reverb_model}}/{{number}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: REVERB.threads
    resources:
        gpu=gpus(),
        mem_mb=memory_of_reverb,
        runtime=minutes_of_reverb,
    params:
        settings=settings_of_reverb,
        state=state_of_reverb,
        device=CONFIG.device,
        code=code("train_reverb"),
    message:
        "Train {wildcards.reverb_model} on rooms, seed {wildcards.number}"
    script:
        "../scripts/train_reverb.py"


rule judge_reverb:
    input:
        network=network_of_reverb,
        known=known_responses,
        known_indices=of_rooms(rules.simulate_rooms.output.index),
        responses=of_rooms(rules.simulate_rooms.output.responses, *JUDGES),
        indices=of_rooms(rules.simulate_rooms.output.index, *JUDGES),
    output:
        f"{REVERB_MODEL}/errors.parquet",
    log:
        f"{LOGS}/judge_reverb/{{reverb_model}}/{{number}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/judge_reverb/{{reverb_model}}/{{number}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: ROOMS.threads
    resources:
        gpu=gpus(),
        mem_mb=memory(3000, 4),
        runtime=minutes(15, 0.1),
    params:
        # Of each shard the set that it belongs to.
        judges=[name for name in JUDGES for _ in of_rooms(rules.simulate_rooms.output.index, name)],
        settings=settings_of_reverb,
        device=CONFIG.device,
        code=code("judge_reverb"),
    message:
        "Judge {wildcards.reverb_model}, seed {wildcards.number}, by rooms that it has not heard"
    script:
        "../scripts/judge_reverb.py"


rule measure_room:
    input:
        file_of_measured,
    output:
        f"{RESULTS}/reverb/measured/{{measured}}/measures.parquet",
    log:
        f"{LOGS}/measure_room/{{measured}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_room/{{measured}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000, 50),
        runtime=minutes(5, 0.2),
    params:
        place=place_of_measured,
        simulation=ROOM_SIMULATION,
        code=code("measure_room"),
    message:
        "Measure the responses of {wildcards.measured}"
    script:
        "../scripts/measure_room.py"


rule judge_by_measured:
    input:
        measured=file_of_measured,
        # So that what is wrong with a file is said before anything is trained.
        measures=rules.measure_room.output,
        networks=networks_of(REVERB.kept),
        known=known_to_some(rules.simulate_rooms.output.responses),
        known_indices=known_to_some(rules.simulate_rooms.output.index),
    output:
        f"{RESULTS}/reverb/measured/{{measured}}/of_models.parquet",
    log:
        f"{LOGS}/judge_by_measured/{{measured}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/judge_by_measured/{{measured}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: ROOMS.threads
    resources:
        mem_mb=memory(3000, 4),
        runtime=minutes(30),
    params:
        place=place_of_measured,
        simulation=ROOM_SIMULATION,
        models={name: settings_of_reverb(first_of(name)) for name in REVERB.kept},
        learnt=LEARNT_MODELS,
        code=code("judge_by_measured"),
    message:
        "Judge models of reverberation by the measured room {wildcards.measured}"
    script:
        "../scripts/judge_by_measured.py"


rule search_reverb:
    input:
        histories=expand(rules.train_reverb.output.history, reverb_model=TRIALS, number=1),
        networks=expand(rules.train_reverb.output.network, reverb_model=TRIALS, number=1),
    output:
        f"{RESULTS}/reverb/trials.parquet",
    log:
        f"{LOGS}/search_reverb.log",
    benchmark:
        f"{RESULTS}/benchmarks/search_reverb.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(5),
    params:
        trials={name: values(trial) for name, trial in TRIALS.items()},
        code=code("search_reverb"),
    message:
        "Gather the trials of the search for an operator's settings"
    script:
        "../scripts/search_reverb.py"


rule benchmark_reverb:
    input:
        network=network_that_heads,
    output:
        f"{RESULTS}/reverb/speed/{{device}}.parquet",
    log:
        f"{LOGS}/benchmark_reverb/{{device}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/benchmark_reverb/{{device}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    # Nothing else may run beside a measurement.
    threads: whole_machine(REVERB.benchmark.cores)
    resources:
        gpu=gpus_of_device,
        mem_mb=memory(memory_of_plain_loop()),
        runtime=minutes(minutes_of_plain_loop()),
    params:
        benchmark=REVERB.benchmark.model_dump(mode="json", exclude={"cores", "t60_s"}),
        settings=settings_that_head,
        sampling=ROOM_SAMPLING | {"t60_s": [REVERB.benchmark.t60_s] * 2, "materials": None},
        simulation=ROOM_SIMULATION,
        code=code("benchmark_reverb"),
    message:
        "Time predicted rooms on {wildcards.device}"
    script:
        "../scripts/benchmark_reverb.py"


rule report_reverb:
    input:
        errors=files_of_reverb(rules.judge_reverb.output),
        histories=files_of_reverb(rules.train_reverb.output.history, learnt=True),
        networks=networks_of(MODELS_THAT_SHOW),
        responses=of_rooms(rules.simulate_rooms.output.responses),
        indices=of_rooms(rules.simulate_rooms.output.index),
        measured=expand(rules.judge_by_measured.output, measured=MEASURED),
        speed=on_devices(rules.benchmark_reverb.output),
        clips=[str(path) for path in REVERB.clips.values()],
        template=in_project("workflow/earshot/show/reverb.html.j2"),
        base=PAGE,
    output:
        figures=[
            report(
                f"{RESULTS}/reverb/figures/{figure}.svg",
                caption=f"../report/{figure}.rst",
                category="Rooms, models",
                labels={"figure": figure.replace("_", " ")},
            )
            for figure in REVERB_FIGURES
        ],
        summary=report(f"{RESULTS}/reverb/summary.json", caption="../report/summary.rst", category="Summary"),
        page=report(f"{RESULTS}/reverb/index.html", caption="../report/workflow.rst", category="Summary"),
    log:
        f"{LOGS}/report_reverb.log",
    benchmark:
        f"{RESULTS}/benchmarks/report_reverb.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000, 2),
        runtime=minutes(10),
    params:
        config=configuration_of(
            rooms={
                "threads": True,
                "benchmark": True,
                "others": {"__all__": {"head"}} | dict.fromkeys(BINAURAL, True),
            },
            reverb={"threads": True, "clips": True, "measured": {"__all__": {"file"}}, "benchmark": {"cores"}},
        ),
        heading=REVERB.heading if REVERB.kept else "",
        shown=MODELS_THAT_SHOW,
        learnt=[name for name in MODELS_THAT_SHOW if name in LEARNT_MODELS],
        clips=list(REVERB.clips),
        sets={name: words_of(ROOMS.others[name]) for name in JUDGES if name != STANDARD},
        device="cpu" if CONFIG.device == "cpu" else "auto",  # of the machine that is described: the job needs no GPU
        devices=DEVICES,
        jobs=reverb_job_times(),
        code=code("report_reverb"),
    message:
        "Write the report of models of reverberation"
    script:
        "../scripts/report_reverb.py"
