"""What the benchmark of rooms hands on: one row for each repeat."""

import pandera.pandas as pa

ROOM_TIMES = pa.DataFrameSchema(
    {
        "implementation": pa.Column(str, pa.Check.isin(["earshot", "plain"])),
        "repeat": pa.Column(int, pa.Check.ge(1)),
        "seconds": pa.Column(float, pa.Check.gt(0)),
        "rooms": pa.Column(int, pa.Check.gt(0)),
        "responses": pa.Column(int, pa.Check.gt(0)),
        "t60_s": pa.Column(float, pa.Check.gt(0)),  # the median over responses
        "t60_apart": pa.Column(float, pa.Check.ge(0)),  # of both implementations, of a response: the median
        "device": pa.Column(str, pa.Check.isin(["cpu", "cuda"])),  # ours computed on it, the plain loop on the cores
        "machine": pa.Column(str),  # JSON: what `earshot.hardware` says of it
        "cores": pa.Column(int),
    },
    name="times of rooms",
    strict=True,
    coerce=True,
)
