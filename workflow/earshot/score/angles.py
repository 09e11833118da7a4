"""Errors of localisation, each with the source of its definition.

Directions are unit vectors as `earshot.directions` has them. Angles are in degrees.
"""

import numpy as np
from numpy.typing import NDArray

from earshot.directions import Vectors, great_circle_deg

NEAR_MEDIAN_DEG = 30.0  # polar angles are judged this close to the median plane: beside it they lose their meaning
NEAR_FRONTAL_DEG = 15.0  # front and back are told apart this far from the plane between them


def lateral_deg(direction: Vectors) -> NDArray[np.float64]:
    """Return the angle from the median plane, positive to the left (Morimoto and Aokata 1984)."""
    return np.degrees(np.arcsin(np.clip(direction[..., 1], -1, 1)))


def polar_deg(direction: Vectors) -> NDArray[np.float64]:
    """Return the angle around the interaural axis: 0 front, 90 up, 180 back (Morimoto and Aokata 1984)."""
    return (np.degrees(np.arctan2(direction[..., 2], direction[..., 0])) + 90) % 360 - 90


def _polar_error(predicted: Vectors, true: Vectors) -> NDArray[np.float64]:
    """Return polar errors, -180 to 180, of the targets within 30 degrees of the median plane."""
    near = abs(lateral_deg(true)) <= NEAR_MEDIAN_DEG
    difference = polar_deg(predicted[near]) - polar_deg(true[near])
    return (difference + 180) % 360 - 180


def lateral_rms_deg(predicted: Vectors, true: Vectors) -> float:
    """Return the root mean square error of the lateral angle (Middlebrooks 1999)."""
    return _root_mean_square(lateral_deg(predicted) - lateral_deg(true))


def local_polar_rms_deg(predicted: Vectors, true: Vectors) -> float:
    """Return the root mean square of polar errors below 90 degrees, near the median plane (Middlebrooks 1999)."""
    error = _polar_error(predicted, true)
    return _root_mean_square(error[abs(error) < 90])


def quadrant_error(predicted: Vectors, true: Vectors) -> float:
    """Return the share of polar errors of 90 degrees or more, near the median plane (Middlebrooks 1999)."""
    return _mean(abs(_polar_error(predicted, true)) >= 90)


def front_back_error(predicted: Vectors, true: Vectors) -> float:
    """Return the share of answers on the wrong side of the frontal plane (after Wightman and Kistler 1989).

    Targets within 15 degrees of that plane are not counted: there a small error changes sides.
    """
    clear = abs(true[..., 0]) > np.sin(np.radians(NEAR_FRONTAL_DEG))
    return _mean(np.sign(predicted[clear][..., 0]) != np.sign(true[clear][..., 0]))


def p95_deg(predicted: Vectors, true: Vectors) -> float:
    """Return the 95th percentile of the great-circle error, by which Sumner et al. (2022) judge a model."""
    return float(np.percentile(great_circle_deg(predicted, true), 95))


def scores(predicted: Vectors, true: Vectors) -> dict[str, float]:
    """Return every measure of one listener's held-out answers, `(items, 3)` each, by the name that tables use."""
    error = great_circle_deg(predicted, true)
    return {
        "p95_deg": p95_deg(predicted, true),
        "median_deg": float(np.median(error)),
        "mean_deg": float(error.mean()),
        "lateral_rms_deg": lateral_rms_deg(predicted, true),
        "polar_rms_deg": local_polar_rms_deg(predicted, true),
        "front_back_error": front_back_error(predicted, true),
        "quadrant_error": quadrant_error(predicted, true),
    }


def _mean(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if values.size else float("nan")


def _root_mean_square(values: NDArray[np.float64]) -> float:
    return float(np.sqrt((values**2).mean())) if values.size else float("nan")
