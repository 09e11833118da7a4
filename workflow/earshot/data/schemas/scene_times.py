"""How long scenes take so many ranks: a row for each piece of each start."""

import pandera.pandas as pa

SCENE_TIMES = pa.DataFrameSchema(
    {
        "costs": pa.Column(str, pa.Check.isin(["even", "uneven"])),  # pieces as they always are, or of unequal lengths
        "split": pa.Column(str, pa.Check.isin(["managed", "static"])),
        "ranks": pa.Column(int, pa.Check.ge(1)),  # or processes, that make pieces
        "of_ranks": pa.Column(int, pa.Check.ge(1)),  # all that were started: over MPI a managed split has one more
        "repeat": pa.Column(int, pa.Check.ge(1)),
        # As in the table of pieces.
        "name": pa.Column(str),
        "run": pa.Column(str),
        "rank": pa.Column(int, pa.Check.ge(0)),
        "host": pa.Column(str),
        "began_s": pa.Column(float),
        "seconds": pa.Column(float, pa.Check.gt(0)),
        "loading_s": pa.Column(float, pa.Check.ge(0)),
        "sha256": pa.Column(str),
        "whole_s": pa.Column(float, pa.Check.gt(0)),  # of the start, with its launch
        "handing_s": pa.Column(float, pa.Check.gt(0)),  # processor time of the head for a piece, managed
        "arrangement": pa.Column(str, pa.Check.isin(["alone", "mpi"])),
        "cores": pa.Column(int, pa.Check.ge(1)),  # that ranks share
        "machine": pa.Column(str),  # JSON: what `earshot.hardware` says of it
    },
    name="times of scenes",
    strict=True,
    coerce=True,
)
