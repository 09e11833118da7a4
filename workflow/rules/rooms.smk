"""Rooms: drawn at random, simulated and measured, a shard of many in a job; and how fast that is."""


rule simulate_rooms:
    output:
        responses=f"{ROOM_SHARDS}/{{numbers}}.safetensors",
        index=f"{ROOM_SHARDS}/{{numbers}}.parquet",
    log:
        f"{LOGS}/simulate_rooms/{{numbers}}.log",
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
        sampling=ROOM_SAMPLING,
        simulation=ROOM_SIMULATION,
        device=CONFIG.device,
        code=code("simulate_rooms"),
    message:
        "Simulate rooms {wildcards.numbers}"
    script:
        "../scripts/simulate_rooms.py"


rule benchmark_rooms:
    output:
        f"{RESULTS}/room_speed/{{device}}.parquet",
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
        mem_mb=memory(2000 + 1000 * ROOMS.benchmark.cores),
        runtime=minutes(10 + ROOMS.benchmark.rooms * ROOMS.benchmark.repeats * 0.5),
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
