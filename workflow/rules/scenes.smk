"""Study C: scenes in rooms as people hear them, what learns from them, and what is run over them."""


rule gather_sounds:
    input:
        clips=shards_of_sounds("clips"),
        clip_indices=indices(shards_of_sounds("clips")),
        chords=shards_of_sounds("chords"),
        chord_indices=indices(shards_of_sounds("chords")),
        training_speech=speech_of_scenes("training"),
        test_speech=speech_of_scenes("test"),
    output:
        sounds=f"{SCENE_FOLDER}/sounds.safetensors",
        index=f"{SCENE_FOLDER}/sounds.parquet",
    log:
        f"{LOGS}/gather_sounds.log",
    benchmark:
        f"{RESULTS}/benchmarks/gather_sounds.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(800, 4),
        runtime=minutes(10, 0.02),
    params:
        rate_hz=ROOMS.sample_rate_hz,
        datasets={"clips": CONFIG.sounds.collection, "chords": CONFIG.chords.collection},
        variations=CONFIG.chords.variations,
        most=SCENES.most_of_a_shard,
        seed=CONFIG.seed,
        code=code("gather_sounds"),
    message:
        "Gather the sounds of scenes"
    script:
        "../scripts/gather_sounds.py"


rule draw_scenes:
    input:
        sounds=rules.gather_sounds.output.sounds,
        index=rules.gather_sounds.output.index,
        responses=of_rooms(rules.simulate_rooms.output.responses),
        rooms=of_rooms(rules.simulate_rooms.output.index),
        sofa=[sofa_file(person) for person in HEARERS],
    output:
        f"{SCENE_FOLDER}/scenes.parquet",
    log:
        f"{LOGS}/draw_scenes.log",
    benchmark:
        f"{RESULTS}/benchmarks/draw_scenes.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500, 0.2),
        runtime=minutes(10),
    params:
        count=SCENES.count,
        people=HEARERS,
        drawing=DRAWING_SLICE,
        code=code("draw_scenes"),
    message:
        "Draw {params.count} scenes that {params.people} hear"
    script:
        "../scripts/draw_scenes.py"


rule train_scene_localiser:
    input:
        sounds=rules.gather_sounds.output.sounds,
        index=rules.gather_sounds.output.index,
        responses=of_rooms(rules.simulate_rooms.output.responses),
        rooms=of_rooms(rules.simulate_rooms.output.index),
        sofa=sofa_of_person,
    output:
        network=f"{SCENE_FOLDER}/localisers/{{heard_in}}/{{person}}.safetensors",
        history=f"{SCENE_FOLDER}/localisers/{{heard_in}}/{{person}}.parquet",
    log:
        f"{LOGS}/train_scene_localiser/{{heard_in}}/{{person}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_scene_localiser/{{heard_in}}/{{person}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: SCENES.threads + SCENES.stream.workers
    resources:
        gpu=gpus(),
        mem_mb=memory(2500, 0.5),
        runtime=minutes_of_stream,
    params:
        settings=settings_of_localiser,
        threads=SCENES.threads,
        workers=SCENES.stream.workers,
        state=state_of_localiser,
        device=CONFIG.device,
        code=code("train_scene_localiser"),
    message:
        "Train {wildcards.person}'s localiser on scenes, {wildcards.heard_in}"
    script:
        "../scripts/train_scene_localiser.py"
