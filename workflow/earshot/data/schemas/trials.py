"""What the search tried."""

import pandera.pandas as pa

from earshot.data.schemas.columns import angle

# One row for each listener of each trial; what stands for the whole trial is the same in all of its rows.
TRIALS = pa.DataFrameSchema(
    {
        "trial": pa.Column(int, pa.Check.ge(1)),
        "round": pa.Column(int, pa.Check.ge(1)),
        "window_samples": pa.Column(int),
        "hops_per_window": pa.Column(int),
        "level_spacing": pa.Column(str),
        "level_bands": pa.Column(int),
        "phase_spacing": pa.Column(str),
        "phase_bands": pa.Column(int),
        "layers": pa.Column(int),
        "width": pa.Column(int),
        "activation": pa.Column(str),
        "learning_rate": pa.Column(float, pa.Check.gt(0)),
        "schedule": pa.Column(str),
        "batch_size": pa.Column(int),
        "weight_decay": pa.Column(float),
        "multiply_adds": pa.Column(float, pa.Check.gt(0)),  # of one listener's features and training to its end
        "seconds": pa.Column(float, pa.Check.gt(0)),  # this trial's share of its round's
        "stopped_early": pa.Column(bool),  # by successive halving
        "diverged": pa.Column(bool),  # a loss was not finite
        "on_front": pa.Column(bool),  # of those that ran to their end none has less error at no more cost, or the like
        "winner": pa.Column(bool),
        "subject": pa.Column(str),
        "p95_deg": angle(0, 180),
        "epochs": pa.Column(int, pa.Check.ge(1)),
    },
    name="trials",
    strict=True,
    coerce=True,
)
