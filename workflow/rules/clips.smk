"""Sets of clips: which there are, what they are made into, and the shards that they are dealt to."""

import math

SOUNDS = CONFIG.sounds
COUNTS = {"esc50": 2000, "esc10": 400}
CELLS = {"synthetic_sounds": 20, "piano_triads": 432, "synthetic_triads": 432}
ARCHIVES = {"esc10": "esc50"}  # sets that are a part of another's archive
FOLDS_OF_SOUNDS, OWN_TABLE = list(range(1, 6)), None
if SOUNDS.collection == "folder":
    from earshot.data.clip_table import find_table, folds_of, read_clip_table

    OWN_TABLE = SOUNDS.table or stops(find_table, SOUNDS.folder)
    OWN_CLIPS = stops(read_clip_table, OWN_TABLE)
    COUNTS["folder"], FOLDS_OF_SOUNDS = len(OWN_CLIPS), folds_of(OWN_CLIPS, SOUNDS.folds)


def count(study):
    """Return how many clips a study's set has."""
    collection = study.collection
    return COUNTS[collection] if collection in COUNTS else CELLS[collection] * study.clips_per_cell


def is_synthetic(study):
    """Return whether a study's clips are made up."""
    return study.collection.startswith("synthetic")


def slice_of_clips(study):
    """Return the slice of the configuration that prepared waveforms depend on."""
    return {"rate_hz": study.sample_rate_hz, "duration_s": study.duration_s, "padding": study.padding}


def slice_of_synthesis(study):
    """Return the slice of the configuration that made-up clips depend on."""
    return {
        "seed": CONFIG.seed,
        "clips_per_cell": study.clips_per_cell,
        "rate_hz": math.ceil(study.sample_rate_hz),  # that of a file is a whole number
        "duration_s": study.duration_s,
    }


def own_folder(study):
    """Return the folder that a study's clips are in or below where they are somebody's own; else none."""
    if study.collection == "folder":
        return str(study.folder)
    return str(CONFIG.data_dir) if CONFIG.data_dir and not is_synthetic(study) else None


def slice_of_set(study):
    """Return what a study's set is verified by: how many clips each cell has, or the table that lists one's own."""
    if study.collection == "folder":
        dealt_by = {} if "fold" in OWN_CLIPS else {"folds": study.folds, "seed": CONFIG.seed}
        return {"table": str(OWN_TABLE)} | dealt_by
    return {} if study.collection.startswith("esc") else {"clips_per_cell": study.clips_per_cell}


def name_of_clips(study):
    """Return the name of a study's set of clips: configurations that agree in what it says share the shards.

    Only of somebody's own clips the folder is in it: those of the official archive are the same on every machine.
    """
    made_up = slice_of_synthesis(study) if is_synthetic(study) else {}
    own = {"folder": own_folder(study)} if own_folder(study) else {}
    return f"{study.collection}-" + digest(slice_of_clips(study) | slice_of_set(study) | made_up | own)


SOUND_CLIPS, CHORD_CLIPS = name_of_clips(SOUNDS), name_of_clips(CONFIG.chords)
CLIP_STUDIES = {SOUND_CLIPS: SOUNDS, CHORD_CLIPS: CONFIG.chords}
# Folders of sets that are somebody's own.
FOLDERS = {clips: own_folder(study) for clips, study in CLIP_STUDIES.items() if own_folder(study)}
OTHER_PIANOS = {}  # the names of their sets of clips
for name, piano in CONFIG.chords.other_pianos.items():
    if piano:
        clips = f"other_piano-{digest(slice_of_clips(CONFIG.chords) | values(piano))}"
        OTHER_PIANOS[name], FOLDERS[clips] = clips, str(piano.folder)
        as_set = {"collection": "piano_triads", "clips_per_cell": piano.clips_per_cell}
        CLIP_STUDIES[clips] = CONFIG.chords.model_copy(update=as_set)


def spectra(kind, section):
    """Return the name of spectrograms of a kind. Devices round differently, so their name is in it."""
    return f"{kind}-{digest(values(section))}-{CONFIG.device}"


SPECTRA = {
    spectra(kind, section): (kind, section)
    for study, kinds in ((SOUNDS, ["image", "levels"]), (CONFIG.chords, ["mel", "constant_q"]))
    for kind in kinds
    for section in [getattr(study, kind)]
}


AMPLIFIER_SLICE = {"seed": CONFIG.seed} | values(CONFIG.chords.amplifier)
AMPLIFIED = f"amplified-{digest(AMPLIFIER_SLICE)}"


wildcard_constraints:
    clips="|".join(CLIP_STUDIES),
    spectra="|".join(SPECTRA),
    signals=f"dry|{AMPLIFIED}",
    dealt=r"\d+of\d+",


def dealt(study):
    """Return the names of the shards that a study's clips are dealt to: an item's name decides its place."""
    shards = -(-count(study) // study.clips_per_job)
    return [f"{number:02d}of{shards:02d}" for number in range(shards)]


def source_of(study):
    """Return the name of the source that a study's clips are from."""
    return ARCHIVES.get(study.collection, study.collection)


def files_of_set(clips):
    """Return the folder of a set's clips, made up or unpacked; none where it is somebody's own."""
    study = CLIP_STUDIES[clips]
    if is_synthetic(study):
        return f"results/shared/clips/{clips}/files"
    return [] if clips in FOLDERS else f"resources/clips/{source_of(study)}"


def files_of_clips(wildcards):
    """Return the folder of a set's clips."""
    return files_of_set(wildcards.clips)


def folder_of_clips(wildcards):
    """Return the folder that somebody's own clips are in or below."""
    return FOLDERS.get(wildcards.clips)


def dataset_of_clips(wildcards):
    """Return which set a study's clips are."""
    return CLIP_STUDIES[wildcards.clips].collection


def settings_of_waveforms(wildcards):
    """Return the settings that a study's clips are prepared with."""
    return slice_of_clips(CLIP_STUDIES[wildcards.clips])


def kind_of_spectra(wildcards):
    """Return of which kind spectrograms are."""
    return SPECTRA[wildcards.spectra][0]


def settings_of_spectra(wildcards):
    """Return the settings that spectrograms are made with."""
    return values(SPECTRA[wildcards.spectra][1])


def settings_of_synthesis(wildcards):
    """Return the settings that clips are made up with."""
    return slice_of_synthesis(CLIP_STUDIES[wildcards.clips])


def settings_of_set(wildcards):
    """Return what a set of clips is verified by."""
    return slice_of_set(CLIP_STUDIES[wildcards.clips])


def table_of_clips(wildcards):
    """Return the table of somebody's own clips, if that is what a set is: an edit makes it again."""
    return OWN_TABLE if dataset_of_clips(wildcards) == "folder" else []


def memory_of_clips(base_mb, bytes_per_sample):
    """Return a resource function: memory for the largest shard of any study, by the bytes of each sample.

    All ask for the same, for the reason that `most_megabytes` gives.
    """
    most = max(
        min(study.clips_per_job, count(study)) * study.sample_rate_hz * study.duration_s
        for study in CLIP_STUDIES.values()
    )
    return memory(base_mb + 1.5 * bytes_per_sample * most / 1e6)


def shards_of_spectra(clips, signals, kind):
    """Return the shards of a kind of spectrograms of a set's clips, dry or amplified."""
    study = CLIP_STUDIES[clips]
    return expand(
        "results/shared/clips/{clips}/{signals}/{spectra}/{dealt}.safetensors",
        clips=clips,
        signals=AMPLIFIED if signals == "amplified" else signals,
        spectra=spectra(kind, getattr(study, kind)),
        dealt=dealt(study),
    )


def spectra_of_studies(wildcards):
    """Return the spectrograms of all clips: of chords dry and through the amplifier."""
    wanted = [(SOUND_CLIPS, "dry", kind) for kind in ("image", "levels")]
    wanted += [(CHORD_CLIPS, signals, kind) for signals in ("dry", "amplified") for kind in ("mel", "constant_q")]
    return [file for clips, signals, kind in wanted for file in shards_of_spectra(clips, signals, kind)]
