"""Scenes: whose ears hear them, what they are drawn from, and what learns from the stream."""

from earshot.config_scenes import require_scenes
from earshot.scenes.learners import LEARNERS, NETWORKS

SCENES = CONFIG.scenes
SCENE_FOLDER = f"{RESULTS}/scenes"
HEARERS = SUBJECTS[: SCENES.people]
TAUGHT_BY = SUBJECTS[SCENES.people : SCENES.people + SCENES.training_people] or HEARERS
CLIPS_OF_KIND = {"clips": SOUND_CLIPS, "chords": CHORD_CLIPS}
WAVEFORMS = "results/shared/clips/{clips}/dry/waveforms/{dealt}.safetensors"
HEARD_IN = ["rooms", "anechoic"]  # what networks learn in
CHORDS = [kind for kind in SCENES.sounds if kind == "chords"]  # a learner where there are any
SEPARATORS = ["separator"] if SCENES.two_sources else []
# What learns, and in what: separators in rooms alone.
TRAININGS = [(name, where) for name in ("localiser", "classifier", *CHORDS) for where in HEARD_IN]
TRAININGS += [(name, HEARD_IN[0]) for name in SEPARATORS]
# The chord study's own classifier, the last of the same kind, if it has not heard what tests in scenes; else none.
STUDY_OF_CHORDS = {"study": "chords", "classifier": [], "split": "by_performance", "number": 1}
if CHORDS and "by_performance" in CONFIG.chords.splits:
    STUDY_OF_CHORDS["classifier"] = [
        name for name in CONFIG.chords.classifiers if CONFIG.chords.models[name].network == "transposable"
    ][-1:]


wildcard_constraints:
    heard_in="|".join(HEARD_IN),
    learner="|".join(LEARNERS),
    measured_room="|".join(map(re.escape, SCENES.measured)) or "(?!)",


DRAWING_SLICE = {"seed": CONFIG.seed} | {
    key: values(SCENES)[key] for key in ("two_sources", "signal_to_noise_db", "level_db", "apart_deg", "reach_deg")
}
STUDY_A_SLICE = {
    "seed": CONFIG.seed,
    "held_out": STUDY.held_out,
    "stimulus": values(STUDY.stimulus),
    "features": values(STUDY.features),
    "network": values(STUDY.network),
}
MAKING_SLICE = {"seed": CONFIG.seed, "exact_s": SCENES.exact_s}


def of_learners(file):
    """Return a file of each training on the stream."""
    return [file.format(learner=learner, heard_in=heard_in) for learner, heard_in in TRAININGS]


def shards_of_sounds(kind):
    """Return the shards of clips of a kind that scenes are made of."""
    if kind not in SCENES.sounds:
        return []
    clips = CLIPS_OF_KIND[kind]
    return expand(WAVEFORMS, clips=clips, dealt=dealt(CLIP_STUDIES[clips]))


def for_scenes(files):
    """Return an input function: these files, where scenes can be in the rooms of the configuration.

    Targets ask too: what a job's own input function says is lost on Snakemake where the job's files are there already.
    """

    def where_possible(wildcards):
        stops(require_scenes, SCENES, ROOMS, CONFIG.chords, FOLDS_OF_SOUNDS)
        return files

    return where_possible


def settings_of_gathering():
    """Return what sounds that scenes are made of depend on: of each kind that is among them, and of no other."""
    datasets = {kind: CLIP_STUDIES[clips].collection for kind, clips in CLIPS_OF_KIND.items() if kind in SCENES.sounds}
    of_clips = {"folds": FOLDS_OF_SOUNDS} if "clips" in datasets else {}
    of_chords = {"variations": CONFIG.chords.variations} if "chords" in datasets else {}
    return {"seed": CONFIG.seed, "most": SCENES.most_of_a_shard, "datasets": datasets} | of_clips | of_chords


def speech_of_scenes(pool):
    """Return an input function: the sentences that scenes are made of."""

    def files(wildcards):
        return speech_files(pool) if "speech" in SCENES.sounds else []

    return files


def settings_of_learner(wildcards):
    """Return the slice of the configuration that a training on the stream depends on."""
    one_source = {key: value for key, value in DRAWING_SLICE.items() if key not in ("two_sources", "level_db")}
    levels = {"kind": "levels", "settings": values(SCENES.levels)}
    transforms = {"kind": "constant_q", "settings": values(CONFIG.chords.constant_q)}
    two_sources = {key: value for key, value in DRAWING_SLICE.items() if key != "two_sources"}
    own = {
        "separator": {"drawing": two_sources},
        "localiser": {"drawing": DRAWING_SLICE, "spectra": values(SCENES.spectra)},
        "classifier": {"drawing": one_source, "sounds": "clip", "made_with": levels},
        "chords": {"drawing": one_source, "sounds": "chord", "made_with": transforms},
    }
    return {
        "seed": CONFIG.seed,
        "heard_in": wildcards.heard_in,
        "making": MAKING_SLICE if wildcards.heard_in == "rooms" else {"seed": CONFIG.seed},
        "stream": SCENES.stream.model_dump(mode="json", exclude={"workers"}),
        "network": values(getattr(SCENES, wildcards.learner)),
        **own[wildcards.learner],
    }


def modules_of_learner(wildcards):
    """Return what a training imports by name."""
    return LEARNERS[wildcards.learner]


def networks_of_classifiers(_wildcards):
    """Return what whoever builds classifiers of scenes imports by name."""
    return NETWORKS


def state_of_learner(wildcards):
    """Return the folder in which a training keeps how far it has come."""
    training = f"scenes-{wildcards.learner}-{wildcards.heard_in}"
    return f"{RESULTS}/state/{training}-{digest([settings_of_learner(wildcards), folder_of(ROOMS), TAUGHT_BY])}"


def memory_of_learner(wildcards, input, attempt):
    """Return the memory of a training on the stream: rooms and sounds, and batches that are kept or made ahead.

    Of a batch at work there are spectra and what gradients need of them, twenty times as much at most.
    """
    stream, network = SCENES.stream, getattr(SCENES, wildcards.learner)
    signals = 6 if wildcards.learner in SEPARATORS else 2  # sources and noise at both ears, or these alone
    batch_mb = stream.batch_size * signals * stream.duration_s * ROOMS.sample_rate_hz * 4 / 1e6
    batches = 2 * (network.dealt_over or network.times_each) + 4 * stream.workers + 20
    return memory(3000 + batches * batch_mb, 0.5)(wildcards, input, attempt)


# Seconds that each second of a scene takes on a core, four times as long as was measured (docs/measurements/
# scenes-2-cores.md): to be learnt once, to be made (of it and of its room's response), and to be made and answered.
LEARNS_S = {"localiser": 0.04, "separator": 0.05, "classifier": 0.006, "chords": 0.006}
MAKES_S, ANSWERS_S = 0.015, 0.35


def minutes_of_stream(wildcards, attempt):
    """Return the run time of a training on the stream: a quarter of an hour to begin, and each scene, made and learnt.

    Processes that make scenes do so while others are learnt.
    """
    stream, network = SCENES.stream, getattr(SCENES, wildcards.learner)
    makes_s = MAKES_S * (stream.duration_s + ROOMS.length_s)
    learns_s = LEARNS_S[wildcards.learner] * stream.duration_s * network.times_each
    needs_s = max(learns_s, makes_s / stream.workers) if stream.workers else learns_s + makes_s
    return int((15 + stream.scenes * needs_s / 60) * attempt + 1)


def minutes_of_answers():
    """Return the run time of answers: a third of an hour to begin, and each scene, as many at a time as there are ranks."""
    return 20 + SCENES.count * ANSWERS_S * SCENES.duration_s / SCENES.ranks / 60


ANSWER_SLICE = {
    "making": MAKING_SLICE | {"duration_s": SCENES.duration_s},
    "rate_hz": ROOMS.sample_rate_hz,
    "part_s": STUDY.stimulus.duration_s,
    "features": values(STUDY.features),
    "device": CONFIG.device,
}
MEASURED_ROOMS = {name: own for name, own in SCENES.measured.items() if own}


def file_of_measured_room(which):
    """Return an input function: a file of a measured room."""

    def file(wildcards):
        return str(getattr(MEASURED_ROOMS[wildcards.measured_room], which))

    return file


def measured_room(wildcards):
    """Return how a measured room is read, and how many scenes are in it."""
    return MEASURED_ROOMS[wildcards.measured_room].model_dump(mode="json", exclude={"file", "anechoic"})


def minutes_in_measured_room(wildcards, attempt):
    """Return the run time of scenes in a measured room: a quarter of an hour to begin, and each scene."""
    scenes = MEASURED_ROOMS[wildcards.measured_room].count
    return int((15 + scenes * ANSWERS_S * SCENES.duration_s / 60) * attempt + 1)


OVER_MPI = SCENES.arrangement == "mpi"
SCENE_RANKS = SCENES.ranks + (OVER_MPI and SCENES.split == "managed")  # one hands out and does nothing else
RANK_OF_SCENES_MB = (1200, 0.3)
RANKS = SCENES.benchmark
RANKS_TIMED = f"{SCENE_FOLDER}/ranks.parquet"
THERE_OF_RANKS = [RANKS_TIMED] if Path(RANKS_TIMED).exists() else []  # it takes long, and is made by its own target
SCENE_FIGURES = [
    "scene_errors",
    "own_ears",
    "scene_classes",
    "separation_gains",
    "scene_directions",
    "scene_losses",
    "scene_ranks",
    *(["scene_scaling"] if THERE_OF_RANKS else []),
]
if CHORDS:
    SCENE_FIGURES.insert(3, "scene_chords")
if MEASURED_ROOMS:
    SCENE_FIGURES.insert(1, "measured_rooms")


def sources_of_scenes():
    """Return the names of the sources that people and sounds of scenes are from; none where they are made up."""
    clips = {"clips": CONFIG.sounds, "chords": CONFIG.chords}
    of_sounds = [source_of(clips[kind]) if kind in clips else SPEECH for kind in SCENES.sounds]
    return [STUDY.collection, *of_sounds]


def scene_job_times():
    """Return by rule where the times of scenes' jobs are, the rooms' included."""
    names = ["gather_sounds", "draw_scenes", "localise_without_rooms", "answer_scenes"]
    names += ["try_measured_room"] if MEASURED_ROOMS else []
    rooms = {"simulate_rooms": of_rooms(rules.simulate_rooms.benchmark)}
    ranks = {"benchmark_scenes": [f"{RESULTS}/benchmarks/benchmark_scenes.tsv"]}
    learnt = {"learn_from_scenes": of_learners(rules.learn_from_scenes.benchmark)}
    others = {name: expand(getattr(rules, name).benchmark, measured_room=MEASURED_ROOMS) for name in names}
    return rooms | learnt | others | ranks
