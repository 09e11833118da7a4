"""What models of reverberation hand on: losses, errors, trials and times."""

import pandera.pandas as pa

from earshot.data.schemas.rooms import BANDS_HZ

_ERRORS = ("t60_error", "edt_error", "c50_error_db")
_TIMES = ("t60_s", "edt_s", "c50_db")
_TRAINING = {"model": pa.Column(str), "number": pa.Column(int, pa.Check.ge(1))}

# A row for each epoch of each training.
REVERB_HISTORY = pa.DataFrameSchema(
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
    name="history of models of reverberation",
    strict=True,
    coerce=True,
)

_MEASURES = {
    **{f"{which}_{measure}": pa.Column(float, nullable=True) for which in ("said", "true") for measure in _TIMES},
    **{error: pa.Column(float, nullable=True) for error in (*_ERRORS, "drr_error_db")},
    **{f"{error}_{band}": pa.Column(float, nullable=True) for error in _ERRORS for band in BANDS_HZ},
    "within_jnd": pa.Column(bool),
}

# A row for each response of the rooms that judge: errors of times are shares of the true ones.
REVERB_ERRORS = pa.DataFrameSchema(
    {
        **_TRAINING,
        "judges": pa.Column(str),  # the set of rooms
        "room": pa.Column(str),
        "receiver": pa.Column(int, pa.Check.ge(0)),
        "volume_m3": pa.Column(float),
        "distance_m": pa.Column(float),
        **_MEASURES,
        "early_nmse": pa.Column(float, pa.Check.ge(0)),
    },
    name="errors of models of reverberation",
    strict=True,
    coerce=True,
)

# A row for each model and each response that was measured in a room.
REVERB_MEASURED = pa.DataFrameSchema(
    {
        "measured": pa.Column(str),  # name of the file's place
        "model": pa.Column(str),  # or "simulation"
        "room": pa.Column(str),  # of one measurement
        "ear": pa.Column(str, pa.Check.isin(["left", "right"])),
        "volume_m3": pa.Column(float),
        "distance_m": pa.Column(float),
        **_MEASURES,
    },
    name="errors of models of reverberation by measured rooms",
    strict=True,
    coerce=True,
)

# A row for each trial of the search, the best first: losses of its last epoch, of rooms that train and that validate.
REVERB_TRIALS = pa.DataFrameSchema(
    {
        "trial": pa.Column(str),
        "modes": pa.Column(int),
        "width": pa.Column(int),
        "layers": pa.Column(int),
        "rank": pa.Column(float, nullable=True),
        "batch_size": pa.Column(int),
        "learning_rate": pa.Column(float),
        "training": pa.Column(float),
        "validation": pa.Column(float),
        "seconds": pa.Column(float),
        "network": pa.Column(str),  # its file
    },
    name="trials of models of reverberation",
    strict=True,
    coerce=True,
)

# A row for each repeat of each implementation: the model by batch, all images, and the plain loop.
REVERB_TIMES = pa.DataFrameSchema(
    {
        "implementation": pa.Column(str, pa.Check.isin(["model", "images", "plain"])),
        "batch": pa.Column(int, pa.Check.ge(1)),
        "repeat": pa.Column(int, pa.Check.ge(1)),
        "seconds": pa.Column(float, pa.Check.gt(0)),
        "responses": pa.Column(int, pa.Check.gt(0)),
        "device": pa.Column(str, pa.Check.isin(["cpu", "cuda"])),  # the plain loop is on the cores
        "machine": pa.Column(str),  # JSON: what `earshot.hardware` says of it
        "cores": pa.Column(int),
    },
    name="times of models of reverberation",
    strict=True,
    coerce=True,
)
