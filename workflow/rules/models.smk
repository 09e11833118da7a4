"""Models beside the study's networks: their settings, and the sounds that they hear."""


def settings_of_model(wildcards):
    """Return the slice of the configuration that a model depends on."""
    model = values(STUDY.models[wildcards.model])
    common = {"seed": CONFIG.seed, "rate_hz": STUDY.sample_rate_hz, "held_out": STUDY.held_out}
    return model | common | ({"templates": values(STUDY.templates)} if model["method"] == "templates" else {})


def settings_of_others(wildcards):
    """Return the slice of the configuration that a model depends on which is tried on people it was not made for."""
    name = STUDY.others.model
    model = STUDY.models.get(name)
    if not model or model.method != "templates" or model.stimulus.sources != ("white",):
        raise WorkflowError(
            f"config key localisation.others.model: {name} is no model of localisation.models that has templates of "
            "white noise"
        )
    slice = {"seed": CONFIG.seed, "rate_hz": STUDY.sample_rate_hz, "held_out": STUDY.held_out, "name": name}
    return values(model) | slice


def tried_in_conditions():
    """Return the models that are tried in noise and with short sounds: those with templates, by other directions."""
    return [
        name for name in MODELS if (STUDY.models[name].method, STUDY.models[name].held) == ("templates", "directions")
    ]


def conditions_of_models():
    """Return the tables of what models do in noise and with short sounds."""
    return expand(rules.localise_conditions.output, model=tried_in_conditions(), shard=SHARDS)


def hears(model, kind):
    """Return whether a model hears sounds of a kind."""
    return kind in STUDY.models[model].stimulus.sources


def sounds_of_models():
    """Return the sources of the sounds that any model hears."""
    return [
        name for name, kind in ((CLIPS, "clips"), (SPEECH, "speech")) if any(hears(model, kind) for model in MODELS)
    ]


def speech_files(pool):
    """Return sentences to train or to test with. No speaker is in both."""
    source = SOURCES[SPEECH]
    speakers = sorted({file.item.partition("_")[0] for file in source.files})
    test = speakers[len(speakers) // 2 :]
    own = [file for file in source.files if (file.item.partition("_")[0] in test) == (pool == "test")]
    if CONFIG.data_dir:
        return [str(stops(source.find, file, CONFIG.data_dir)) for file in own]
    return [f"resources/speech/{SPEECH}/{file.item}.wav" for file in own]


def speech_of_model(pool):
    """Return an input function: these sentences, where a model hears speech."""

    def files(wildcards):
        return speech_files(pool) if hears(wildcards.model, "speech") else []

    return files


def clips_of_model(wildcards):
    """Return the folder of the clips that a model hears, where they are not somebody's own."""
    return [] if CONFIG.data_dir or not hears(wildcards.model, "clips") else f"resources/clips/{CLIPS}"
