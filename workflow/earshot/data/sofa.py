"""Head-related impulse responses (HRIRs) and the SOFA files that hold them (AES69)."""

import logging
import re
import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import sofar
import soxr
from numpy.typing import NDArray
from scipy.spatial import KDTree

from earshot.directions import unit_vectors
from earshot.errors import DataError
from earshot.files import replacing

CONVENTION = "SimpleFreeFieldHRIR"
UNITS = {"spherical": ["degree", "degree", "metre"], "cartesian": ["metre", "metre", "metre"]}
COINCIDENT_DEG = 0.01  # positions nearer than this are one direction
SILENT_DB = -120.0  # below the loudest response: nothing was measured
FAINT_DB = -60.0  # the shadow of a head stays above -45 dB in the ARI and ITA collections
PADDING = 1e-12  # of the largest sample: what rounding leaves of a zero in a file that was processed
RINGING_TAPS = 64  # kept on both sides of a response that is delayed by a fraction of a sample
KNOWN_WARNINGS = "Detected preliminary|.* contains missing data"  # versions below 1.0 are read; gaps are refused

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class HrirSet:
    """The head-related impulse responses of one person."""

    subject: str
    hrirs: NDArray[np.float64]  # (measurements, ears, taps), ear 0 is the left one
    rate_hz: float
    azimuth_deg: NDArray[np.float64]  # (measurements,), 0 = front, 90 = left, in [0, 360)
    elevation_deg: NDArray[np.float64]  # (measurements,), -90 = below, 90 = above
    distance_m: NDArray[np.float64]  # (measurements,)

    @property
    def unit_vectors(self) -> NDArray[np.float64]:
        """Directions as `(measurements, 3)`: x to the front, y to the left, z up."""
        return unit_vectors(self.azimuth_deg, self.elevation_deg)

    @property
    def in_a_mirror(self) -> "HrirSet":
        """The same person with left and right exchanged."""
        return replace(self, hrirs=self.hrirs[:, ::-1].copy(), azimuth_deg=-self.azimuth_deg % 360)

    @cached_property
    def directions(self) -> NDArray[np.str_]:
        """An id like `az030.00_el-10.00` for each measurement, equal where positions coincide: `(measurements,)`.

        Positions within 0.01 degrees on the sphere coincide, at any distance; at a pole the azimuth does not count.
        They share the first of their names in the alphabet, so that the order of measurements does not matter.
        """
        # Rounded to 1e-6 first, 1.875 and its neighbours of 1e-14 fall on the same side of the hundredth.
        azimuth = np.round(np.round(self.azimuth_deg, 6), 2) % 360
        elevation = np.round(np.round(self.elevation_deg, 6), 2) + 0.0  # no negative zero
        pole = np.abs(self.elevation_deg) > 90 - COINCIDENT_DEG
        azimuth, elevation = np.where(pole, 0.0, azimuth), np.where(pole, np.copysign(90, elevation), elevation)
        names = [f"az{a:06.2f}_el{e:+06.2f}" for a, e in zip(azimuth, elevation, strict=True)]
        near = KDTree(self.unit_vectors).query_ball_point(self.unit_vectors, np.radians(COINCIDENT_DEG))
        return np.array([min(names[index] for index in indices) for indices in near])

    @property
    def ear_contrast_db(self) -> float:
        """Mean level in dB by which the ear on the source's side is louder, weighted by how far aside the source is.

        11 to 17 in the ARI and ITA collections, about 0 where both channels hold the same ear, negative where ears
        (or left and right azimuths) are exchanged. NaN when no source stands aside by 30 degrees.
        """
        aside = self.unit_vectors[:, 1]
        left, right = _levels_db(self.hrirs).T
        return float(aside @ (left - right) / np.abs(aside).sum()) if np.abs(aside).max() >= 0.5 else float("nan")

    @property
    def doubts(self) -> tuple[str, ...]:
        """What looks wrong but is no proof of a fault, a sentence each: ears that hardly differ, faint measurements."""
        levels = _levels_db(self.hrirs).min(axis=1)
        faint = ", ".join(self.directions[levels < FAINT_DB])
        found = {
            f"the ears hardly differ ({self.ear_contrast_db:.1f} dB at the sides)": abs(self.ear_contrast_db) < 3,
            f"more than {-FAINT_DB:.0f} dB below the loudest response, as if not measured: {faint}": bool(faint),
        }
        return tuple(doubt for doubt, holds in found.items() if holds)


def read_hrirs(
    path: Path | str, *, subject: str | None = None, rate_hz: float | None = None, clockwise: bool = False
) -> HrirSet:
    """Read a SOFA file of the convention SimpleFreeFieldHRIR, preliminary versions included.

    Delays stored beside the responses are applied; padding at the end of all responses is dropped. The person's name
    is `subject`, else the file's ListenerShortName, else the file's name. With `rate_hz` the responses are resampled,
    and scaled so that the frequency response stays. `clockwise` is for a file whose azimuths run so, against the
    convention. Doubts are logged.

    Raises `DataError` when the file is missing, damaged, of another convention or unit, not of two ears, lacks a
    variable, or holds values that are not finite, silence, exchanged ears, or one response at several directions.
    """
    path = Path(path)
    try:
        hrirs = _read(path, subject, clockwise)
    except DataError as fault:
        raise DataError(f"{path}: {fault}") from fault.__cause__
    for doubt in hrirs.doubts:
        log.info("%s: %s", path, doubt)  # tables and the report show it; on the terminal each job would
    if rate_hz is None or rate_hz == hrirs.rate_hz:
        return hrirs
    channels = np.ascontiguousarray(hrirs.hrirs.reshape(-1, hrirs.hrirs.shape[-1]).T)
    # A frequency response is a sum over samples: with more of them, each must be smaller.
    channels = soxr.resample(channels, hrirs.rate_hz, rate_hz, quality="HQ").T * (hrirs.rate_hz / rate_hz)
    return replace(hrirs, hrirs=np.ascontiguousarray(channels).reshape(len(hrirs.hrirs), 2, -1), rate_hz=float(rate_hz))


def write_hrirs(path: Path | str, hrirs: HrirSet, **metadata: str) -> None:
    """Write a SOFA file, SimpleFreeFieldHRIR 1.0, that holds the same bytes whenever it is written.

    `metadata` are global attributes by their SOFA names (Title, DatabaseName, License, ...); dates are the epoch
    unless given. Raises `DataError` when the name does not end in `.sofa`.
    """
    path = Path(path)
    _require(path.suffix == ".sofa", f"{path}: the name of a SOFA file ends in .sofa; choose such a name")
    sofa = sofar.Sofa(CONVENTION, version="1.0")
    sofa.Data_IR, sofa.Data_SamplingRate, sofa.Data_Delay = hrirs.hrirs, float(hrirs.rate_hz), np.zeros((1, 2))
    sofa.SourcePosition = np.stack([hrirs.azimuth_deg, hrirs.elevation_deg, hrirs.distance_m], axis=-1)
    sofa.SourcePosition_Type, sofa.SourcePosition_Units = "spherical", ", ".join(UNITS["spherical"])
    constant = dict.fromkeys(["DateCreated", "DateModified"], "1970-01-01 00:00:00")
    constant |= {"ApplicationName": "Earshot", "ApplicationVersion": "", "ListenerShortName": hrirs.subject}
    for name, value in (constant | metadata).items():
        write = setattr if hasattr(sofa, f"GLOBAL_{name}") else sofar.Sofa.add_attribute
        write(sofa, f"GLOBAL_{name}", value)
    with replacing(path) as temporary:
        sofar.write_sofa(str(temporary), sofa)


def _require(holds: bool | np.bool, fault: str) -> None:
    if not holds:
        raise DataError(fault)


def _read(path: Path, subject: str | None, clockwise: bool) -> HrirSet:
    sofa = _open(path)
    responses = _values(sofa, "Data.IR")
    binaural = responses.size > 0 and responses.ndim == 3 and responses.shape[1] == 2
    _require(binaural, f"Data.IR is {responses.shape}; (measurements, 2 receivers, taps) is needed")
    rate, unit = _values(sofa, "Data.SamplingRate").ravel(), str(getattr(sofa, "Data_SamplingRate_Units", None))
    hertz = unit.lower() == "hertz" and len(rate) == 1 and rate[0] > 0
    _require(hertz, f"Data.SamplingRate is {rate[:3]} in {unit}; one positive rate in hertz is needed")
    azimuth, elevation, distance = _positions(sofa, "SourcePosition")
    azimuth = -azimuth % 360 if clockwise else azimuth
    placed = len(distance) == len(responses) and distance.min() > 0
    _require(placed, f"SourcePosition needs {len(responses)} positions, none of them the origin; correct it")
    _require_resting_listener(sofa)
    silent = np.argwhere((_levels_db(responses) < SILENT_DB) | ~responses.any(axis=2))[:, 0]
    count = f"{len(set(silent))} of {len(responses)} measurements are silent (first: {silent[:1]})"
    _require(len(silent) == 0, f"{count}; leave them out of the file or retrieve it again")
    delay = np.atleast_2d(_values(sofa, "Data.Delay")) if hasattr(sofa, "Data_Delay") else np.zeros((1, 2))
    fits = delay.shape in {(1, 2), (len(responses), 2)} and delay.min() >= 0
    _require(fits, f"Data.Delay is {delay.shape} from {delay.min():g}; (1 or measurements, 2) from 0 is needed")
    used = np.flatnonzero(np.abs(responses).max(axis=(0, 1)) > PADDING * np.abs(responses).max())[-1] + 1
    responses = _delayed(responses[..., :used], delay)[:, _ear_order(sofa)]
    name = subject or getattr(sofa, "GLOBAL_ListenerShortName", "") or path.stem
    hrirs = HrirSet(name, responses, float(rate[0]), azimuth, elevation, distance)
    exchanged = hrirs.ear_contrast_db < -3
    _require(not exchanged, "the ear away from the source is louder; correct the order of ears or mirror the azimuths")
    seen: dict[bytes, str] = {}
    for response, direction in zip(hrirs.hrirs, hrirs.directions, strict=True):
        other = seen.setdefault(response.tobytes(), direction)
        _require(other == direction, f"{other} and {direction} hold the same response; retrieve the file again")
    return hrirs


def _open(path: Path) -> sofar.Sofa:
    named = path.is_file() and path.suffix == ".sofa"  # for another suffix sofar would look for another file
    _require(named, "there is no such SOFA file; correct the path (it ends in .sofa) or retrieve the file")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", KNOWN_WARNINGS)
        try:
            # sofar's own verification refuses good responses for a missing remark; what matters is checked here.
            sofa = sofar.read_sofa(str(path), verify=False, verbose=False)
        except Exception as fault:  # netCDF4 and sofar raise errors of many kinds
            raise DataError(f"not readable as SOFA ({fault}); damaged or of another kind: retrieve it again") from fault
    found = sofa.GLOBAL_SOFAConventions
    log.debug("%s: %s %s", path, found, sofa.GLOBAL_SOFAConventionsVersion)
    _require(found == CONVENTION, f"its convention is {found}; give a file of {CONVENTION}")
    return sofa


def _values(sofa: sofar.Sofa, name: str) -> NDArray[np.float64]:
    stored = getattr(sofa, name.replace(".", "_"), None)
    _require(np.asarray(stored).dtype.kind in "fiu", f"{name} is missing or holds no numbers; retrieve the file again")
    values = np.atleast_1d(np.ma.filled(np.ma.asarray(stored, np.float64), np.nan))
    wrong = np.argwhere(~np.isfinite(values))
    _require(len(wrong) == 0, f"{name} has {len(wrong)} NaN or infinite values (first: {wrong[:1]}); retrieve it again")
    return values


def _positions(sofa: sofar.Sofa, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Azimuth in [0, 360) degrees, elevation in degrees and distance in metres, each `(positions,)`."""
    values = _values(sofa, name)
    kind, units = (str(getattr(sofa, f"{name}_{part}", None)) for part in ("Type", "Units"))
    words = [word.removesuffix("s").replace("meter", "metre") for word in re.split(r"[,\s]+", units.lower().strip())]
    known = UNITS.get(kind) == (words * 3 if len(words) == 1 else words)
    _require(known, f"{name} is {kind} in {units}; give spherical in degree, degree, metre or cartesian in metre")
    _require(values.ndim > 1 and values.shape[1] == 3, f"{name} is {values.shape}; (positions, 3) is needed")
    azimuth, elevation, distance = values.reshape(len(values), 3, -1)[..., 0].T
    if kind == "cartesian":
        x, y, z = azimuth, elevation, distance
        azimuth, elevation = np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))
        distance = np.sqrt(x**2 + y**2 + z**2)
    _require(np.all(np.abs(elevation) <= 90), f"{name} has elevations beyond 90 degrees; correct them")
    return azimuth % 360 % 360, elevation, distance  # twice, since -1e-17 % 360 is 360


def _require_resting_listener(sofa: sofar.Sofa) -> None:
    # Directions are read from SourcePosition alone, which is right for a listener in the origin who faces +x.
    moved = hasattr(sofa, "ListenerPosition") and _positions(sofa, "ListenerPosition")[2].max() > 1e-6
    azimuth, elevation, _ = _positions(sofa, "ListenerView") if hasattr(sofa, "ListenerView") else np.zeros((3, 1))
    turned = not np.allclose(np.cos(np.radians(azimuth)) * np.cos(np.radians(elevation)), 1)
    _require(not moved and not turned, "the listener is moved or turned; convert to one in the origin who faces +x")


def _ear_order(sofa: sofar.Sofa) -> list[int]:
    """Receivers as left, right.

    From version 1.0 on the left ear is the receiver with the greater y, or the first one where they are equal (newer
    ARI files put both in the origin). Before, it is the first: older ARI files call it the left ear, and level and
    onset for sources at the sides prove it, but they put it at y = -0.09 m, which is to the right.
    """
    if str(sofa.GLOBAL_SOFAConventionsVersion).startswith("0.") or not hasattr(sofa, "ReceiverPosition"):
        return [0, 1]
    azimuth, elevation, distance = _positions(sofa, "ReceiverPosition")
    _require(len(distance) == 2, f"ReceiverPosition has {len(distance)} receivers; 2 are needed")
    first, second = distance * np.cos(np.radians(elevation)) * np.sin(np.radians(azimuth))
    return [1, 0] if second > first + 1e-6 else [0, 1]


def _levels_db(responses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy of each response relative to the loudest one in dB: `(measurements, ears)`."""
    energy = np.maximum(np.einsum("met,met->me", responses, responses), np.finfo(np.float64).tiny)
    return np.asarray(10 * np.log10(energy / energy.max()))


def _delayed(responses: NDArray[np.float64], delay: NDArray[np.float64]) -> NDArray[np.float64]:
    """Delay responses by samples, `(1 or measurements, 2)`, with a linear phase, and lengthen them as needed."""
    if not delay.any():
        return responses
    ringing = RINGING_TAPS if (delay % 1).any() else 0  # of the band limit, before the onset and after the end
    taps = responses.shape[-1] + int(delay.max()) + ringing
    size = taps + ringing  # what rings before the first sample comes out at the end, and is cut off
    turns = np.fft.rfftfreq(size) * delay[..., np.newaxis]
    return np.fft.irfft(np.fft.rfft(responses, size) * np.exp(-2j * np.pi * turns), size)[..., :taps]
