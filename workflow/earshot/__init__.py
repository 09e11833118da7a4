"""Earshot's library: it computes, and knows nothing of Snakemake."""

__version__ = "0.1.0"
