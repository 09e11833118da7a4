"""How well a classifier's networks answer together: apart from `classes`, so that no training depends on it."""

import pandera.pandas as pa

# One row for each split and task of a classifier: what its seeds' networks say together, as a mean of probabilities.
CLASS_ENSEMBLES = pa.DataFrameSchema(
    {
        "study": pa.Column(str),
        "model": pa.Column(str),
        "split": pa.Column(str),
        "task": pa.Column(str),
        "networks": pa.Column(int, pa.Check.ge(1)),
        "clips": pa.Column(int),
        "accuracy": pa.Column(float, pa.Check.in_range(0, 1)),
        "calibration_error": pa.Column(float, pa.Check.in_range(0, 1)),
    },
    name="scores of ensembles",
    strict=True,
    coerce=True,
)
