"""What shards of rooms are indexed by: a row for each impulse response."""

import pandera.pandas as pa

MEASURES = ("t60_s", "edt_s", "c50_db", "d50", "drr_db")
BANDS_HZ = (125, 250, 500, 1000, 2000, 4000)
_POSITIVE = pa.Check.gt(0)
_PLACES = [f"{what}_{axis}_m" for what in ("source", "receiver") for axis in "xyz"]
_MEASURED = {
    **{name: pa.Column(float, nullable=True) for name in MEASURES},
    **{f"{name}_{band}": pa.Column(float, nullable=True) for name in MEASURES for band in BANDS_HZ},
}

ROOM_INDEX = pa.DataFrameSchema(
    {
        "room": pa.Column(str),
        "receiver": pa.Column(int, pa.Check.ge(0)),
        "ear": pa.Column(str, pa.Check.isin(["", "left", "right"])),  # of a head; without one, a receiver has one row
        "facing_deg": pa.Column(float, pa.Check.in_range(0, 360), nullable=True),  # where it looks, from x towards y
        "fold": pa.Column(int, pa.Check.ge(0)),  # of training, from 1; 0 tests
        "draws": pa.Column(int, _POSITIVE),  # until the room was possible
        "length_m": pa.Column(float, _POSITIVE),
        "width_m": pa.Column(float, _POSITIVE),
        "height_m": pa.Column(float, _POSITIVE),
        "volume_m3": pa.Column(float, _POSITIVE),
        "absorption": pa.Column(float, pa.Check.in_range(0, 1)),  # the mean over area and bands
        "wanted_t60_s": pa.Column(float, _POSITIVE, nullable=True),
        "sabine_s": pa.Column(float, _POSITIVE),  # of this mean
        "eyring_s": pa.Column(float, _POSITIVE),
        **{place: pa.Column(float, pa.Check.ge(0)) for place in _PLACES},
        "distance_m": pa.Column(float, pa.Check.ge(0)),
        "arrival": pa.Column(int, pa.Check.ge(0)),  # of the direct sound, samples
        "exact_s": pa.Column(float, _POSITIVE),  # made of images until then, of noise after it
        "ends_s": pa.Column(float, _POSITIVE),  # inaudible after it
        **_MEASURED,
    },
    name="index of rooms",
    strict=True,
    coerce=True,
)

# A row for each response that was measured in a room.
MEASURED_INDEX = pa.DataFrameSchema(
    {
        "room": pa.Column(str),  # name of its place, and the measurement's number
        "ear": pa.Column(str, pa.Check.isin(["left", "right"])),
        "distance_m": pa.Column(float, _POSITIVE),
        "arrival": pa.Column(int, pa.Check.ge(0)),  # of the direct sound, samples
        **_MEASURED,
    },
    name="responses of a measured room",
    strict=True,
    coerce=True,
)
