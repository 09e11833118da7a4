"""What scripts do around their work: a log, their share of the cores, and errors that a person can read."""

import errno
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from earshot.config import read_config
from earshot.config_scenes import Scenes
from earshot.data.download import Patience, retrieve
from earshot.data.recordings import find_clips, read_recordings
from earshot.data.sources import read_sources
from earshot.errors import EarshotError
from earshot.progress import PROGRESS
from earshot.signal.sources import Recordings
from earshot.threads import use_threads
from earshot.writer import EXECUTOR, sign_in

FORMAT = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
LACKS_MEMORY = re.compile("out of memory|allocate memory")  # in the words of PyTorch and CuPy


@contextmanager
def at_work(snakemake: Any) -> Iterator[Any]:
    """Run a script's body, which is given the rule's params.

    What is logged goes to the rule's log file; progress, warnings and errors go to the terminal too. Where the library
    says what is wrong with an input, that sentence ends the script and not a traceback.
    """
    file = logging.FileHandler(snakemake.log[0], mode="w")
    file.setFormatter(FORMAT)
    terminal = logging.StreamHandler()
    terminal.setLevel(PROGRESS)
    logging.basicConfig(level=logging.INFO, handlers=[file, terminal], force=True)
    log = logging.getLogger(snakemake.rule)
    use_threads(snakemake.threads)
    gpus = snakemake.resources.get("gpu") or "gpu" in str(snakemake.resources.get("gres", ""))
    if os.environ.get(EXECUTOR) == "slurm" and not gpus:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""  # where SLURM does not hide the GPUs that others were given
    log.info("begins, with %d threads", snakemake.threads)
    try:
        sign_in(snakemake.output)
        yield snakemake.params
    except Exception as error:
        if isinstance(error, EarshotError):
            log.error("%s: %s", snakemake.rule, error)
        elif isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            log.error(
                "%s: no space is left on the disk (%s). Free some and start again.", snakemake.rule, error.filename
            )
        elif isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and LACKS_MEMORY.search(str(error))):
            log.error("%s: %s", snakemake.rule, _lacking_memory(snakemake, error))
        else:
            log.exception("%s failed, and Earshot does not know why:", snakemake.rule)
        sys.exit(1)
    log.info("is done")


def _lacking_memory(snakemake: Any, error: Exception) -> str:
    """Say that a job had too little memory, of its own or of its GPU, and what helps."""
    said = str(error).partition("\n")[0] or "an array could not be made"
    if "CUDA" in said:
        return f"the memory of the GPU does not suffice ({said}). Give the job less to do at once, or a larger GPU."
    asked = int(snakemake.resources.get("mem_mb") or 8000)
    more = f"with more, as --set-resources {snakemake.rule}:mem_mb={2 * asked}"
    return f"the memory of this job does not suffice ({said}). Start again {more}, or with less to do at once."


def git_commit(snakemake: Any) -> str | None:
    """Return the commit that the project stands at; None where it is no git repository."""
    git = ["git", "-C", snakemake.scriptdir, "rev-parse", "HEAD"]
    return subprocess.run(git, check=False, capture_output=True, text=True).stdout.strip() or None


def bad_subject(snakemake: Any) -> Literal["stop", "exclude"]:
    """Return what a damaged file does: of the configuration, not of params, since no shard that is there depends on it.

    `score_localisation` sees to it that who was left out once is not left out silently after a change to `stop`.
    """
    return read_config(snakemake.config).localisation.bad_subject


def bad_clip(snakemake: Any, dataset: str) -> Literal["stop", "exclude"]:
    """Return what a damaged clip does, of the configuration for the reason above."""
    config = read_config(snakemake.config)
    return (config.chords if dataset.endswith("triads") else config.sounds).bad_clip


def has_companions(snakemake: Any) -> bool:
    """Return whether other workers share the search: of the configuration, since no trial depends on it."""
    return read_config(snakemake.config).localisation.search.workers > 1


def threads_of_rank(snakemake: Any) -> int:
    """Return the threads of each rank of MPI: a rule's own are those of all of them where they are on one machine."""
    return read_config(snakemake.config).localisation.threads


def scenes(snakemake: Any) -> Scenes:
    """Return the section of scenes: how many processes work on them, in which way, since no result depends on that."""
    return read_config(snakemake.config).scenes


def sounds(snakemake: Any, kinds: Collection[str], rates_hz: Collection[float]) -> dict[float, Recordings]:
    """Return the recordings among these kinds of sounds, for training and for testing, at each sampling rate."""
    paths: dict[Any, Any] = {}
    if "speech" in kinds:
        files = snakemake.input
        paths |= {("speech", "training"): files.training_speech, ("speech", "test"): files.test_speech}
    if "clips" in kinds:
        found = find_clips(snakemake.params.clips or snakemake.input.clips)
        paths |= {("clips", pool): clips for pool, clips in found.items()}
    return {rate: {which: read_recordings(some, rate) for which, some in paths.items()} for rate in rates_hz}


def retrieve_file(snakemake: Any, source_name: str, item: str, content: Callable[[Path], object] | None = None) -> None:
    """Bring a file of the table of sources to the rule's output."""
    settings = read_config(snakemake.config).retrieve
    source = read_sources(Path(snakemake.scriptdir, "../../config/sources.yaml"))[source_name]
    file = next(file for file in source.files if file.item == item)
    retrieve(
        source.url(file, settings.mirror),
        snakemake.output[0],
        state="resources/retrieving",
        checks=file,
        content=content,
        patience=Patience(
            stall_timeout=settings.stall_s,
            attempts=settings.attempts,
            longest_wait=settings.longest_wait_s,
            per_host=settings.connections_per_host,
        ),
    )
