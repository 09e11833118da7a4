"""Bring the archive of a data set here. Where its checksum is not the known one, its contents decide."""

from functools import partial

from _script import at_work, retrieve_file
from earshot.data.archives import check_archive
from earshot.data.clips import ARCHIVES

with at_work(snakemake) as params:
    dataset = snakemake.wildcards.dataset
    retrieve_file(snakemake, dataset, params.item, partial(check_archive, **ARCHIVES[dataset]))
