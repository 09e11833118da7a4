"""What a person would point at: the Bayesian listener of Barumerli et al. (2023), by its authors' package.

It hears time and level differences and both ears' spectra, with the noise that senses have; compares them with
templates over the sphere; expects sources near the horizon; and points with a hand that is not steady. It says how well
people do, and is no attempt to do as well as can be. The package is optional (`envs/requirements-listener.txt`).
"""

from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
import sofar
from numpy.typing import NDArray

from earshot.data.listeners import feature_index, left_out
from earshot.data.sofa import HrirSet
from earshot.errors import ConfigError
from earshot.learn.localiser import Outcome, answered
from earshot.learn.split import Split
from earshot.progress import progress
from earshot.seeds import generator


def point(
    listeners: Sequence[HrirSet], excluded: Mapping[str, str], split: Split, repetitions: int, seed: int
) -> Outcome:
    """Let each listener point at the directions that are held out, so many times, with templates of all others.

    Noise and prior are the package's: those of the average person in Barumerli et al. (2023). Who is `excluded` has a
    row with the reason. Raises ConfigError where the package is not installed.
    """
    answers = []
    for listener in progress(listeners, "pointing listeners"):
        judged = split.judged(feature_index(listener, 1))
        index = feature_index(listener, repetitions)
        draws = generator(seed, "bayesian listener", listener.subject)
        said = _point(listener, judged, repetitions, int(draws.integers(2**31)))
        answers.append(answered(index[np.repeat(judged, repetitions)], said.reshape(-1, 3)))
    rest = left_out(excluded)
    return Outcome({}, rest[["subject", "excluded"]], pd.concat([*answers, rest]))


def _point(listener: HrirSet, judged: NDArray[np.bool_], repetitions: int, seed: int) -> NDArray[np.float64]:
    """Return where one listener points, `(held-out measurements, repetitions, 3)`."""
    knows, hears = _model(listener, ~judged), _model(listener, judged)
    with redirect_stdout(StringIO()):  # it says which orders of spherical harmonics it takes
        for model in (knows, hears):
            # Their own references are responses of different directions, and shift both by different levels.
            model.compute_target(reference="none", use_cache=False)
        knows.compute_template(use_cache=False)
        said: NDArray[np.float64] = knows.localise(hears.target, repetitions=repetitions, seed=seed).cartesian
    return said


def _model(listener: HrirSet, measurements: NDArray[np.bool_]) -> Any:
    """Return the package's model of a listener who has these measurements."""
    try:
        from bayesian_listener import BayesianListener  # noqa: PLC0415  # optional
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f"config key localisation.others.bayesian_listener: {missing.name} is not installed. Install it "
            "(pip install -r envs/requirements-listener.txt), or set the key to false."
        ) from missing
    responses = sofar.Sofa("SimpleFreeFieldHRIR")
    responses.Data_IR = listener.hrirs[measurements]
    responses.Data_SamplingRate = listener.rate_hz
    places = np.stack([listener.azimuth_deg, listener.elevation_deg, listener.distance_m], 1)
    responses.SourcePosition = places[measurements]
    return BayesianListener(responses)
