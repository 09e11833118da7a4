"""Unpack the archive of a data set."""

from _script import at_work
from earshot.data.archives import unpack
from earshot.data.clips import ARCHIVES

with at_work(snakemake):
    unpack(snakemake.input[0], snakemake.output[0], largest=ARCHIVES[snakemake.wildcards.dataset]["largest"])
