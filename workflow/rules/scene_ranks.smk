"""How many scenes a second more and more ranks answer."""


rule benchmark_scenes:
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
        RANKS_TIMED,
    log:
        f"{LOGS}/benchmark_scenes.log",
    benchmark:
        f"{RESULTS}/benchmarks/benchmark_scenes.tsv"
    conda:
        "../../envs/mpi.yaml"
    # Nothing else may run beside a measurement. On a cluster those of each task.
    threads: 1 if on_cluster() and OVER_MPI else whole_machine(max(RANKS.ranks))
    resources:
        mpi="srun" if on_cluster() else "mpiexec",
        tasks=max(RANKS.ranks) + 1 if OVER_MPI else 1,
        gpu=gpus() * (max(RANKS.ranks) if on_cluster() and OVER_MPI else 1),
        # Else the executor would ask for as many tasks for each GPU.
        tasks_per_gpu=0,
        mem_mb=memory(*(mb * (1 if on_cluster() and OVER_MPI else max(RANKS.ranks) + 1) for mb in RANK_OF_SCENES_MB)),
        mem_mb_per_cpu=memory(*RANK_OF_SCENES_MB) if on_cluster() and OVER_MPI else 0,
        runtime=minutes(20 + RANKS.repeats * len(RANKS.ranks) * (2 + RANKS.scenes * ANSWERS_S * SCENES.duration_s / 60)),
    params:
        scenes=min(RANKS.scenes, SCENES.count),
        scenes_per_piece=SCENES.scenes_per_piece,
        ranks=RANKS.ranks,
        repeats=RANKS.repeats,
        people=HEARERS,
        heard_in=HEARD_IN,
        settings=ANSWER_SLICE,
        state=f"{RESULTS}/state/benchmark-scenes",
        code=code("benchmark_scenes", networks_of_classifiers),
    message:
        "Time ranks that answer {params.scenes} scenes, {params.repeats} times: {params.ranks} at once"
    script:
        "../scripts/benchmark_scenes.py"


if on_cluster() and not OVER_MPI:  # as for `answer_scenes`
    workflow.get_rule("benchmark_scenes").resources["mpi"] = ""
