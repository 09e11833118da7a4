"""Directions as unit vectors `(..., 3)`: x to the front, y to the left, z up. Angles are in degrees."""

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.floating]


def unit_vectors(azimuth_deg: NDArray[np.floating], elevation_deg: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return directions as `(..., 3)` for azimuths (90 is left) and elevations (90 is up)."""
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    level = np.cos(elevation)
    return np.stack([level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)], axis=-1)


def great_circle_deg(predicted: Vectors, true: Vectors) -> NDArray[np.float64]:
    """Return the angle between two directions, `(...)`: Sumner et al. (2022) judge a model by its 95th percentile.

    Computed as atan2 of cross and dot product, which is accurate for angles near 0 and 180 degrees too.
    """
    sine = np.linalg.norm(np.cross(predicted, true), axis=-1)
    cosine = (np.asarray(predicted, np.float64) * true).sum(-1)
    return np.degrees(np.arctan2(sine, cosine))
