"""Rooms: drawn at random, simulated and measured, a shard of many in a job; and how fast that is."""


rule simulate_rooms:
    input:
        head=head_of_rooms,
    output:
        responses=f"{ROOM_SHARDS}/{{numbers}}.safetensors",
        index=f"{ROOM_SHARDS}/{{numbers}}.parquet",
    log:
        f"{LOGS}/simulate_rooms/{{room_set}}/{{numbers}}.log",
    benchmark:
        f"{ROOM_SHARDS}/benchmarks/simulate_rooms/{{numbers}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: ROOMS.threads
    resources:
        gpu=gpus(),
        mem_mb=memory(memory_of_rooms()),
        runtime=minutes(minutes_of_rooms()),
    params:
        numbers=numbers_of_rooms,
        sampling=sampling_of_rooms,
        simulation=simulation_of_rooms,
        device=CONFIG.device,
        code=code("simulate_rooms"),
    message:
        "Simulate rooms {wildcards.numbers}"
    script:
        "../scripts/simulate_rooms.py"


rule benchmark_rooms:
    output:
        f"{RESULTS}/rooms/speed/{{device}}.parquet",
    log:
        f"{LOGS}/benchmark_rooms/{{device}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/benchmark_rooms/{{device}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    # Nothing else may run beside a measurement.
    threads: whole_machine(ROOMS.benchmark.cores)
    resources:
        gpu=gpus_of_device,
        mem_mb=memory(memory_of_plain_loop()),
        runtime=minutes(minutes_of_plain_loop()),
    params:
        rooms=ROOMS.benchmark.rooms,
        repeats=ROOMS.benchmark.repeats,
        sampling=ROOM_SAMPLING,
        simulation=ROOM_SIMULATION,
        code=code("benchmark_rooms"),
    message:
        "Time the simulation of {params.rooms} rooms on {wildcards.device}: ours and a plain loop over pyroomacoustics"
    script:
        "../scripts/benchmark_rooms.py"


rule report_rooms:
    input:
        indices=of_rooms(rules.simulate_rooms.output.index),
        first=of_rooms(rules.simulate_rooms.output.responses)[0],
        binaural=of_rooms(rules.simulate_rooms.output.index, *BINAURAL) if BINAURAL else [],
        speed=on_devices(rules.benchmark_rooms.output),
        template=in_project("workflow/earshot/show/rooms.html.j2"),
        base=PAGE,
    output:
        figures=[
            report(
                f"{RESULTS}/rooms/figures/{figure}.svg",
                caption=f"../report/{figure}.rst",
                category="Rooms",
                labels={"figure": figure.replace("_", " ")},
            )
            for figure in ROOM_FIGURES
        ],
        summary=report(f"{RESULTS}/rooms/summary.json", caption="../report/summary.rst", category="Summary"),
        page=report(f"{RESULTS}/rooms/index.html", caption="../report/workflow.rst", category="Summary"),
    log:
        f"{LOGS}/report_rooms.log",
    benchmark:
        f"{RESULTS}/benchmarks/report_rooms.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 1),
        runtime=minutes(5),
    params:
        config=configuration_of(rooms={"threads": True, "others": True, "benchmark": {"cores"}}),
        device="cpu" if CONFIG.device == "cpu" else "auto",  # of the machine that is described: the job needs no GPU
        devices=DEVICES,
        # Of each shard of rooms with heads its set, and of each such set whose head it is.
        binaural=[name for name in BINAURAL for _ in of_rooms(rules.simulate_rooms.output.index, name)],
        heads={name: ROOM_SETS[name].head.name for name in BINAURAL},
        jobs=room_job_times(),
        code=code("report_rooms"),
    message:
        "Write the report of rooms"
    script:
        "../scripts/report_rooms.py"
