"""What classifiers of clips hand on: answers, losses and scores."""

import pandera.pandas as pa

_TRAINING = {
    "study": pa.Column(str),
    "model": pa.Column(str),
    "split": pa.Column(str),
    "seed": pa.Column(int),
    "task": pa.Column(str),
}

# One row for each clip that tests and each task.
CLASS_PREDICTIONS = pa.DataFrameSchema(
    {
        **_TRAINING,
        "item": pa.Column(str),
        "effect": pa.Column(str, nullable=True),
        "true": pa.Column(str),
        "said": pa.Column(str),
        "probability": pa.Column(float, pa.Check.in_range(0, 1.001)),  # of what was said
        "probabilities": pa.Column(object),  # of all classes, in the task's order
    },
    name="predictions of classes",
    strict=True,
    coerce=True,
)

# One row for each epoch of each network; `task` names both where a network does both.
CLASS_HISTORY = pa.DataFrameSchema(
    {
        **_TRAINING,
        "epoch": pa.Column(int),
        "seconds": pa.Column(float),  # of the part that trains
        "waited_seconds": pa.Column(float),  # of these, for what it is trained on
        "on": pa.Column(str),  # what computed
        "training": pa.Column(float),  # loss
        "validation": pa.Column(float, nullable=True),
        "validation_seconds": pa.Column(float, nullable=True),
    },
    name="history of classifiers",
    strict=True,
    coerce=True,
)

# One row for each training and task.
CLASS_SCORES = pa.DataFrameSchema(
    {
        **_TRAINING,
        "clips": pa.Column(int),
        "accuracy": pa.Column(float, pa.Check.in_range(0, 1)),
        "calibration_error": pa.Column(float, pa.Check.in_range(0, 1)),
    },
    name="scores of classifiers",
    strict=True,
    coerce=True,
)
