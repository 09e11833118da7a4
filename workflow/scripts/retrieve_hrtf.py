"""Bring one person's SOFA file here."""

from _script import at_work, retrieve_file

with at_work(snakemake):
    retrieve_file(snakemake, snakemake.wildcards.collection, snakemake.wildcards.subject)
