"""Sets of clips: which there are, what they are made into, and the shards that they are dealt to."""

COUNTS = {"esc50": 2000, "esc10": 400, "piano_triads": 432 * CONFIG.chords.clips_per_cell}
ARCHIVES = {"esc10": "esc50"}  # sets that are a part of another's archive


def slice_of_clips(study):
    """Return the slice of the configuration that prepared waveforms depend on."""
    return {"rate_hz": study.sample_rate_hz, "duration_s": study.duration_s, "padding": study.padding}


# Configurations that agree in these share one set of shards.
CLIP_STUDIES = {
    f"{study.collection}-{digest(slice_of_clips(study))}": study for study in (CONFIG.sounds, CONFIG.chords)
}
SOUND_CLIPS, CHORD_CLIPS = CLIP_STUDIES


def spectra(kind, section):
    """Return the name of spectrograms of a kind. Devices round differently, so their name is in it."""
    return f"{kind}-{digest(values(section))}-{CONFIG.device}"


SPECTRA = {
    spectra(kind, section): (kind, section)
    for study, kinds in ((CONFIG.sounds, ["image"]), (CONFIG.chords, ["mel"]))
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
    count = -(-COUNTS[study.collection] // study.clips_per_job)
    return [f"{number:02d}of{count:02d}" for number in range(count)]


def clips_folder(wildcards):
    """Return the folder of a set of clips: somebody's own, or what an archive was unpacked to."""
    return [] if CONFIG.data_dir else f"resources/clips/{ARCHIVES.get(wildcards.dataset, wildcards.dataset)}"


def table_of_clips(wildcards):
    """Return the list of a study's clips."""
    return f"resources/clips/{CLIP_STUDIES[wildcards.clips].collection}.parquet"


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


def of_set(wildcards):
    """Return what is to be found of a set of clips, where that is a setting."""
    return {"clips_per_cell": CONFIG.chords.clips_per_cell} if wildcards.dataset == "piano_triads" else {}


def memory_of_clips(base_mb, bytes_per_sample):
    """Return a resource function: memory for a shard, so many bytes for each sample of its clips, and half as much."""

    def memory_mb(wildcards, input, attempt):
        study = CLIP_STUDIES[wildcards.clips]
        clips = min(study.clips_per_job, COUNTS[study.collection])
        samples = study.sample_rate_hz * study.duration_s
        return int((260 + base_mb + 1.5 * clips * samples * bytes_per_sample / 1e6) * attempt)

    return memory_mb
