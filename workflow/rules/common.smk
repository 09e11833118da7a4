"""Helper functions and wildcard constraints, and nothing else."""

import hashlib
import json
import re
from functools import cache

from snakemake.exceptions import WorkflowError

from earshot.config import read_config
from earshot.data.sources import read_sources
from earshot.errors import EarshotError
from earshot.fingerprint import fingerprint
from earshot import cluster, writer


def stops(function, *arguments):
    """Call a function of the library; what it says to a person ends the workflow without a traceback."""
    try:
        return function(*arguments)
    except EarshotError as error:
        raise WorkflowError(str(error)) from None


CONFIG = stops(read_config, config)
SOURCES = stops(read_sources, ROOT / "config" / "sources.yaml")
STUDY = CONFIG.localisation
TUNING_SUBJECTS = STUDY.tuning_subjects.get(STUDY.collection, ())
MODELS = [name for name, model in STUDY.models.items() if model]
WINNERS = [f"winner_{implementation}" for implementation in STUDY.variants] if TUNING_SUBJECTS else []
RESULTS = f"results/{CONFIG.name}"
LOGS = f"logs/{CONFIG.name}"
CLIPS, SPEECH = "esc50", "arctic"  # the sources of sounds that models hear


wildcard_constraints:
    collection=r"[\w-]+",
    dataset=r"[\w-]+",
    shard=r"\d+-[0-9a-f]{6}",
    subject=r"[\w.-]+",
    variant=r"\w[\w.-]*",
    implementation="control|accelerated",
    model="|".join(map(re.escape, MODELS)) or "(?!)",
    item=r"\w+",
    worker=r"\d+",


def in_project(path):
    """Return a file of the project as seen from the working folder: a moved project makes nothing stale."""
    return os.path.relpath(ROOT / path)


def values(section):
    """Return a section of the configuration as params record it."""
    return section.model_dump(mode="json")


def digest(value):
    """Return a short name for a value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:6]


def gpus():
    """Return how many GPUs an accelerated job asks for: with `device: auto` one where the run was given any."""
    if workflow.is_main_process:  # which Snakemake does not tell the job that it starts on another node
        given = workflow.global_resources.get("gpu")
        cluster.remember_gpus((given and given.value) or 0)
    return int(CONFIG.device == "cuda" or (CONFIG.device == "auto" and cluster.has_gpus()))


def on_cluster():
    """Return whether jobs are submitted to a cluster."""
    if not workflow.is_main_process:
        return os.environ.get(writer.EXECUTOR) == "slurm"
    return bool(workflow.global_resources["_nodes"].value)  # such a run has no cores of its own


def searched():
    """Return the files that say that the search has all its trials: of each worker, or of the pool."""
    if STUDY.search.arrangement == "mpi":
        return f"{SEARCH}/pool.json"
    return expand(f"{SEARCH}/workers/{{worker}}.json", worker=range(1, STUDY.search.workers + 1))


def whole_machine():
    """Return the threads of a job beside which nothing else may run: all that the run has."""
    return STUDY.threads if on_cluster() else workflow.resource_settings.cores or STUDY.threads


def code(script):
    """Return a params function: the fingerprint of a script and of the library's modules that it imports."""

    def fingerprint_of_script(wildcards):
        if not workflow.is_main_process:  # which alone decides what is stale
            return ""
        return fingerprint(ROOT / "workflow" / "scripts" / f"{script}.py", ROOT / "workflow")

    return fingerprint_of_script


def megabytes(files):
    """Return the size of files together; one that is not there yet counts 10 MB, and is asked again when it is."""
    return sum(Path(file).stat().st_size / 1e6 if Path(file).exists() else 10 for file in files)


def most_megabytes(files):
    """Return the size of the inputs of the shard that has most, for a rule whose jobs a cluster takes as an array.

    All tasks of an array are given what one of them asks for, so all have to ask for the same.
    """
    return max(megabytes(map(sofa_file, members)) for members in SHARDS.values())


def memory(base_mb, per_input_mb=0.0, inputs=megabytes):
    """Return a resource function: memory for a job, more with its input's size and with each attempt.

    On a cluster two Snakemakes stand around a job, 130 MB each.
    """

    def memory_mb(wildcards, input, attempt):
        return int((260 + base_mb + per_input_mb * inputs(input)) * attempt)

    return memory_mb


def per_core(memory_mb):
    """Return a resource function: memory for each core of a job whose tasks may lie on several nodes."""

    def memory_mb_per_core(wildcards, input, attempt):
        return -(-memory_mb(wildcards, input, attempt) // STUDY.threads)

    return memory_mb_per_core


def minutes(base, per_input_mb=0.0, inputs=megabytes):
    """Return a resource function: run time for a job in minutes, more with its input's size and with each attempt."""

    def run_time(wildcards, input, attempt):
        return int((base + per_input_mb * inputs(input)) * attempt + 1)

    return run_time


def collection():
    """Return the names of all people of the collection, in its order."""
    match STUDY.collection:
        case "synthetic":
            return [f"person{number:02d}" for number in range(1, CONFIG.synthetic.people + 1)]
        case "folder":
            names = [path.stem for path in STUDY.folder.glob("*.sofa")]
            return sorted(
                names, key=lambda name: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
            )
        case name if name in SOURCES and SOURCES[name].kind == "hrtf":
            return [file.item for file in SOURCES[name].files]
        case name:
            known = [name for name, source in SOURCES.items() if source.kind == "hrtf"]
            raise WorkflowError(
                f"config key localisation.collection: {name} is unknown; known here: {', '.join(known)}, synthetic, folder"
            )


def shards():
    """Return the people of each job by the job's name.

    A person's place in the collection decides the job, so leaving one out or adding one at the end moves nobody else;
    the name holds a digest of the people, so that files of other people are never taken for theirs.
    """
    people = collection()
    chosen = people if STUDY.subjects == "all" else STUDY.subjects
    for key, names in (("subjects", chosen), (f"tuning_subjects.{STUDY.collection}", TUNING_SUBJECTS)):
        if unknown := [name for name in names if name not in people]:
            raise WorkflowError(
                f"config key localisation.{key}: {', '.join(unknown)} not in collection {STUDY.collection}"
                + (f", which has {', '.join(people)}" if people else f": {STUDY.folder} holds no SOFA files")
            )
    if not chosen:
        raise WorkflowError(f"config key localisation.folder: {STUDY.folder} holds no files that end in .sofa")
    size = STUDY.subjects_per_job
    jobs = {}
    for start in range(0, len(people), size):
        if members := [name for name in people[start : start + size] if name in chosen]:
            jobs[f"{start // size:02d}-{digest(members)}"] = members
    return jobs


@cache
def candidates():
    """Return the files of `data_dir` that may be of the collection."""
    return stops(SOURCES[STUDY.collection].candidates, CONFIG.data_dir)


@cache
def sofa_file(subject):
    """Return where a person's SOFA file is, or will be."""
    if STUDY.collection == "synthetic":
        return f"{RESULTS}/hrtf/{subject}.sofa"
    if STUDY.collection == "folder":
        return str(STUDY.folder / f"{subject}.sofa")
    if CONFIG.data_dir:
        file = source_file(STUDY.collection, subject)
        return str(stops(SOURCES[STUDY.collection].find, file, CONFIG.data_dir, candidates()))
    return f"resources/hrtf/{STUDY.collection}/{subject}.sofa"


def source_file(collection, item):
    """Return the row of the table of sources for an item of a collection."""
    return next(file for file in SOURCES[collection].files if file.item == item)


SHARDS = shards()
SUBJECTS = [subject for members in SHARDS.values() for subject in members]


def sofa_files_of_shard(wildcards):
    """Return the SOFA files of a job's people."""
    return [sofa_file(subject) for subject in SHARDS[wildcards.shard]]


def files_of_tuning_subjects(wildcards):
    """Return the SOFA files of the people that settings are searched on."""
    if not TUNING_SUBJECTS:
        raise WorkflowError(
            f"config key localisation.tuning_subjects.{STUDY.collection} is missing: the search needs people to try on"
        )
    return [sofa_file(subject) for subject in TUNING_SUBJECTS]


def subjects_of_shard(wildcards):
    """Return a job's people."""
    return SHARDS[wildcards.shard]


def of_all_shards(pattern):
    """Return an input function: a file of each of a variant's jobs."""

    def files(wildcards):
        return expand(pattern, variant=wildcards.variant, shard=SHARDS)

    return files


def all_data(wildcards):
    """Return the data of this configuration: each person's file, and the index of each set of clips."""
    clips = [name for name, source in SOURCES.items() if source.kind == "clips"]
    return [sofa_file(subject) for subject in SUBJECTS] + expand("resources/clips/{dataset}.parquet", dataset=clips)


def job_times():
    """Return by rule, stage after stage, where the times of this configuration's jobs are: of those before a summary."""
    retrieved = "synthesise_hrtfs" if STUDY.collection == "synthetic" else "retrieve_hrtf"
    variants = [f"{stage}_{variant}" for stage in ("interaural", "localise") for variant in STUDY.variants]
    names = [retrieved, *variants, "score_localisation", "benchmark_localisation"]
    wanted = {"collection": STUDY.collection, "subject": SUBJECTS, "shard": SHARDS, "variant": STUDY.variants}
    return {name: expand(getattr(rules, name).benchmark, **wanted) for name in names}


def study_job_times():
    """Return the same for the jobs of the whole study beside these."""
    search = STUDY.search
    workers = range(1, search.workers + 1)
    wanted = {"shard": SHARDS, "model": MODELS, "implementation": STUDY.variants, "worker": workers}
    trials = "search_pool" if search.arrangement == "mpi" else "search_trials"
    names = [trials, "search_localisation", "benchmark_search", "localise_model"]
    times = {name: expand(getattr(rules, name).benchmark, **wanted) for name in names}
    for name in STUDY.variants:
        times[f"localise_winner, {name}"] = expand(rules.localise_winner.benchmark, implementation=name, shard=SHARDS)
    return times


def other_job_times():
    """Return the same for the jobs that try models at their limits."""
    models = [name for name in MODELS if STUDY.models[name].method == "templates"]
    names = ["localise_others", "localise_conditions"]
    return {name: expand(getattr(rules, name).benchmark, model=models, shard=SHARDS) for name in names}


def sounds_of_models():
    """Return the sources of the sounds that any model hears."""
    return [
        name for name, kind in ((CLIPS, "clips"), (SPEECH, "speech")) if any(hears(model, kind) for model in MODELS)
    ]


def item_of(wildcards):
    """Return which of its source's files a job retrieves: a person's, or the one archive."""
    return wildcards.get("subject") or SOURCES[wildcards.dataset].files[0].item


def clips_folder(wildcards):
    """Return the folder of a set of clips: somebody's own, or what an archive was unpacked to."""
    if CONFIG.data_dir:
        return []
    return f"resources/clips/{wildcards.dataset}"


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


def conditions_of_models():
    """Return the tables of what models with templates do in noise and with short sounds."""
    models = [name for name in MODELS if STUDY.models[name].method == "templates"]
    return expand(rules.localise_conditions.output, model=models, shard=SHARDS)


def hears(model, kind):
    """Return whether a model hears sounds of a kind."""
    return kind in STUDY.models[model].stimulus.sources


def speech_of_model(pool):
    """Return an input function: a model's sentences to train or to test with. No speaker is in both."""

    def files(wildcards):
        if not hears(wildcards.model, "speech"):
            return []
        source = SOURCES[SPEECH]
        speakers = sorted({file.item.partition("_")[0] for file in source.files})
        test = speakers[len(speakers) // 2 :]
        own = [file for file in source.files if (file.item.partition("_")[0] in test) == (pool == "test")]
        if CONFIG.data_dir:
            return [str(stops(source.find, file, CONFIG.data_dir)) for file in own]
        return [f"resources/speech/{SPEECH}/{file.item}.wav" for file in own]

    return files


def clips_of_model(wildcards):
    """Return the folder of the clips that a model hears, where they are not somebody's own."""
    return [] if CONFIG.data_dir or not hears(wildcards.model, "clips") else f"resources/clips/{CLIPS}"


def threads_of_implementation(wildcards):
    """Return how many threads a job of an implementation computes with."""
    return STUDY.threads if wildcards.implementation == "accelerated" else 1


def gpus_of_implementation(wildcards):
    """Return how many GPUs a job of an implementation asks for."""
    return gpus() if wildcards.implementation == "accelerated" else 0
