"""The configuration, wildcard constraints, and what all rules say of their code and resources."""

import hashlib
import json
import re

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
OWN_PLACES = {"localisation": ["folder"], "sounds": ["folder", "table"]}  # where one's own data lie


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


# What every page is made of, beside its own template.
PAGE = [in_project(f"workflow/earshot/show/{name}") for name in ("base.html.j2", "tables.js")]


def values(section):
    """Return a section of the configuration as params record it."""
    return section.model_dump(mode="json")


def configuration_of(**left_out):
    """Return the configuration as a summary records it, of studies by name, without what of each is left out.

    Where data lie and how they are fetched changes no result, and differs from one machine to the next.
    """
    others = {"localisation", "sounds", "chords", "rooms", "reverb", "scenes"} - left_out.keys()
    others |= {"synthetic"} if "localisation" in others else set()
    excluded = dict.fromkeys(["retrieve", "data_dir", *others], True) | left_out
    found = CONFIG.model_dump(mode="json", exclude=excluded)
    for study, keys in OWN_PLACES.items():
        for key in keys:
            found.get(study, {}).pop(key, None)
    return found


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


def whole_machine(cores=STUDY.threads):
    """Return the threads of a job beside which nothing else may run: all that the run has, on a cluster so many."""
    return cores if on_cluster() else workflow.resource_settings.cores or cores


def code(script, by_name=None):
    """Return a params function: the fingerprint of a script and of the library's modules that it imports.

    `by_name` returns names of those that a job imports when it runs.
    """

    def fingerprint_of_script(wildcards):
        if not workflow.is_main_process:  # which alone decides what is stale
            return ""
        named = by_name(wildcards) if by_name else ()
        return fingerprint(ROOT / "workflow" / "scripts" / f"{script}.py", ROOT / "workflow", named)

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


def threads_of_implementation(wildcards):
    """Return how many threads a job of an implementation computes with."""
    return STUDY.threads if wildcards.implementation == "accelerated" else 1


def gpus_of_implementation(wildcards):
    """Return how many GPUs a job of an implementation asks for."""
    return gpus() if wildcards.implementation == "accelerated" else 0
