"""How far a response that was predicted is from the one that is heard there, by what the ear tells apart.

Just noticeable differences are those of ISO 3382-1, table A.1.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earshot.rooms.acoustics import Measures, measures
from earshot.signal.octaves import CENTRES_HZ

EARLY_S = 0.05  # after the direct sound: what lies before divides clarity
NOTICED = {"t60_error": 0.05, "edt_error": 0.05, "c50_error_db": 1.0}  # shares, and dB


def compare(
    said: NDArray[np.floating], true: NDArray[np.floating], arrivals: NDArray[np.integer], rate_hz: float
) -> pd.DataFrame:
    """Return a row for each response of `(rows, samples)`: its measures, and how far those of `said` are from them.

    Errors of times are shares of the true time, of levels in dB. `early_nmse` is the energy of the difference of the
    waveforms until 50 ms after the direct sound, as a share of the true one's. `within_jnd` says whether T60, EDT and
    C50 are all within what is just noticeable. What a response has no measure of is not within it.
    """
    rows = measures_apart(
        *([measures(responses, rate_hz, arrivals, bands) for bands in (False, True)] for responses in (said, true))
    )
    return rows.assign(early_nmse=_early_nmse(said, true, arrivals, rate_hz))


def measures_apart(said: Sequence[Measures], true: Sequence[Measures]) -> pd.DataFrame:
    """Return the rows of `compare` without `early_nmse`, of measures of whole responses and of those by octave."""
    rows = _apart(said[0], true[0])
    of_bands = _apart(said[1], true[1])
    for measure, column in (("t60_s", "t60_error"), ("edt_s", "edt_error"), ("c50_db", "c50_error_db")):
        rows[f"said_{measure}"], rows[f"true_{measure}"] = said[0][measure], true[0][measure]
        rows |= {f"{column}_{round(centre)}": of_bands[column][:, place] for place, centre in enumerate(CENTRES_HZ)}
    rows["within_jnd"] = np.all([abs(rows[name]) <= least for name, least in NOTICED.items()], axis=0)
    return pd.DataFrame(rows)


def _apart(said: Measures, true: Measures) -> dict[str, NDArray[np.float64]]:
    with np.errstate(invalid="ignore"):
        return {
            "t60_error": said["t60_s"] / true["t60_s"] - 1,
            "edt_error": said["edt_s"] / true["edt_s"] - 1,
            "c50_error_db": said["c50_db"] - true["c50_db"],
            "drr_error_db": said["drr_db"] - true["drr_db"],
        }


def _early_nmse(
    said: NDArray[np.floating], true: NDArray[np.floating], arrivals: NDArray[np.integer], rate_hz: float
) -> NDArray[np.float64]:
    early = np.arange(true.shape[1]) < arrivals[:, None] + round(EARLY_S * rate_hz)
    apart, energy = (np.square(np.where(early, values, 0), dtype=np.float64).sum(1) for values in (said - true, true))
    return apart / energy


def medians(errors: pd.DataFrame) -> Mapping[str, float]:
    """Return the figures of a table of `compare`: medians over responses of absolute errors, and the share within.

    A response that has no such time where the true one has one is as far off as can be. A table without `early_nmse`
    has no figure of it.
    """

    def median(error: str, time: str) -> float:
        lacks = errors[f"said_{time}"].isna() & errors[f"true_{time}"].notna()
        return float(errors[error].abs().mask(lacks, np.inf).median())

    return {
        "t60_error_pct": 100 * median("t60_error", "t60_s"),
        "edt_error_pct": 100 * median("edt_error", "edt_s"),
        "c50_error_db": float(errors["c50_error_db"].abs().median()),
        "drr_error_db": float(errors["drr_error_db"].abs().median()),
        "within_jnd": float(errors["within_jnd"].mean()),
    } | ({"early_nmse": float(errors["early_nmse"].median())} if "early_nmse" in errors else {})
