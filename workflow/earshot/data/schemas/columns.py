"""Columns that tables of several stages have.

Each stage's tables have a module of their own here, so that a column more in one of them makes no other stage stale.
Every table of listeners holds a row for each that was left out, with the reason in `excluded` and nothing else.
"""

import pandera.pandas as pa


def angle(low: float, high: float) -> pa.Column:
    """Return a column of angles in degrees."""
    return pa.Column(float, pa.Check.in_range(low, high), nullable=True)


LISTENER = {
    "subject": pa.Column(str),
    "excluded": pa.Column(str, nullable=True),  # why the listener was left out; empty for those who were not
}
ITEM = {
    "direction": pa.Column(str, nullable=True),
    "azimuth_deg": angle(0, 360),
    "elevation_deg": angle(-90, 90),
    "repetition": pa.Column("Int64", nullable=True),
}
