"""What is timed of learning from clips: study E's measurements, and every kind of spectrogram."""

PROTOCOL = CONFIG.chords.benchmark
SIZES = [f"{size}x{PROTOCOL.samples[0]}" for size in PROTOCOL.batch_sizes]
# Experiments 1 and 2 of the study: sizes of batches with both networks, and numbers of samples with one.
TIMED = [f"{task}-{size}" for task in ("type", "root") for size in SIZES]
TIMED += [f"type-{PROTOCOL.batch_sizes[0]}x{samples}" for samples in PROTOCOL.samples[1:]]
TIMED_KINDS = ["image", "levels", "mel", "constant_q"]
NOT_TIMED = {"headline", "models", "seeds", "splits", "threads", "variations", "other_pianos"}  # sections of studies
DEVICES = ["cpu"] + ["cuda"] * gpus()  # that this run measures on


wildcard_constraints:
    device="|".join(DEVICES),  # so that what was measured on another is a file like any, which no rule makes again
    way="shards|files|control",
    timed="|".join(TIMED),
    kind="image|levels|mel|constant_q",


def on_devices(tables, **measured):
    """Return the tables of this run's devices, and those of a GPU that an earlier run had and this one has not."""
    own = expand(tables, device=DEVICES, **measured)
    return own + [path for path in expand(tables, device="cuda", **measured) if path not in own and Path(path).exists()]


def clips_of_kind(wildcards):
    """Return the set of clips that spectrograms of a kind are of."""
    return SOUND_CLIPS if wildcards.kind in ("image", "levels") else CHORD_CLIPS


def waveforms_of_kind(wildcards):
    """Return the first shard of waveforms of this set."""
    clips = clips_of_kind(wildcards)
    return f"results/shared/clips/{clips}/dry/waveforms/{dealt(CLIP_STUDIES[clips])[0]}.safetensors"


def index_of_kind(wildcards):
    """Return the index of this shard."""
    return waveforms_of_kind(wildcards).replace(".safetensors", ".parquet")


def settings_of_kind(wildcards):
    """Return the settings of spectrograms of a kind."""
    return values(getattr(CLIP_STUDIES[clips_of_kind(wildcards)], wildcards.kind))


def dataset_of_kind(wildcards):
    """Return which set of clips they are of."""
    return CLIP_STUDIES[clips_of_kind(wildcards)].collection


def task_batch_and_samples(wildcards):
    """Return which network an epoch is of, its size of batches and its number of samples."""
    task, sizes = wildcards.timed.split("-")
    return task, *map(int, sizes.split("x"))


def files_of_way(wildcards):
    """Return the folder of clips that an epoch reads by itself; none where it is from shards."""
    return [] if wildcards.way == "shards" else files_of_set(CHORD_CLIPS)


def gpus_of_device(wildcards):
    """Return how many GPUs a job on a device asks for."""
    return int(wildcards.device == "cuda")
