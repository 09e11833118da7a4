"""The configuration of study A: where a sound comes from."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from earshot.config_section import Name, Section, require_folder

Spacing = Literal["erb", "mel", "octave", "linear"]


class BandSettings(Section):
    """Adjacent frequency bands."""

    count: PositiveInt = Field(32, description="How many bands")
    spacing: Spacing = Field("erb", description="Scale on which they are equally wide")
    lowest_hz: float = Field(100, gt=0, description="Lower edge of the lowest band, Hz")
    highest_hz: float = Field(16000, gt=0, description="Upper edge of the highest band, Hz")

    @model_validator(mode="after")
    def _ordered(self) -> "BandSettings":
        if self.lowest_hz >= self.highest_hz:
            raise ValueError("lowest_hz must be below highest_hz")
        return self


class PhaseBands(BandSettings):
    """Bands of phase delays: fewer, and below the frequencies where a period is shorter than the delay between ears."""

    count: PositiveInt = Field(12, description="How many bands")
    highest_hz: float = Field(1500, gt=0, description="Upper edge of the highest band, Hz")


class Stimulus(Section):
    """The white noise that listeners hear."""

    duration_s: float = Field(0.5, gt=0.01, le=60, description="Length, seconds")
    repetitions: PositiveInt = Field(4, description="Draws of noise per direction")


class Features(Section):
    """What is compared between the ears."""

    window_samples: int = Field(1024, ge=64, description="Window of the short-time spectra, samples")
    hop_samples: PositiveInt = Field(256, description="Samples from one window to the next, at most half a window")
    level_bands: BandSettings = BandSettings()
    phase_bands: PhaseBands = PhaseBands()
    levels: Literal["difference", "each_ear"] = Field(
        "difference", description="Levels in bands: their difference between the ears, or those of each ear"
    )

    @model_validator(mode="after")
    def _overlapping(self) -> "Features":
        if self.hop_samples * 2 > self.window_samples:
            raise ValueError("hop_samples must be at most half of window_samples, or sound between windows is lost")
        return self


def _range(low: float, high: float, what: str) -> Any:
    """Return a field for a range: its lower and its upper end."""
    return Field((low, high), description=f"{what}: lowest and highest")


class SearchSpace(Section):
    """What the search may try. Limits of frequency and the stopping rule are those of `features` and `network`."""

    window_samples: tuple[Annotated[int, Field(ge=64)], ...] = Field(
        (256, 512, 1024, 2048), min_length=1, description="Windows of the short-time spectra, samples"
    )
    hops_per_window: tuple[Annotated[int, Field(ge=2, le=16)], ...] = Field(
        (2, 4), min_length=1, description="Hops that make up a window"
    )
    spacing: tuple[Spacing, ...] = Field(
        ("erb", "mel", "octave", "linear"), min_length=1, description="Scales on which bands are equally wide"
    )
    level_bands: tuple[PositiveInt, PositiveInt] = _range(8, 64, "Number of bands of level differences")
    phase_bands: tuple[PositiveInt, PositiveInt] = _range(4, 24, "Number of bands of phase delays")
    layers: tuple[PositiveInt, PositiveInt] = _range(1, 3, "Number of hidden layers")
    width: tuple[PositiveInt, ...] = Field((32, 64, 128, 256), min_length=1, description="Widths of hidden layers")
    activation: tuple[Literal["relu", "tanh"], ...] = Field(
        ("relu", "tanh"), min_length=1, description="Activations of the hidden layers"
    )
    learning_rate: tuple[PositiveFloat, PositiveFloat] = _range(3e-4, 2e-2, "Learning rate, on a logarithmic scale")
    schedule: tuple[Literal["constant", "cosine"], ...] = Field(
        ("constant", "cosine"), min_length=1, description="Course of the learning rate over the epochs"
    )
    batch_size: tuple[PositiveInt, ...] = Field((64, 128, 256, 512), min_length=1, description="Items per step")
    weight_decay: tuple[PositiveFloat, PositiveFloat] = _range(1e-3, 1, "Penalty on squared weights, logarithmic")

    @model_validator(mode="after")
    def _ordered(self) -> "SearchSpace":
        for name in ("level_bands", "phase_bands", "layers", "learning_rate", "weight_decay"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name}: the lowest comes first")
        if self.learning_rate[1] > 1:
            raise ValueError("learning_rate: at most 1")
        for name in ("window_samples", "hops_per_window", "spacing", "width", "activation", "schedule", "batch_size"):
            if len(set(choices := getattr(self, name))) < len(choices):
                raise ValueError(f"{name} names one twice")
        return self


class Search(Section):
    """The search for settings: trials on the people of `tuning_subjects`, of which the worst counts."""

    trials: PositiveInt = Field(375, description="Trials of the whole search; with more, a finished one goes on")
    trials_at_once: PositiveInt = Field(10, description="Trials that are asked for and trained together")
    arrangement: Literal["cohort", "mpi"] = Field(
        "cohort",
        description="Who trains: `cohort`, workers that each train all trials of a round at once; `mpi`, a head rank "
        "and a pool of ranks with a network each, where nobody stops early",
    )
    workers: PositiveInt = Field(
        1, description="Jobs that share the search as cohorts; the same trials come again with one alone"
    )
    ranks: PositiveInt = Field(30, description="Ranks of the pool that train, beside the head (`mpi`)")
    halving_epochs: tuple[PositiveInt, ...] = Field(
        (5, 10, 30),
        description="Epochs, rising, at which the trials of a round are ranked and the worse ones stop (`cohort`)",
    )
    halving_kept: float = Field(0.5, gt=0, le=1, description="Share of a round's trials that then goes on")
    winner_within_deg: float = Field(
        0.5, ge=0, description="The winner is the cheapest trial on the front whose error is this close to the smallest"
    )
    benchmark_trials: PositiveInt = Field(
        8, description="Trials that are run once more by the control, to compare the times"
    )
    space: SearchSpace = SearchSpace()

    @model_validator(mode="after")
    def _rising(self) -> "Search":
        if sorted(set(self.halving_epochs)) != list(self.halving_epochs):
            raise ValueError("halving_epochs must rise")
        return self

    @model_validator(mode="after")
    def _workers_of_cohorts(self) -> "Search":
        if self.arrangement == "mpi" and self.workers > 1:
            raise ValueError("workers: of `mpi` there is one job; set ranks instead")
        return self


class ModelBands(BandSettings):
    """Bands of levels for models that are not the study's: many."""

    count: PositiveInt = Field(64, description="How many bands")
    lowest_hz: float = Field(200, gt=0, description="Lower edge of the lowest band, Hz")


class ModelPhaseBands(PhaseBands):
    """Bands of phase delays for models that are not the study's: more, since models may know their period."""

    count: PositiveInt = Field(16, description="How many bands")
    lowest_hz: float = Field(200, gt=0, description="Lower edge of the lowest band, Hz")
    highest_hz: float = Field(2000, gt=0, description="Upper edge of the highest band, Hz")


class ModelFeatures(Features):
    """What is compared between the ears, for models that are not the study's."""

    level_bands: ModelBands = ModelBands()
    phase_bands: ModelPhaseBands = ModelPhaseBands()


class ModelStimulus(Stimulus):
    """The sounds that listeners hear: white noise as in the study, or others whose spectrum nobody tells."""

    sources: tuple[Literal["white", "coloured", "speech", "clips"], ...] = Field(
        ("white",), min_length=1, description="Kinds of sounds; each is drawn `repetitions` times from each direction"
    )
    signal_to_noise_db: float | None = Field(
        None, description="White noise at the ears, so many dB below the louder ear's signal; null is none"
    )

    @model_validator(mode="after")
    def _sources_once(self) -> "ModelStimulus":
        if len(set(self.sources)) < len(self.sources):
            raise ValueError("sources names one twice")
        return self


class Model(Section):
    """A localiser beside the study's networks: what it hears, by which features, and how it finds the direction."""

    method: Literal["templates", "nearest_template", "kernel_regression"] = Field(
        "templates", description="Interpolated templates, or a simple method to compare them with"
    )
    held: Literal["directions", "noise", "regions"] = Field(
        "directions", description="What is held out: directions, draws of noise at known ones, or gaps of 20 degrees"
    )
    stimulus: ModelStimulus = ModelStimulus()
    features: ModelFeatures = ModelFeatures()


class TemplateSettings(Section):
    """How templates are interpolated between directions."""

    lengths: tuple[PositiveFloat, ...] = Field(
        (0.25, 0.5, 1.0, 2.0),
        min_length=1,
        description="Lengths of the covariance over the sphere to choose from, radii",
    )
    noises: tuple[PositiveFloat, ...] = Field(
        (0.001, 0.01, 0.1),
        min_length=1,
        description="Shares of a template's variance to choose from that are not smooth",
    )
    candidates: PositiveInt = Field(10000, description="Directions over the sphere that a sound is compared with")


class Others(Section):
    """People whom a model was not made for: they hear through other ears, or are known by others' templates alone."""

    model: Name = Field("full", description="Whose templates: a model of `models` that hears white noise")
    folds: int = Field(5, ge=2, description="Folds of people; each is judged by the templates of all others")
    measured: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        (0, 5, 20, 100), min_length=1, description="Directions of a person that are measured"
    )
    candidates: PositiveInt = Field(2500, description="Directions over the sphere that a sound is compared with")
    bayesian_listener: bool = Field(
        False, description="Whether a published model of people points too (envs/requirements-listener.txt)"
    )


class Curves(Section):
    """Conditions that models with templates are tried under, one by one, down to where they break."""

    signal_to_noise_db: tuple[float, ...] = Field(
        (60, 40, 30, 20, 10, 0, -10), description="Noise at the ears, so many dB below the louder ear's signal"
    )
    duration_s: tuple[Annotated[float, Field(ge=0.0001, le=60)], ...] = Field(
        (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.002, 0.0005), description="Lengths of the sound, seconds"
    )


class Network(Section):
    """The network of one listener and how it is trained; names are scikit-learn's where it has them."""

    hidden_layers: tuple[PositiveInt, ...] = Field((128, 128), min_length=1, description="Width of each hidden layer")
    activation: Literal["relu", "tanh"] = Field("relu", description="Activation of the hidden layers")
    learning_rate: float = Field(3e-3, gt=0, le=1, description="Adam's learning rate")
    batch_size: PositiveInt = Field(256, description="Items per step")
    weight_decay: float = Field(0.05, ge=0, description="Penalty on squared weights (scikit-learn's alpha)")
    max_epochs: PositiveInt = Field(300, description="Epochs at most")
    patience_epochs: PositiveInt = Field(10, description="Stop after more epochs than these without improvement")
    tolerance: float = Field(1e-4, ge=0, description="What counts as an improvement of the training loss")
    schedule: Literal["constant", "cosine"] = Field(
        "constant", description="Course of the learning rate: constant, or half a cosine down to nothing at max_epochs"
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "bfloat16",
        description="Precision of the accelerated variant's large products of matrices; the rest is float32, "
        "and all of it where processor or GPU has no instructions for bfloat16",
    )


class Benchmark(Section):
    """How the speed of both implementations is measured."""

    repeats: int = Field(3, ge=3, description="Uninterrupted repeats of each measurement")
    control_subjects: PositiveInt = Field(
        6, description="People that the control is timed on; its time is scaled to all of them and marked as such"
    )


class Localisation(Section):
    """Study A: where a sound comes from, for one person's ears."""

    collection: Name = Field(
        "ita", description="Collection of HRTFs: one of config/sources.yaml, `synthetic`, or `folder` (your own)"
    )
    folder: Path | None = Field(None, description="For the collection `folder`: a folder of SOFA files, one a person")
    subjects: Literal["all"] | Annotated[tuple[Name, ...], Field(min_length=1)] = Field(
        "all", description="People to train, or `all`"
    )
    tuning_subjects: dict[Name, tuple[Name, ...]] = Field(
        {},
        description="By collection, people that settings were chosen on: trained and shown, but in no headline figure",
    )
    bad_subject: Literal["stop", "exclude"] = Field(
        "stop", description="What a damaged file does: stop the run, or leave the person out and report it"
    )
    sample_rate_hz: float | None = Field(None, gt=8000, description="Resample to this rate; null keeps the files'")
    threads: PositiveInt = Field(2, description="Threads of an accelerated job; rounding differs with their number")
    subjects_per_job: PositiveInt = Field(24, description="People that one job computes; 1 gives a job to each")
    variants: tuple[Literal["control", "accelerated"], ...] = Field(
        ("control", "accelerated"), min_length=1, description="Implementations to run"
    )
    held_out: float = Field(0.2, gt=0, lt=1, description="Share of the directions that is held out")
    stimulus: Stimulus = Stimulus()
    features: Features = Features()
    network: Network = Network()
    models: dict[Name, Model | None] = Field(
        {}, description="Localisers beside the study's networks, by names of yours; null leaves one out"
    )
    templates: TemplateSettings = TemplateSettings()
    others: Others = Others()
    curves: Curves = Curves()
    search: Search = Search()
    benchmark: Benchmark = Benchmark()

    @model_validator(mode="after")
    def _variants_once(self) -> "Localisation":
        if len(set(self.variants)) < len(self.variants):
            raise ValueError("variants names one twice")
        return self

    @model_validator(mode="after")
    def _names_of_models(self) -> "Localisation":
        for name in self.models:
            if name in ("control", "accelerated", "bayesian_listener") or name.startswith("winner"):
                raise ValueError(f"models: {name} is the name of one of the study's own variants")
        return self

    @model_validator(mode="after")
    def _tuning_subjects_once(self) -> "Localisation":
        for collection, names in self.tuning_subjects.items():
            if len(set(names)) < len(names):
                raise ValueError(f"tuning_subjects.{collection} names one twice")
        return self

    @model_validator(mode="after")
    def _has_folder(self) -> "Localisation":
        require_folder(self.collection, self.folder)
        return self
