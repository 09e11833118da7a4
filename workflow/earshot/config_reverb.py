"""The configuration of study D, its second half: models that say how a room sounds."""

from math import exp, log
from pathlib import Path
from random import Random
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from earshot.config_section import Name, Section, SofaFile

SIMULATION = "simulation"  # in tables of measured rooms, a row beside models
_HEAD = ("operator", "perceptron", "expected")  # kinds that may head the report: their images are computed
_LEARN = ("operator", "perceptron", "waveform_operator", "waveform_recurrent")


class ReverbModel(Section):
    """A model of reverberation, and how it is trained."""

    kind: Literal[
        "operator", "perceptron", "waveform_operator", "waveform_recurrent", "expected", "nearest", "sabine", "eyring"
    ] = Field(
        "operator",
        description="Images first, then noise whose energy over time in each octave a Fourier neural operator says, "
        "or a perceptron, or nobody: as expected of such a room; study D's networks of whole waveforms, an operator "
        "and a recurrent one; the response of the nearest room that is known; or noise that decays by Sabine's or "
        "Eyring's formula",
    )
    images: PositiveInt = Field(10_000, description="Image sources of a receiver that are computed, the first ones")
    width: PositiveInt = Field(32, description="Channels of an operator, or units of a layer")
    layers: PositiveInt = Field(4, description="Layers")
    modes: PositiveInt = Field(16, description="Frequencies over time that an operator computes with")
    rank: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Share of an operator's weights that Tucker's factors have; null leaves them whole",
    )
    epochs: PositiveInt = Field(60, description="Epochs at most")
    batch_size: PositiveInt = Field(64, description="Responses per step")
    learning_rate: float = Field(4e-3, gt=0, le=1, description="Adam's learning rate, the highest of its course")
    weight_decay: float = Field(1e-4, ge=0, description="Decoupled decay of weights (AdamW)")
    schedule: Literal["constant", "cosine"] = Field(
        "cosine",
        description="Course of the learning rate: constant, or up over a tenth of the steps and down to nothing",
    )
    largest_gradient: float | None = Field(
        1.0, gt=0, description="Norm that gradients are scaled down to where it is larger; null leaves them"
    )
    patience_epochs: PositiveInt | None = Field(
        20,
        description="Stop after so many epochs without a lower loss of the fold that validates; null trains to the end",
    )
    trainings: PositiveInt | None = Field(None, description="How often it is trained; null as often as all others")
    most_rooms: PositiveInt | None = Field(
        None, description="Learn from so many rooms at most, the first; null from all"
    )

    @property
    def learns(self) -> bool:
        """Whether there is anything to train."""
        return self.kind in _LEARN


class MeasuredResponses(Section):
    """Responses that were measured in a room, which a file holds, and what it does not say."""

    file: SofaFile = Field(description="SOFA file, read as one of head-related responses: sources around a head")
    dimensions_m: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = Field(description="The room's dimensions, m")
    listener_m: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = Field(
        description="Where the head's middle is, m from the corner that dimensions begin in"
    )
    facing_deg: float = Field(0, description="Where the head looks, degrees: 0 along the first dimension")
    clockwise: bool = Field(False, description="Whether the file's azimuths run clockwise, against the convention")

    @model_validator(mode="after")
    def _inside(self) -> "MeasuredResponses":
        if any(place >= length for place, length in zip(self.listener_m, self.dimensions_m, strict=True)):
            raise ValueError("listener_m: the head has to be within dimensions_m")
        return self


class SpeedOfReverb(Section):
    """How fast the headline model gives rooms their responses."""

    batches: tuple[PositiveInt, ...] = Field((1, 8, 64, 256, 1024), min_length=1, description="Sizes of batches")
    t60_s: float = Field(0.6, gt=0, description="Reverberation time of the rooms, s")
    plain_rooms: PositiveInt = Field(8, description="Rooms that all images and the plain loop are timed by, the first")
    repeats: int = Field(3, ge=3, description="Uninterrupted repeats of each")
    cores: PositiveInt = Field(
        8,
        description="Cores of the job on a cluster; on one machine all of the run's. An edit measures nothing again",
    )


class SearchOfReverb(Section):
    """A search for an operator's settings: trials at random, each a training of its own, whose network is kept."""

    trials: PositiveInt = Field(20, description="How many trials; more of them change none of those before")
    epochs: PositiveInt = Field(20, description="Epochs of a trial")
    modes: tuple[PositiveInt, ...] = Field((8, 16, 32), min_length=1, description="Frequencies to choose from")
    widths: tuple[PositiveInt, ...] = Field((16, 32, 48), min_length=1, description="Widths to choose from")
    layers: tuple[PositiveInt, ...] = Field((2, 4), min_length=1, description="Numbers of layers to choose from")
    ranks: tuple[float | None, ...] = Field(
        (None, 0.1, 0.3),
        min_length=1,
        description="Ranks of Tucker's factors to choose from; null leaves weights whole",
    )
    batch_sizes: tuple[PositiveInt, ...] = Field((32, 64, 128), min_length=1, description="Sizes to choose from")
    learning_rate: tuple[float, float] = Field(
        (1e-3, 1e-2), description="Adam's learning rate: lowest and highest, evenly by its logarithm"
    )

    @model_validator(mode="after")
    def _ordered(self) -> "SearchOfReverb":
        if not 0 < self.learning_rate[0] <= self.learning_rate[1]:
            raise ValueError("learning_rate: two values above 0, and the lowest comes first")
        return self

    def drawn(self, seed: int) -> dict[str, ReverbModel]:
        """Return the model of each trial, by a name: a trial's is its own, whatever the others are."""
        found = {}
        for trial in range(1, self.trials + 1):
            name = f"trial{trial:03d}"
            draw = Random(f"{seed} {name}")
            low, high = map(log, self.learning_rate)
            found[name] = ReverbModel(
                modes=draw.choice(self.modes),
                width=draw.choice(self.widths),
                layers=draw.choice(self.layers),
                rank=draw.choice(self.ranks),
                batch_size=draw.choice(self.batch_sizes),
                learning_rate=float(f"{exp(draw.uniform(low, high)):.3g}"),
                epochs=self.epochs,
                patience_epochs=None,
            )
        return found


class Reverb(Section):
    """Models that say how a room sounds, learnt from `rooms`."""

    headline: Name | None = Field(
        None,
        description="Model whose errors head the report, one with images; null, or one left out, takes the last",
    )
    frame_s: float = Field(0.01, gt=0, le=0.05, description="Frames in which energy is told, seconds")
    trainings: PositiveInt = Field(
        3, description="Times that each model is trained, each with another fold that validates, and draws of its own"
    )
    threads: PositiveInt = Field(1, description="Threads of a training; rounding differs with their number")
    models: dict[Name, ReverbModel | None] = Field({}, description="Models, by names of yours; null leaves one out")

    clips: dict[Name, Path] = Field(
        {}, description="Recordings to hear in a room, by names of yours; without one, a strummed chord that is made up"
    )
    measured: dict[Name, MeasuredResponses | None] = Field(
        {}, description="Measured rooms that models are judged by, by names of yours; null leaves one out"
    )
    search: SearchOfReverb = SearchOfReverb()
    benchmark: SpeedOfReverb = SpeedOfReverb()

    @property
    def kept(self) -> dict[str, ReverbModel]:
        """The models that are not left out."""
        return {name: model for name, model in self.models.items() if model}

    @property
    def heading(self) -> str:
        """The one of them whose errors head the report."""
        kept = [name for name, model in self.kept.items() if model.kind in _HEAD]
        return self.headline if self.headline and self.headline in kept else kept[-1]

    @model_validator(mode="after")
    def _headline_is_known(self) -> "Reverb":
        if self.headline and self.headline not in self.models:
            known = ", ".join(self.models) or "there are none"
            raise ValueError(f"headline: {self.headline} is none of the models ({known})")
        if SIMULATION in self.models:
            raise ValueError(f"models: {SIMULATION} is the name of what models learn from; take another")
        named = self.kept.get(self.headline or "")
        if named and named.kind not in _HEAD:
            raise ValueError(f"headline: {self.headline} is {named.kind}; what heads the report is {', '.join(_HEAD)}")
        if self.kept and not any(model.kind in _HEAD for model in self.kept.values()):
            raise ValueError(f"models: one of them has to be of a kind that can head the report: {', '.join(_HEAD)}")
        return self
