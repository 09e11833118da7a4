"""Whose ears: the people of the collection, the jobs that they are dealt to, and where their data are."""

from functools import cache


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
    """Return the data of this configuration: each person's file, and the list of each study's clips."""
    clips = expand("results/shared/clips/{clips}/clips.parquet", clips=CLIP_STUDIES)
    return [sofa_file(subject) for subject in SUBJECTS] + clips


def item_of(wildcards):
    """Return which of its source's files a job retrieves: a person's, or the one archive."""
    return wildcards.get("subject") or SOURCES[wildcards.dataset].files[0].item
