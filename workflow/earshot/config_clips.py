"""The configuration of studies B and E: what a sound is, and which chord it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from earshot.config_section import Name, Section, require_folder

_HIGHEST_ROOT_HZ = 493.88  # of chords: B4


class Mel(Section):
    """Mel spectrograms."""

    window_samples: int = Field(ge=64, description="Window of the short-time spectra, samples")
    hop_samples: PositiveInt = Field(description="Samples from one window to the next")
    bands: PositiveInt = Field(description="How many bands")
    lowest_hz: float = Field(ge=0, description="Lower edge of the lowest band, Hz")
    highest_hz: float = Field(gt=0, description="Upper edge of the highest band, Hz")
    scale: Literal["slaney", "htk"] = Field(description="Mel scale: librosa's, bands of equal area, or torchaudio's")

    @model_validator(mode="after")
    def _ordered(self) -> "Mel":
        if self.lowest_hz >= self.highest_hz:
            raise ValueError("lowest_hz must be below highest_hz")
        return self


class ImageOfSounds(Mel):
    """The image that study B makes of a clip: levels in mel bands, stretched to 256 greys."""

    window_samples: int = Field(2048, ge=64, description="Window of the short-time spectra, samples")
    hop_samples: PositiveInt = Field(512, description="Samples from one window to the next")
    bands: PositiveInt = Field(128, description="How many bands")
    lowest_hz: float = Field(20, ge=0, description="Lower edge of the lowest band, Hz")
    highest_hz: float = Field(8300, gt=0, description="Upper edge of the highest band, Hz")
    scale: Literal["slaney", "htk"] = Field("slaney", description="Mel scale: librosa's, or torchaudio's")


class LevelsOfSounds(Mel):
    """Levels in mel bands, for networks that are not the study's: up to where hearing ends, and coarser in time."""

    window_samples: int = Field(2048, ge=64, description="Window of the short-time spectra, samples")
    hop_samples: PositiveInt = Field(1024, description="Samples from one window to the next")
    bands: PositiveInt = Field(128, description="How many bands")
    lowest_hz: float = Field(20, ge=0, description="Lower edge of the lowest band, Hz")
    highest_hz: float = Field(20000, gt=0, description="Upper edge of the highest band, Hz")
    scale: Literal["slaney", "htk"] = Field("htk", description="Mel scale: librosa's, or torchaudio's")


class MelOfChords(Mel):
    """The power in mel bands that study E takes of a chord."""

    window_samples: int = Field(1024, ge=64, description="Window of the short-time spectra, samples")
    hop_samples: PositiveInt = Field(512, description="Samples from one window to the next")
    bands: PositiveInt = Field(64, description="How many bands")
    lowest_hz: float = Field(0, ge=0, description="Lower edge of the lowest band, Hz")
    highest_hz: float = Field(8000, gt=0, description="Upper edge of the highest band, Hz")
    scale: Literal["slaney", "htk"] = Field("htk", description="Mel scale: librosa's, or torchaudio's")


class ConstantQOfChords(Section):
    """Constant-Q transforms, three bins a semitone, for networks that are not the study's."""

    hop_samples: PositiveInt = Field(4096, description="Samples from one window to the next")
    lowest_hz: float = Field(
        55, gt=0, le=65.5, description="Frequency of the lowest bin, Hz: that of a semitone, C2 or below"
    )
    octaves: PositiveInt = Field(7, description="How many octaves, which reach up to B4 at least")

    @property
    def top_hz(self) -> float:
        """Where the octaves end, Hz."""
        return self.lowest_hz * 2**self.octaves

    @model_validator(mode="after")
    def _roots_are_there(self) -> "ConstantQOfChords":
        if self.top_hz < _HIGHEST_ROOT_HZ:
            raise ValueError(f"{self.octaves} octaves from {self.lowest_hz:g} Hz do not reach the highest root, B4")
        return self


class Amplifier(Section):
    """What is drawn for each clip that is played through the amplifier, evenly between two values."""

    drive_db: tuple[float, float] = Field((6, 30), description="Gain before saturation, dB: lowest and highest")
    tone_db: tuple[float, float] = Field(
        (-6, 6), description="Gain of bass, of middle and of treble, dB: lowest and highest"
    )

    @model_validator(mode="after")
    def _ordered(self) -> "Amplifier":
        for name in ("drive_db", "tone_db"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name}: the lowest comes first")
        return self


class ClipTraining(Section):
    """How a network is trained on clips."""

    epochs: PositiveInt = Field(description="Epochs at most")
    batch_size: PositiveInt = Field(description="Clips per step")
    learning_rate: float = Field(gt=0, le=1, description="Adam's learning rate, the highest of its course")
    weight_decay: float = Field(ge=0, description="Decoupled decay of weights (AdamW)")
    schedule: Literal["constant", "cosine"] = Field(
        description="Course of the learning rate: constant, or up over a tenth of the steps and down to nothing"
    )
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Share of certainty that is taken off the right class")
    softmax_before_loss: bool = Field(
        False, description="Whether the cross entropy, which takes a softmax, is given one: study E's networks had both"
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "bfloat16",
        description="Precision of convolutions and products of matrices; the rest is float32, "
        "and all of it where processor or GPU has no instructions for bfloat16",
    )
    patience_epochs: PositiveInt | None = Field(
        None, description="Stop after so many epochs without a lower loss of validation clips; null trains to the end"
    )
    validation: float = Field(
        0.2, gt=0, lt=1, description="Share of recordings or performances that validate, where there is a patience"
    )


class SoundModel(ClipTraining):
    """A classifier of sounds."""

    network: Literal["plain", "residual"] = Field(
        "residual", description="Study B's kind of network on its image, or ours on levels in mel bands"
    )
    epochs: PositiveInt = Field(300, description="Epochs at most")
    batch_size: PositiveInt = Field(32, description="Clips per step")
    learning_rate: float = Field(3e-3, gt=0, le=1, description="Adam's learning rate, the highest of its course")
    weight_decay: float = Field(0.05, ge=0, description="Decoupled decay of weights (AdamW)")
    schedule: Literal["constant", "cosine"] = Field("cosine", description="Course of the learning rate")

    @property
    def spectra(self) -> str:
        """The kind of spectrograms that its network is given."""
        return {"plain": "image", "residual": "levels"}[self.network]


class ChordModel(ClipTraining):
    """A classifier of chords."""

    network: Literal["triad", "transposable"] = Field(
        "transposable",
        description="Study E's networks on its mel spectrogram, "
        "or ours on a constant-Q transform, which hears chords alike wherever they are played",
    )
    signals: tuple[Literal["dry", "amplified"], ...] = Field(
        ("dry",), min_length=1, description="Clips as they are, and played through the amplifier"
    )
    epochs: PositiveInt = Field(6, description="Epochs at most")
    batch_size: PositiveInt = Field(64, description="Clips per step")
    learning_rate: float = Field(3e-3, gt=0, le=1, description="Adam's learning rate, the highest of its course")
    weight_decay: float = Field(1e-3, ge=0, description="Decoupled decay of weights (AdamW)")
    schedule: Literal["constant", "cosine"] = Field("cosine", description="Course of the learning rate")

    @property
    def spectra(self) -> str:
        """The kind of spectrograms that its network is given."""
        return {"triad": "mel", "transposable": "constant_q"}[self.network]


class Clips(Section):
    """What studies of clips have in common. Each has `models` of its own kind."""

    headline: Name | None = Field(
        None,
        description="Classifier whose accuracy heads the report and the summary; null, or one of the models that is "
        "left out, takes the last of them",
    )
    bad_clip: Literal["stop", "exclude"] = Field(
        "stop", description="What a damaged clip does: stop the run, or be left out and reported"
    )
    seeds: PositiveInt = Field(3, description="Times that each network is trained, each with draws of its own")
    threads: PositiveInt = Field(1, description="Threads of a training on the CPU; rounding differs with their number")
    clips_per_job: PositiveInt = Field(1000, description="Clips of a shard, about; a job makes one shard")

    @property
    def classifiers(self) -> list[str]:
        """Names of the models that are not left out."""
        return [name for name, model in getattr(self, "models", {}).items() if model]

    @property
    def heading(self) -> str:
        """The one of them whose accuracy heads the report."""
        kept = self.classifiers
        return self.headline if self.headline and self.headline in kept else kept[-1]

    @model_validator(mode="after")
    def _headline_is_known(self) -> "Clips":
        models = getattr(self, "models", {})
        if self.headline and self.headline not in models:
            known = ", ".join(models) or "there are none"
            raise ValueError(f"headline: {self.headline} is none of the models ({known})")
        return self


class Sounds(Clips):
    """Study B: what a sound is."""

    collection: Literal["esc50", "esc10", "synthetic_sounds", "folder"] = Field(
        "esc50",
        description="Set of clips: all of ESC-50, its ten classes, four kinds of made-up ones, or `folder` (your own)",
    )
    folder: Path | None = Field(None, description="For the collection `folder`: where your clips are, in it or below")
    table: Path | None = Field(
        None,
        description="For the collection `folder`: a CSV table with the columns filename and category, and fold and "
        "src_file where you know them; null takes the one that lies in the folder",
    )
    folds: int = Field(
        5, ge=2, le=20, description="Folds that clips of a folder are dealt to where their table has no column fold"
    )
    clips_per_cell: PositiveInt = Field(4, description="Clips that made-up sounds have of each kind in each fold")
    sample_rate_hz: float = Field(44100, gt=8000, description="Rate that clips are resampled to, Hz")
    duration_s: float = Field(5, gt=0.1, le=60, description="Length of a clip, seconds")
    padding: Literal["reflect", "zeros"] = Field(
        "reflect", description="What a shorter clip is continued by: its mirror image at both ends, or zeros at its end"
    )
    image: ImageOfSounds = ImageOfSounds()
    levels: LevelsOfSounds = LevelsOfSounds()
    models: dict[Name, SoundModel | None] = Field(
        {}, description="Classifiers, by names of yours, each of all folds; null leaves one out"
    )

    @model_validator(mode="after")
    def _has_folder(self) -> "Sounds":
        require_folder(self.collection, self.folder)
        if self.table and not self.folder:
            raise ValueError("table is of the collection `folder` alone: set that and the key folder, or leave it out")
        return self

    @model_validator(mode="after")
    def _bands_are_there(self) -> "Sounds":
        _refuse_above(
            self.sample_rate_hz, {f"{name}.highest_hz": getattr(self, name).highest_hz for name in ("image", "levels")}
        )
        return self


class SpeedOfClips(Section):
    """Study E's benchmark: epochs of its networks, and how fast spectrograms are made."""

    batch_sizes: tuple[PositiveInt, ...] = Field(
        (32, 64, 128, 256), min_length=1, description="Sizes of batches, with the first number of samples"
    )
    samples: tuple[PositiveInt, ...] = Field(
        (8192, 4096, 16384), min_length=1, description="Numbers of samples, with the first size of batches"
    )
    iterations: int = Field(6, ge=2, description="Trainings of each; the first one warms up and does not count")
    epochs: PositiveInt = Field(5, description="Epochs of each training")
    ways: tuple[Literal["shards", "files", "control"], ...] = Field(
        ("shards", "files", "control"),
        min_length=1,
        description="From shards; with spectrograms made again in every epoch; or all of it as the study did it",
    )
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Adam's learning rate")
    precision: Literal["float32", "bfloat16"] = Field(
        "bfloat16",
        description="Precision of convolutions and products of matrices; the rest is float32, "
        "and all of it where processor or GPU has no instructions for bfloat16",
    )
    clips: PositiveInt = Field(200, description="Clips that spectrograms are timed on, ours and librosa's")
    repeats: int = Field(3, ge=3, description="Uninterrupted repeats of this")
    cores: PositiveInt = Field(
        8,
        description="Cores of each job on a cluster; on one machine all of the run's. An edit measures nothing again",
    )


class OtherPiano(Section):
    """Chords of a piano that no network learns from."""

    folder: Path = Field(description="Folder that holds its clips, named as those of the set")
    clips_per_cell: PositiveInt = Field(1, description="Clips that it has of each octave, root, type and dynamic")


class Chords(Clips):
    """Study E: which chord a piano plays."""

    clips_per_job: PositiveInt = Field(4000, description="Clips of a shard, about; a job makes one shard")
    collection: Literal["piano_triads", "synthetic_triads"] = Field(
        "piano_triads", description="Set of clips: recorded chords, or made-up ones"
    )
    clips_per_cell: PositiveInt = Field(
        100, description="Clips that the set has of each octave, root, type and dynamic; the official one has 100"
    )
    sample_rate_hz: float = Field(16000, gt=8000, description="Rate that clips are resampled to, Hz")
    duration_s: float = Field(4, gt=0.1, le=60, description="Length of a clip, seconds")
    padding: Literal["reflect", "zeros"] = Field(
        "zeros", description="What a shorter clip is continued by: its mirror image at both ends, or zeros at its end"
    )
    mel: MelOfChords = MelOfChords()
    constant_q: ConstantQOfChords = ConstantQOfChords()
    amplifier: Amplifier = Amplifier()
    variations: PositiveInt = Field(
        10, description="Clips in succession (idx) that are of one performance, and stay in one part of a split"
    )
    benchmark: SpeedOfClips = SpeedOfClips()
    splits: tuple[Literal["random", "by_performance", "by_dynamic", "by_octave"], ...] = Field(
        ("random", "by_performance", "by_dynamic", "by_octave"),
        min_length=1,
        description="What tests: clips at random as in the study, which leaks; performances; each dynamic; each octave",
    )
    models: dict[Name, ChordModel | None] = Field({}, description="Classifiers, by names of yours; null leaves one out")
    other_pianos: dict[Name, OtherPiano | None] = Field(
        {}, description="Other pianos, by names of yours, that classifiers of held-out performances are tried on"
    )

    @model_validator(mode="after")
    def _bands_are_there(self) -> "Chords":
        highest = {"mel.highest_hz": self.mel.highest_hz, "the top of constant_q": self.constant_q.top_hz}
        _refuse_above(self.sample_rate_hz, highest)
        return self


def _refuse_above(rate_hz: float, frequencies_hz: Mapping[str, float]) -> None:
    """Raise ValueError for a frequency that signals of this rate do not have."""
    for name, frequency in frequencies_hz.items():
        if frequency > rate_hz / 2:
            raise ValueError(f"{name}, {frequency:g} Hz, is above half of sample_rate_hz, {rate_hz / 2:g} Hz")
