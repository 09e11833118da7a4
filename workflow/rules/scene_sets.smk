"""Scenes: whose ears hear them, what they are drawn from, and what learns from the stream."""

SCENES = CONFIG.scenes
SCENE_FOLDER = f"{RESULTS}/scenes"
HEARERS = SUBJECTS[: SCENES.people]
CLIPS_OF_KIND = {"clips": SOUND_CLIPS, "chords": CHORD_CLIPS}
WAVEFORMS = "results/shared/clips/{clips}/dry/waveforms/{dealt}.safetensors"
HEARD_IN = ["rooms", "anechoic"]  # what localisers learn in


wildcard_constraints:
    person="|".join(map(re.escape, HEARERS)),
    heard_in="|".join(HEARD_IN),


DRAWING_SLICE = {"seed": CONFIG.seed} | {
    key: values(SCENES)[key]
    for key in ("two_sources", "signal_to_noise_db", "level_db", "apart_deg", "reach_deg")
}
MAKING_SLICE = {"seed": CONFIG.seed, "exact_s": SCENES.exact_s}


def shards_of_sounds(kind):
    """Return the shards of clips of a kind that scenes are made of."""
    if kind not in SCENES.sounds:
        return []
    clips = CLIPS_OF_KIND[kind]
    return expand(WAVEFORMS, clips=clips, dealt=dealt(CLIP_STUDIES[clips]))


def speech_of_scenes(pool):
    """Return the sentences that scenes are made of."""
    return speech_files(pool) if "speech" in SCENES.sounds else []


def sofa_of_person(wildcards):
    """Return a person's SOFA file."""
    return sofa_file(wildcards.person)


def settings_of_localiser(wildcards):
    """Return the slice of the configuration that a training of a localiser depends on."""
    return {
        "seed": CONFIG.seed,
        "heard_in": wildcards.heard_in,
        "drawing": DRAWING_SLICE,
        "making": MAKING_SLICE,
        "stream": SCENES.stream.model_dump(mode="json", exclude={"workers"}),
        "spectra": values(SCENES.spectra),
        "network": values(SCENES.localiser),
    }


def state_of_localiser(wildcards):
    """Return the folder in which a training keeps how far it has come."""
    training = f"scenes-{wildcards.person}-{wildcards.heard_in}"
    return f"{RESULTS}/state/{training}-{digest([settings_of_localiser(wildcards), folder_of(ROOMS)])}"


def minutes_of_stream(wildcards, attempt):
    """Return the run time of a training on the stream: a quarter of an hour to begin, and each scene, made and learnt."""
    return int((15 + SCENES.stream.scenes * 0.06 / 60) * attempt + 1)
