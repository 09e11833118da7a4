"""Bring one recorded sentence here."""

from _script import at_work, retrieve_file
from earshot.data.audio import read_audio

with at_work(snakemake):
    retrieve_file(snakemake, snakemake.wildcards.dataset, snakemake.wildcards.item, read_audio)
