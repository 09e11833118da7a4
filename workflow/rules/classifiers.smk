"""Classifiers of clips: their settings, their splits and seeds, and the shards that they learn from."""

from earshot.learn.kinds import BUILDERS

CLASSIFIERS = f"{RESULTS}/{{study}}/{{classifier}}"
STUDIES_OF_CLIPS = {"sounds": CONFIG.sounds, "chords": CONFIG.chords}


wildcard_constraints:
    study="sounds|chords",
    classifier="|".join(
        re.escape(name) for study in STUDIES_OF_CLIPS.values() for name, model in study.models.items() if model
    )
    or "(?!)",
    split=r"(?!other_)\w+",
    piano="|".join(map(re.escape, OTHER_PIANOS)) or "(?!)",
    number=r"\d+",


def splits(study):
    """Return the splits of a study: of sounds the folds, of chords those that are asked for."""
    if study == "sounds":
        return [f"fold{fold}" for fold in FOLDS_OF_SOUNDS]
    values = {"by_dynamic": "fmp", "by_octave": (2, 3, 4)}
    return [
        f"{split}_{value}" if value else split for split in CONFIG.chords.splits for value in values.get(split, ("",))
    ]


def model_of_classifier(wildcards):
    """Return the section of the configuration that describes a classifier."""
    model = STUDIES_OF_CLIPS[wildcards.study].models.get(wildcards.classifier)
    if not model:
        raise WorkflowError(f"config key {wildcards.study}.models: {wildcards.classifier} is none of these")
    return model


def network_of_classifier(wildcards):
    """Return the name by which a classifier's network is imported: no other makes its training stale."""
    study = STUDIES_OF_CLIPS[getattr(wildcards, "study", "chords")]
    return [BUILDERS[study.models[wildcards.classifier].network]]


def values_of_classifier(wildcards):
    """Return the shards that a classifier learns from."""
    clips, model = name_of_clips(STUDIES_OF_CLIPS[wildcards.study]), model_of_classifier(wildcards)
    wanted = getattr(model, "signals", ("dry",))
    return [file for signals in wanted for file in shards_of_spectra(clips, signals, model.spectra)]


def indices_of_classifier(wildcards):
    """Return the indices of these shards."""
    return indices(values_of_classifier(wildcards))


def indices(shards):
    """Return the indices that lie beside shards."""
    return [path.replace(".safetensors", ".parquet") for path in shards]


def values_of_piano(wildcards):
    """Return the shards of another piano's chords, of the kind that a classifier is given."""
    model = CONFIG.chords.models[wildcards.classifier]
    return shards_of_spectra(OTHER_PIANOS[wildcards.piano], "dry", model.spectra)


def indices_of_piano(wildcards):
    """Return the indices of these shards."""
    return indices(values_of_piano(wildcards))


# The networks of this split are tried on another piano: those of whole performances, if they are there.
SPLIT_FOR_PIANOS = "by_performance" if "by_performance" in splits("chords") else splits("chords")[0]


def networks_for_pianos(wildcards):
    """Return the networks that are tried on another piano."""
    return f"{RESULTS}/chords/{wildcards.classifier}/{SPLIT_FOR_PIANOS}/{wildcards.number}/networks"


def settings_of_classifier(wildcards):
    """Return the slice of the configuration that a training depends on."""
    study = STUDIES_OF_CLIPS[wildcards.study]
    common = {"split_seed": CONFIG.seed, "seed": CONFIG.seed + int(wildcards.number) - 1}
    of_chords = {"variations": study.variations} if wildcards.study == "chords" else {}
    return values(model_of_classifier(wildcards)) | common | of_chords


# Seconds that a network needs in an epoch for a second of a clip, at most: two to four times as long as on one core (of
# docs/measurements/clips-2-cores.md: residual, 300 epochs of 320 clips of 5 s in 6 minutes; of the triads' both networks).
# Neither precision nor a GPU takes anything off, and clips that test count as those that train.
NEEDS_S = {"plain": 0.035, "residual": 0.0025, "triad": 0.005, "transposable": 0.0025}


def minutes_of_training(wildcards, attempt):
    """Return the run time of a training: a quarter of an hour to read, to begin and to answer, and all its epochs.

    With each attempt more, though one that ran out of time goes on where it was.
    """
    study, model = STUDIES_OF_CLIPS[wildcards.study], model_of_classifier(wildcards)
    clips = count(study) * len(getattr(model, "signals", ("dry",)))
    needs_s = NEEDS_S[model.network] * model.epochs * clips * study.duration_s
    return int((15 + needs_s / 60) * attempt + 1)


def state_of_classifier(wildcards):
    """Return the folder in which a training keeps how far it has come."""
    training = "-".join([wildcards.study, wildcards.classifier, wildcards.split, wildcards.number])
    return f"{RESULTS}/state/{training}-{digest(settings_of_classifier(wildcards))}"


def predictions_of_classifier(wildcards):
    """Return the answers of a classifier in all splits, trained with all seeds."""
    return expand(
        f"{CLASSIFIERS}/{{split}}/{{number}}/predictions.parquet",
        study=wildcards.study,
        classifier=wildcards.classifier,
        split=splits(wildcards.study)
        + [f"other_{piano}" for piano in (OTHER_PIANOS if wildcards.study == "chords" else ())],
        number=range(1, STUDIES_OF_CLIPS[wildcards.study].seeds + 1),
    )


def of_study(key):
    """Return an input function: what a key of the configuration is in a study's section."""

    def value_of_study(wildcards):
        return getattr(STUDIES_OF_CLIPS[wildcards.study], key)

    return value_of_study


def of_classifiers(file):
    """Return an input function: a file of each classifier of a study."""

    def files_of_classifiers(wildcards):
        return expand(file, study=wildcards.study, classifier=STUDIES_OF_CLIPS[wildcards.study].classifiers)

    return files_of_classifiers


def of_trainings(file):
    """Return an input function: a file of each training of each classifier of a study."""

    def files_of_trainings(wildcards):
        study = STUDIES_OF_CLIPS[wildcards.study]
        return expand(
            file,
            study=wildcards.study,
            classifier=study.classifiers,
            split=splits(wildcards.study),
            number=range(1, study.seeds + 1),
        )

    return files_of_trainings


def configuration_of_study(wildcards):
    """Return the configuration as a study's summary records it."""
    left_out = {"sounds": set(), "chords": {"benchmark": True, "other_pianos": {"__all__": {"folder"}}}}
    return configuration_of(**{wildcards.study: left_out[wildcards.study]})


def sources_of_study(wildcards):
    """Return the names of the sources that a study's clips are from."""
    return [source_of(STUDIES_OF_CLIPS[wildcards.study])]


def indices_of_waveforms(clips):
    """Return the indices of a set's waveforms: a row for each clip, those left out included."""
    return expand(
        "results/shared/clips/{clips}/dry/waveforms/{dealt}.parquet", clips=clips, dealt=dealt(CLIP_STUDIES[clips])
    )


def indices_of_study(wildcards):
    """Return these indices of a study's clips."""
    return indices_of_waveforms(name_of_clips(STUDIES_OF_CLIPS[wildcards.study]))


def indices_by_piano(wildcards):
    """Return these indices of each other piano that a study's classifiers are tried on."""
    tried = OTHER_PIANOS if wildcards.study == "chords" else {}
    return {piano: indices_of_waveforms(clips) for piano, clips in tried.items()}


def split_for_pianos(wildcards):
    """Return the split whose networks were tried on them; none where there are none, as of sounds."""
    return SPLIT_FOR_PIANOS if indices_by_piano(wildcards) else None


def indices_of_pianos(wildcards):
    """Return these indices of all other pianos."""
    return [path for paths in indices_by_piano(wildcards).values() for path in paths]


def pages_of_study(study):
    """Return the page of a study; none where it has no classifiers."""
    return [f"{RESULTS}/{study}/index.html"] if STUDIES_OF_CLIPS[study].classifiers else []
