"""The space that the search looks through."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from earshot.learn.candidate import Candidate
from earshot.learn.perceptron import Activation, Schedule, TrainingSettings
from earshot.signal.bands import Bands, Spacing
from earshot.signal.interaural import InterauralSettings


@dataclass(frozen=True)
class Space:
    """What may be tried: ranges of band and layer counts, learning rate and weight decay, and choices of the rest."""

    window_samples: tuple[int, ...]
    hops_per_window: tuple[int, ...]
    spacing: tuple[Spacing, ...]
    level_bands: tuple[int, int]
    phase_bands: tuple[int, int]
    level_range_hz: tuple[float, float]
    phase_range_hz: tuple[float, float]
    layers: tuple[int, int]
    width: tuple[int, ...]
    activation: tuple[Activation, ...]
    learning_rate: tuple[float, float]
    schedule: tuple[Schedule, ...]
    batch_size: tuple[int, ...]
    weight_decay: tuple[float, float]
    max_epochs: int
    patience_epochs: int
    tolerance: float

    @property
    def frames(self) -> list[tuple[int, int]]:
        """Windows and hops that may be tried, samples."""
        return [(window, window // hops) for window in self.window_samples for hops in self.hops_per_window]

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """What Optuna draws each parameter from."""
        return {
            "window_samples": CategoricalDistribution(self.window_samples),
            "hops_per_window": CategoricalDistribution(self.hops_per_window),
            "level_spacing": CategoricalDistribution(self.spacing),
            "level_bands": IntDistribution(*self.level_bands),
            "phase_spacing": CategoricalDistribution(self.spacing),
            "phase_bands": IntDistribution(*self.phase_bands),
            "layers": IntDistribution(*self.layers),
            "width": CategoricalDistribution(self.width),
            "activation": CategoricalDistribution(self.activation),
            "learning_rate": FloatDistribution(*self.learning_rate, log=True),
            "schedule": CategoricalDistribution(self.schedule),
            "batch_size": CategoricalDistribution(self.batch_size),
            "weight_decay": FloatDistribution(*self.weight_decay, log=True),
        }

    def candidate(self, drawn: Mapping[str, Any]) -> Candidate:
        """Return the settings that drawn parameters stand for."""
        window = drawn["window_samples"]
        return Candidate(
            InterauralSettings(
                window_samples=window,
                hop_samples=window // drawn["hops_per_window"],
                level_bands=Bands(drawn["level_bands"], drawn["level_spacing"], *self.level_range_hz),
                phase_bands=Bands(drawn["phase_bands"], drawn["phase_spacing"], *self.phase_range_hz),
            ),
            TrainingSettings(
                hidden_layers=(drawn["width"],) * drawn["layers"],
                activation=drawn["activation"],
                learning_rate=drawn["learning_rate"],
                batch_size=drawn["batch_size"],
                weight_decay=drawn["weight_decay"],
                max_epochs=self.max_epochs,
                patience_epochs=self.patience_epochs,
                tolerance=self.tolerance,
                schedule=drawn["schedule"],
            ),
        )


def search_space(settings: Mapping[str, Any]) -> Space:
    """Return the space that a configuration's sections `space`, `features` and `network` hold as plain values."""
    given: dict[str, Any] = {name: tuple(choices) for name, choices in settings["space"].items()}
    for ends in ("level", "phase"):
        bands = settings["features"][f"{ends}_bands"]
        given[f"{ends}_range_hz"] = (bands["lowest_hz"], bands["highest_hz"])
    known = {field.name for field in fields(Space)} - given.keys()
    return Space(**given, **{name: settings["network"][name] for name in known})
