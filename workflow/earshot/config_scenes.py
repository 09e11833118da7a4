"""The configuration of study C: scenes in rooms, what learns from them, and what is run over them."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from earshot.config_clips import Chords, Mel
from earshot.config_rooms import Rooms
from earshot.config_section import Name, Section, SofaFile
from earshot.errors import ConfigError

Range = tuple[float, float]

_PLACES = 2  # that a room has for sources, at least
_FOLDS = 3  # that clips are in, at least


class BinauralSpectra(Section):
    """What localisers are given of two ears: levels and interaural differences over time, by band."""

    window_samples: int = Field(512, ge=64, description="Window of the short-time spectra, samples")
    hop_samples: PositiveInt = Field(256, description="Samples from one window to the next")
    bands: PositiveInt = Field(56, description="How many bands, equally wide on the scale of ERB")
    lowest_hz: float = Field(80, gt=0, description="Lower edge of the lowest band, Hz")
    highest_hz: float = Field(7800, gt=0, description="Upper edge of the highest band, Hz")

    @model_validator(mode="after")
    def _ordered(self) -> "BinauralSpectra":
        if self.lowest_hz >= self.highest_hz:
            raise ValueError("lowest_hz must be below highest_hz")
        return self


class Stream(Section):
    """The stream of scenes that networks learn from: each is made when it is wanted, and never stored."""

    scenes: PositiveInt = Field(32_000, description="Scenes that a network learns from")
    duration_s: float = Field(1.0, gt=0.1, le=10, description="Length of a scene, seconds")
    scenes_per_place: PositiveInt = Field(
        8, description="Scenes in succession that have room, head and places of sources in common, and nothing else"
    )
    scenes_per_piece: PositiveInt = Field(2000, description="Scenes after which a training can be stopped and gone on")
    shards_at_once: PositiveInt = Field(3, description="Shards of rooms that scenes are shuffled over")
    workers: int = Field(1, ge=0, description="Processes that make scenes beside a training; 0 makes them in between")
    batch_size: PositiveInt = Field(16, description="Scenes per step")


class SceneTraining(Section):
    """How a network learns from the stream."""

    learning_rate: float = Field(2e-3, gt=0, le=1, description="Adam's learning rate, the highest of its course")
    weight_decay: float = Field(1e-2, ge=0, description="Decoupled decay of weights (AdamW)")
    largest_gradient: float | None = Field(
        1.0, gt=0, description="Norm that gradients are scaled down to where it is larger; null leaves them"
    )
    times_each: PositiveInt = Field(
        1, description="Batches that a scene is in: more where a network learns faster than scenes are made"
    )
    dealt_over: PositiveInt | None = Field(
        None,
        description="Batches whose scenes are dealt out anew, beside those of other rooms; null: as many as times_each",
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="Precision of convolutions and products of matrices, where there are instructions for it"
    )


class SceneLocaliser(SceneTraining):
    """The network that hears where sources are, with anybody's ears."""

    # Neighbours of 300 are 11 degrees apart, about twice the spread of what is wanted: maps that are right are still 1
    # degree off in the median of two sources, those of 150 directions 8 degrees.
    directions: int = Field(642, ge=300, description="Directions of the map that it says, all over the sphere")
    width: PositiveInt = Field(256, description="Channels")
    dropped: float = Field(0.1, ge=0, lt=1, description="Share of a layer's values that are dropped")


class SceneSeparator(SceneTraining):
    """The network that tells two sources apart."""

    times_each: PositiveInt = Field(
        4, description="Batches that a scene is in: more where a network learns faster than scenes are made"
    )
    dealt_over: PositiveInt | None = Field(
        16,
        description="Batches whose scenes are dealt out anew, beside those of other rooms; null: as many as times_each",
    )
    window_samples: int = Field(1024, ge=64, multiple_of=2, description="Window of the short-time spectra, samples")
    bands: int = Field(64, ge=2, description="How many bands masks have, equally wide on the scale of ERB")
    width: PositiveInt = Field(256, description="Channels")
    dropped: float = Field(0.1, ge=0, lt=1, description="Share of a layer's values that are dropped")


class LevelsOfScenes(Mel):
    """What classifiers of sounds are given of two ears: levels in mel bands of what both hear together."""

    window_samples: int = Field(1024, ge=64, description="Window of the short-time spectra, samples")
    hop_samples: PositiveInt = Field(512, description="Samples from one window to the next")
    bands: PositiveInt = Field(96, description="How many bands")
    lowest_hz: float = Field(20, ge=0, description="Lower edge of the lowest band, Hz")
    highest_hz: float = Field(8000, gt=0, description="Upper edge of the highest band, Hz")
    scale: Literal["slaney", "htk"] = Field("htk", description="Mel scale: librosa's, or torchaudio's")


class SceneClassifier(SceneTraining):
    """The network that hears what a clip is, in rooms: study B's residual one."""

    learning_rate: float = Field(3e-3, gt=0, le=1, description="Adam's learning rate, the highest of its course")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="Share of certainty that is taken off the right class")
    times_each: PositiveInt = Field(
        6, description="Batches that a scene is in: more where a network learns faster than scenes are made"
    )


class SceneChords(SceneTraining):
    """The network that hears which chord is played, in rooms: ours of the chord study, given its transforms."""

    learning_rate: float = Field(3e-3, gt=0, le=1, description="Adam's learning rate, the highest of its course")
    weight_decay: float = Field(1e-3, ge=0, description="Decoupled decay of weights (AdamW)")
    times_each: PositiveInt = Field(
        10, description="Batches that a scene is in: more where a network learns faster than scenes are made"
    )


class MeasuredScenes(Section):
    """Scenes in a room whose responses were measured at a head, with that head's own responses without a room."""

    file: SofaFile = Field(description="SOFA file, read as one of head-related responses: sources in a room")
    anechoic: SofaFile = Field(description="SOFA file of the same head's responses without a room")
    clockwise: bool = Field(False, description="Whether the files' azimuths run clockwise, against the convention")
    count: PositiveInt = Field(1000, description="Scenes in this room; more of them change none of those before")


class SceneBenchmark(Section):
    """What is timed of ranks that answer scenes, and what a model of more of them is asked about."""

    ranks: tuple[PositiveInt, ...] = Field(
        (1, 2, 3, 4), min_length=1, description="How many answer scenes at once, one number after another, the first 1"
    )
    scenes: PositiveInt = Field(400, description="Scenes that they answer each time, the first of `scenes.count`")
    repeats: PositiveInt = Field(3, description="Repeats of each measurement")
    modelled_scenes: PositiveInt = Field(100_000, description="Scenes of the job that the model speaks of")

    @model_validator(mode="after")
    def _from_one(self) -> "SceneBenchmark":
        if self.ranks[0] != 1 or list(self.ranks) != sorted(set(self.ranks)):
            raise ValueError("ranks: 1 comes first, then larger numbers in order: [1, 2, 3, 4]")
        return self


class Scenes(Section):
    """Scenes: sounds in rooms, as people's ears hear them, and how networks are run over them.

    Of rooms one part of `rooms.folds`, of clips the last fold but one (of ESC-50 the fourth) and of chords a tenth of
    the performances neither train nor test: they are there to choose settings on by hand.
    """

    count: PositiveInt = Field(2000, description="Scenes that test; more of them change none of those before")
    scenes_per_piece: PositiveInt = Field(20, description="Scenes that are handed out together, and kept together")
    people: PositiveInt = Field(4, description="People whose ears hear them, the first of `localisation`'s")
    training_people: PositiveInt = Field(
        12, description="People with whose ears networks learn: the next after those; where there are none, the same"
    )
    sounds: tuple[Literal["clips", "speech", "chords"], ...] = Field(
        ("clips", "speech", "chords"), min_length=1, description="Kinds of sounds: those of the studies, and sentences"
    )
    most_of_a_shard: PositiveInt = Field(500, description="Sounds that are taken of a shard of clips, at most")
    duration_s: float = Field(2.0, gt=0.1, le=60, description="Length of a scene, seconds")
    two_sources: float = Field(0.5, ge=0, le=1, description="Share of scenes with two sources")
    signal_to_noise_db: Range = Field((10, 40), description="Ratio of sources to diffuse noise, dB: lowest and highest")
    level_db: Range = Field((-3, 3), description="Level of a second source above the first's, dB: lowest and highest")
    # Peaks of a map are so far apart at least (earshot.learn.direction_map): of nearer sources nobody would say both.
    apart_deg: float = Field(30, ge=25, lt=180, description="Angle between two sources at least, degrees")
    reach_deg: float = Field(
        6, gt=0, le=180, description="Angle to the nearest direction that was measured of a person at most, degrees"
    )
    exact_s: float = Field(
        0.1, gt=0, description="Until when image sources are heard from their directions; then comes a diffuse field"
    )
    spectra: BinauralSpectra = BinauralSpectra()
    stream: Stream = Stream()
    localiser: SceneLocaliser = SceneLocaliser()
    separator: SceneSeparator = SceneSeparator()
    levels: LevelsOfScenes = LevelsOfScenes()
    classifier: SceneClassifier = SceneClassifier()
    chords: SceneChords = SceneChords()
    measured: dict[Name, MeasuredScenes | None] = Field(
        {}, description="Measured rooms in which networks are tried too, by names of yours; null leaves one out"
    )
    ranks: PositiveInt = Field(2, description="Processes that answer scenes, a core each: ranks of MPI on a cluster")
    arrangement: Literal["alone", "mpi"] = Field(
        "alone", description="How they are started: by the job itself, or as ranks of MPI, with one more that hands out"
    )
    split: Literal["managed", "static"] = Field(
        "managed", description="How scenes are shared out: to whoever is free, or dealt beforehand"
    )
    threads: PositiveInt = Field(1, description="Threads of a training; rounding differs with their number")
    benchmark: SceneBenchmark = SceneBenchmark()

    @model_validator(mode="after")
    def _possible(self) -> "Scenes":
        for name in ("signal_to_noise_db", "level_db"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name}: the lowest comes first")
        for key in ("scenes_per_place", "scenes_per_piece"):
            if self.stream.scenes % getattr(self.stream, key):
                raise ValueError(f"stream.scenes: has to be a multiple of stream.{key}")
        if len(set(self.sounds)) < len(self.sounds):
            raise ValueError("sounds names one twice")
        if "clips" not in self.sounds:
            raise ValueError("sounds: clips have to be among them, which classifiers learn from")
        return self


def require_scenes(scenes: Scenes, rooms: Rooms, chords: Chords, folds: Sequence[int]) -> None:
    """Raise ConfigError, a line for each key at fault, where scenes cannot be in these rooms or of these folds.

    It is no part of reading a configuration, since whoever wants no scenes may have any rooms.
    """
    half_hz, lengths_s = rooms.sample_rate_hz / 2, {"": scenes.duration_s, "stream.": scenes.stream.duration_s}
    samples, of = min((round(length_s * rooms.sample_rate_hz), of) for of, length_s in lengths_s.items())
    faults = {}
    for name, highest_hz in (("spectra", scenes.spectra.highest_hz), ("levels", scenes.levels.highest_hz)):
        if highest_hz > half_hz:
            fault = f"{highest_hz:g} Hz is above half of rooms.sample_rate_hz, {half_hz:g} Hz"
            faults[f"scenes.{name}.highest_hz"] = fault
    for name in ("spectra", "separator", "levels"):
        window = getattr(scenes, name).window_samples
        if window > samples:
            fault = f"{window} samples are longer than scenes of scenes.{of}duration_s, {samples} samples"
            faults[f"scenes.{name}.window_samples"] = fault
    top_hz = chords.constant_q.top_hz
    if "chords" in scenes.sounds and top_hz > half_hz:
        fault = f"they reach up to {top_hz:g} Hz, above half of rooms.sample_rate_hz, {half_hz:g} Hz"
        faults["chords.constant_q.octaves"] = fault
    if "clips" in scenes.sounds and len(folds) < _FOLDS:
        faults["scenes.sounds"] = f"clips are in {len(folds)} folds, and {_FOLDS} are the fewest that scenes need"
    if rooms.grid_m is None and rooms.receivers < _PLACES:
        faults["rooms.receivers"] = f"scenes need rooms with {_PLACES} at least, for two sources"
    if faults:
        raise ConfigError("\n".join(f"config key {key}: {fault}" for key, fault in faults.items()))
