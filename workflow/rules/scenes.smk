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
        settings=settings_of_gathering(),
        code=code("gather_sounds"),
    message:
        "Gather the sounds of scenes"
    script:
        "../scripts/gather_sounds.py"


rule draw_scenes:
    input:
        sounds=rules.gather_sounds.output.sounds,
        index=rules.gather_sounds.output.index,
        responses=for_scenes(of_rooms(rules.simulate_rooms.output.responses)),
        rooms=of_rooms(rules.simulate_rooms.output.index),
        sofa=[sofa_file(person) for person in HEARERS],
    output:
        scenes=f"{SCENE_FOLDER}/scenes.parquet",
        hearers=f"{SCENE_FOLDER}/hearers.parquet",
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
        scenes=SCENES.count,
        people=HEARERS,
        drawing=DRAWING_SLICE,
        code=code("draw_scenes"),
    message:
        "Draw {params.scenes} scenes that {params.people} hear"
    script:
        "../scripts/draw_scenes.py"


rule learn_from_scenes:
    input:
        sounds=rules.gather_sounds.output.sounds,
        index=rules.gather_sounds.output.index,
        responses=for_scenes(of_rooms(rules.simulate_rooms.output.responses)),
        rooms=of_rooms(rules.simulate_rooms.output.index),
        sofa=[sofa_file(person) for person in TAUGHT_BY],
    output:
        network=f"{SCENE_FOLDER}/{{learner}}/{{heard_in}}.safetensors",
        history=f"{SCENE_FOLDER}/{{learner}}/{{heard_in}}.parquet",
        teachers=f"{SCENE_FOLDER}/{{learner}}/{{heard_in}}-teachers.parquet",
    log:
        f"{LOGS}/learn_from_scenes/{{learner}}/{{heard_in}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/learn_from_scenes/{{learner}}/{{heard_in}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: SCENES.threads + SCENES.stream.workers
    resources:
        gpu=gpus(),
        mem_mb=memory_of_learner,
        runtime=minutes_of_stream,
    params:
        settings=settings_of_learner,
        people=TAUGHT_BY,
        state=state_of_learner,
        device=CONFIG.device,
        code=code("learn_from_scenes", modules_of_learner),
    message:
        "Train a {wildcards.learner} on scenes that are made while it learns, {wildcards.heard_in}"
    script:
        "../scripts/learn_from_scenes.py"


rule localise_without_rooms:
    input:
        sofa=[sofa_file(person) for person in HEARERS],
    output:
        directory(f"{SCENE_FOLDER}/without_rooms"),
    log:
        f"{LOGS}/localise_without_rooms.log",
    benchmark:
        f"{RESULTS}/benchmarks/localise_without_rooms.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: STUDY.threads
    resources:
        gpu=gpus(),
        mem_mb=memory(2500, 30),
        runtime=minutes(10, 1),
    params:
        people=HEARERS,
        rate_hz=ROOMS.sample_rate_hz,
        settings=STUDY_A_SLICE,
        device=CONFIG.device,
        code=code("localise_without_rooms"),
    message:
        "Train study A's networks of {params.people} at the rate of scenes"
    script:
        "../scripts/localise_without_rooms.py"


# On a cluster ranks may lie on many nodes (profiles/slurm); alone, the job's own processes answer. Who does, and how many,
# changes no answer, so the script reads that from the configuration.
rule answer_scenes:
    input:
        scenes=rules.draw_scenes.output.scenes,
        hearers=rules.draw_scenes.output.hearers,
        sounds=rules.gather_sounds.output.sounds,
        index=rules.gather_sounds.output.index,
        responses=for_scenes(of_rooms(rules.simulate_rooms.output.responses)),
        rooms=of_rooms(rules.simulate_rooms.output.index),
        sofa=[sofa_file(person) for person in HEARERS],
        localisers=expand(rules.learn_from_scenes.output.network, learner="localiser", heard_in=HEARD_IN),
        classifiers=expand(rules.learn_from_scenes.output.network, learner="classifier", heard_in=HEARD_IN),
        chords=expand(rules.learn_from_scenes.output.network, learner=CHORDS, heard_in=HEARD_IN),
        separators=expand(rules.learn_from_scenes.output.network, learner=SEPARATORS, heard_in=HEARD_IN[0]),
        study_of_chords=expand(rules.classify_clips.output.networks, **STUDY_OF_CHORDS),
        without_rooms=rules.localise_without_rooms.output[0],
    output:
        answers=f"{SCENE_FOLDER}/answers.parquet",
        pieces=f"{SCENE_FOLDER}/pieces.parquet",
    log:
        f"{LOGS}/answer_scenes.log",
    benchmark:
        f"{RESULTS}/benchmarks/answer_scenes.tsv"
    conda:
        "../../envs/mpi.yaml"
    # On a cluster those of each task; on one machine Snakemake must know of all of them.
    threads: 1 if on_cluster() and OVER_MPI else SCENES.ranks
    resources:
        mpi="srun" if on_cluster() else "mpiexec",
        tasks=SCENE_RANKS if OVER_MPI else 1,
        gpu=gpus() * (SCENES.ranks if OVER_MPI else 1),
        # Else the executor would ask for as many tasks for each GPU.
        tasks_per_gpu=0,
        mem_mb=memory(*(mb * (1 if on_cluster() and OVER_MPI else SCENE_RANKS) for mb in RANK_OF_SCENES_MB)),
        mem_mb_per_cpu=memory(*RANK_OF_SCENES_MB) if on_cluster() and OVER_MPI else 0,
        runtime=minutes(minutes_of_answers()),
    params:
        scenes=SCENES.count,
        people=HEARERS,
        heard_in=HEARD_IN,
        settings=ANSWER_SLICE,
        state=f"{RESULTS}/state/scenes-{digest([ANSWER_SLICE, DRAWING_SLICE])}",
        code=code("answer_scenes", networks_of_classifiers),
    message:
        "Answer {params.scenes} scenes in {SCENES.ranks} processes"
    script:
        "../scripts/answer_scenes.py"


if not OVER_MPI:  # a launcher, which profiles name, is what SLURM's executor tells a job of ranks by
    workflow.get_rule("answer_scenes").resources["mpi"] = ""


rule try_measured_room:
    input:
        room=file_of_measured_room("file"),
        anechoic=file_of_measured_room("anechoic"),
        sounds=rules.gather_sounds.output.sounds,
        index=rules.gather_sounds.output.index,
        localisers=expand(rules.learn_from_scenes.output.network, learner="localiser", heard_in=HEARD_IN),
        classifiers=expand(rules.learn_from_scenes.output.network, learner="classifier", heard_in=HEARD_IN),
        chords=expand(rules.learn_from_scenes.output.network, learner=CHORDS, heard_in=HEARD_IN),
        separators=expand(rules.learn_from_scenes.output.network, learner=SEPARATORS, heard_in=HEARD_IN[0]),
        study_of_chords=expand(rules.classify_clips.output.networks, **STUDY_OF_CHORDS),
    output:
        scenes=f"{SCENE_FOLDER}/measured/{{measured_room}}/scenes.parquet",
        answers=f"{SCENE_FOLDER}/measured/{{measured_room}}/answers.parquet",
    log:
        f"{LOGS}/try_measured_room/{{measured_room}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/try_measured_room/{{measured_room}}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: 1
    resources:
        gpu=gpus(),
        mem_mb=memory(*RANK_OF_SCENES_MB),
        runtime=minutes_in_measured_room,
    params:
        room=measured_room,
        heard_in=HEARD_IN,
        drawing=DRAWING_SLICE,
        settings=ANSWER_SLICE,
        study_a=STUDY_A_SLICE,
        code=code("try_measured_room", networks_of_classifiers),
    message:
        "Answer scenes in the measured room {wildcards.measured_room}"
    script:
        "../scripts/try_measured_room.py"


rule report_scenes:
    input:
        scenes=rules.draw_scenes.output.scenes,
        hearers=rules.draw_scenes.output.hearers,
        # Whichever learns, and in whatever, has the same ones.
        teachers=expand(rules.learn_from_scenes.output.teachers, learner="localiser", heard_in=HEARD_IN)[0],
        answers=rules.answer_scenes.output.answers,
        pieces=rules.answer_scenes.output.pieces,
        measured_scenes=expand(rules.try_measured_room.output.scenes, measured_room=MEASURED_ROOMS),
        measured_answers=expand(rules.try_measured_room.output.answers, measured_room=MEASURED_ROOMS),
        ranks=THERE_OF_RANKS,
        histories=of_learners(rules.learn_from_scenes.output.history),
        separators=expand(rules.learn_from_scenes.output.network, learner=SEPARATORS, heard_in=HEARD_IN[0]),
        sounds=rules.gather_sounds.output.sounds,
        index=rules.gather_sounds.output.index,
        responses=for_scenes(of_rooms(rules.simulate_rooms.output.responses)),
        rooms=of_rooms(rules.simulate_rooms.output.index),
        sofa=[sofa_file(person) for person in HEARERS],
        sources=in_project("config/sources.yaml"),
        template=in_project("workflow/earshot/show/scenes.html.j2"),
        scaling=in_project("workflow/earshot/show/scene_scaling.html.j2"),
        base=PAGE,
    output:
        figures=[
            report(
                f"{SCENE_FOLDER}/figures/{figure}.svg",
                caption=f"../report/{figure}.rst",
                category="Scenes",
                labels={"figure": figure.replace("_", " ")},
            )
            for figure in SCENE_FIGURES
        ],
        summary=report(f"{SCENE_FOLDER}/summary.json", caption="../report/summary.rst", category="Summary"),
        page=report(f"{SCENE_FOLDER}/index.html", caption="../report/workflow.rst", category="Summary"),
        made_of=f"{SCENE_FOLDER}/made_of.json",
    log:
        f"{LOGS}/report_scenes.log",
    benchmark:
        f"{RESULTS}/benchmarks/report_scenes.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000, 0.5),
        runtime=minutes(10, 0.01),
    params:
        config=configuration_of(
            rooms={"threads": True, "others": True, "benchmark": True},
            # Who learns and answers, and with how many others, changes no figure.
            scenes={key: True for key in ("threads", "ranks", "arrangement", "split", "scenes_per_piece", "benchmark")}
            | {"stream": {"workers"}, "measured": {"__all__": {"file", "anechoic"}}},
        ),
        people=HEARERS,
        bad_subject=STUDY.bad_subject,
        making=MAKING_SLICE | {"duration_s": SCENES.duration_s},
        study_a={"part_s": STUDY.stimulus.duration_s},
        modelled_scenes=RANKS.modelled_scenes if THERE_OF_RANKS else None,
        device="cpu" if CONFIG.device == "cpu" else "auto",  # of the machine that is described: the job needs no GPU
        sources=sources_of_scenes(),
        jobs=scene_job_times(),
        code=code("report_scenes"),
    message:
        "Write the report of scenes"
    script:
        "../scripts/report_scenes.py"
