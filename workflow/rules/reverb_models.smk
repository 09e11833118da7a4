"""Models of reverberation: their settings, what they learn from, and the rooms that they are judged by."""

import types

REVERB = CONFIG.reverb
TRIALS = REVERB.search.drawn(CONFIG.seed)  # of the search, models like others
REVERB_MODELS = TRIALS | REVERB.kept
REVERB_MODEL = f"{RESULTS}/reverb/{{reverb_model}}/{{number}}"
REVERB_FIGURES = [
    "errors_by_model",
    "errors_by_octave",
    "decays",
    "response_beside_response",
    "model_rates",
    "reverb_losses",
]


wildcard_constraints:
    reverb_model="|".join(map(re.escape, REVERB_MODELS)),
    known=r"\d+x\d+us",
    measured="|".join(map(re.escape, REVERB.measured)) or "none",


def known_of(model):
    """Return the name of what is known of a response before a model is asked: images, and how long frames are."""
    return f"{model.images}x{round(1e6 * REVERB.frame_s)}us"


def known_settings(wildcards):
    """Return what that name says."""
    images, frame = wildcards.known.removesuffix("us").split("x")
    return {"images": int(images), "frame_s": int(frame) / 1e6}


def settings_of_reverb(wildcards):
    """Return the slice of the configuration that a model depends on."""
    number = int(wildcards.number)
    common = {"frame_s": REVERB.frame_s, "seed": CONFIG.seed + number - 1, "validates": (number - 1) % ROOMS.folds + 1}
    return REVERB_MODELS[wildcards.reverb_model].model_dump(mode="json", exclude={"trainings"}) | common


def values_of_reverb(wildcards):
    """Return the shards that a model learns from."""
    known = known_of(REVERB_MODELS[wildcards.reverb_model])
    return expand(of_rooms(rules.prepare_reverb.output), known=known)


def network_of_reverb(wildcards):
    """Return the network of a model that learns."""
    return rules.train_reverb.output.network if REVERB_MODELS[wildcards.reverb_model].learns else []


def known_responses(wildcards):
    """Return the responses that the nearest is taken of, for a model that does so."""
    nearest = REVERB_MODELS[wildcards.reverb_model].kind == "nearest"
    return of_rooms(rules.simulate_rooms.output.responses) if nearest else []


def numbers_of_reverb(model):
    """Return the numbers of a model's trainings: one that does not learn is judged once."""
    own = REVERB.kept[model]
    return range(1, (own.trainings or REVERB.trainings) + 1) if own.learns else [1]


def files_of_reverb(file, learnt=False):
    """Return a file of each training of each model, or of those alone that learn."""
    return [
        path
        for model, own in REVERB.kept.items()
        if own.learns or not learnt
        for path in expand(file, reverb_model=model, number=numbers_of_reverb(model))
    ]


def state_of_reverb(wildcards):
    """Return the folder in which a training keeps how far it has come."""
    training = f"reverb-{wildcards.reverb_model}-{wildcards.number}"
    return f"{RESULTS}/state/{training}-{digest([settings_of_reverb(wildcards), folder_of(ROOMS)])}"


# Seconds that a network needs for a response in an epoch, at most: three times as long as on two cores.
REVERB_NEEDS_S = {"operator": 0.012, "perceptron": 0.002, "waveform_operator": 0.3, "waveform_recurrent": 0.03}


def memory_of_reverb(wildcards, input, attempt):
    """Return the memory of a training, MB: what is learnt from, and for waveforms each layer's values of a batch."""
    model = REVERB_MODELS[wildcards.reverb_model]
    values_mb = ROOMS.length_s * ROOMS.sample_rate_hz * model.batch_size * model.width * 4 / 1e6
    of_layers = 25 * values_mb * model.layers if model.kind == "waveform_operator" else 0
    return int((3260 + 4 * megabytes(input) + of_layers) * attempt)


def minutes_of_reverb(wildcards, attempt):
    """Return the run time of a training: a quarter of an hour to begin, and all its epochs."""
    model = REVERB_MODELS[wildcards.reverb_model]
    responses = min(model.most_rooms or ROOMS.count, ROOMS.count) * receivers_of_room()
    return int((15 + REVERB_NEEDS_S.get(model.kind, 0) * responses * model.epochs / 60) * attempt + 1)


# Models whose responses the report shows beside the simulated one: the one that heads it, and what is expected.
MODELS_THAT_SHOW = (
    list(dict.fromkeys([REVERB.heading, *(name for name, own in REVERB.kept.items() if own.kind == "expected")]))
    if REVERB.kept
    else []
)


def first_of(model):
    """Return wildcards of the first training of a model."""
    return types.SimpleNamespace(reverb_model=model, number="1")


def network_that_heads(wildcards):
    """Return the network of the model that heads the report, where it learns."""
    own = first_of(REVERB.heading)
    return expand(network_of_reverb(own), **vars(own))


def settings_that_head(wildcards):
    """Return the settings of this model."""
    return settings_of_reverb(first_of(REVERB.heading))


MEASURED = {name: own for name, own in REVERB.measured.items() if own}


def file_of_measured(wildcards):
    """Return the file of the responses of a measured room."""
    return str(MEASURED[wildcards.measured].file)


def place_of_measured(wildcards):
    """Return where the responses of a measured room were measured."""
    return MEASURED[wildcards.measured].model_dump(mode="json", exclude={"file"})


LEARNT_MODELS = [name for name, own in REVERB.kept.items() if own.learns]


def networks_of(models):
    """Return the network of the first training of each of these models that learns."""
    return [path for own in map(first_of, models) for path in expand(network_of_reverb(own), **vars(own))]


def known_to_some(file):
    """Return a file of each shard that the nearest is taken of, where a model does so."""
    return of_rooms(file) if any(own.kind == "nearest" for own in REVERB.kept.values()) else []


def words_of(other):
    """Say what differs in other rooms from those that models learn from."""
    said = {
        "volume_m3": "{0:g} to {1:g} m³",
        "height_m": "{0:g} to {1:g} m high",
        "proportion": "{0:g} to {1:g} times as long as wide",
        "t60_s": "T60 {0:g} to {1:g} s",
    }
    found = [words.format(*getattr(other, key)) for key, words in said.items() if getattr(other, key)]
    return ", ".join(found + ([f"receivers every {other.grid_m:g} m"] if other.grid_m else []))


def reverb_job_times():
    """Return by rule where the times of these jobs are."""
    known = sorted({known_of(own) for own in REVERB.kept.values() if own.learns})
    return {
        "prepare_reverb": [
            path for one in known for path in expand(of_rooms(rules.prepare_reverb.benchmark), known=one)
        ],
        "train_reverb": files_of_reverb(rules.train_reverb.benchmark, learnt=True),
        "judge_reverb": files_of_reverb(rules.judge_reverb.benchmark),
        "measure_room": expand(rules.measure_room.benchmark, measured=MEASURED),
        "judge_by_measured": expand(rules.judge_by_measured.benchmark, measured=MEASURED),
        "benchmark_reverb": expand(rules.benchmark_reverb.benchmark, device=["cpu", "cuda"]),
    }
