"""Model cards: what a model does and does not, what it learnt from, how well it did, and whose its weights are."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from earshot.models.networks import Kind

_TAGS: Mapping[Kind, str] = {
    "classifier": "audio-classification",
    "person_localiser": "sound-source-localisation",
    "scene_localiser": "sound-source-localisation",
    "scene_classifier": "audio-classification",
    "separator": "audio-source-separation",
    "room_model": "room-impulse-response",
}
_UNITS = {"share": (100, "%"), "degree": (1, "°"), "percent": (1, "%")}  # of figures: times what, and called what
_USES: Mapping[Kind, tuple[str, ...]] = {
    "classifier": ("earshot predict FILE --model {name}", "earshot models --export {name} FILE.onnx"),
    "person_localiser": ("earshot models --export {name} FILE.onnx",),
    "scene_localiser": ("earshot models --export {name} FILE.onnx  # which begins with spectra, not with waveforms",),
    "scene_classifier": ("earshot models --export {name} FILE.onnx",),
    "separator": (),
    "room_model": ("earshot rooms --room 0 --hear FILE --model {model}",),
}
_NOT_KNOWN = "not known"
_NOT_WRITTEN = "Not known: the chapter of the report that says so was not written."


@dataclass(frozen=True)
class DataSet:
    """A data set that was learnt from, as the table of sources has it. What is not known of it is None."""

    title: str
    licence: str | None = None
    citation: str | None = None
    page: str | None = None


@dataclass(frozen=True)
class Measure:
    """A figure of a chapter's summary. Its spread is a standard deviation or an interval; of one training it is none.

    `n` are the clips, people, sources or responses that it is of, which `of` says.
    """

    what: str
    value: float
    unit: str  # share, degree, dB or percent
    n: int
    of: str
    spread: float | tuple[float, float] | None = None
    table: str | None = None

    @property
    def words(self) -> str:
        """The figure with its unit, its spread and its n."""
        scale, unit = _UNITS.get(self.unit, (1, self.unit))
        said = _number(scale * self.value)
        match self.spread:
            case (low, high):
                said += f" ({_number(scale * low)} to {_number(scale * high)})"
            case float() as deviation:
                said += f" ± {_number(scale * deviation)}"
        return f"{said}{'' if unit == '°' else ' '}{unit}, {self.n:,} {self.of}"


@dataclass(frozen=True)
class Input:
    """What a model is given. Rate and duration are None where any will do, or where nothing says what they are."""

    features: str
    rate_hz: float | None = None
    duration_s: float | None = None

    @property
    def words(self) -> str:
        """The same in a line."""
        rate = [f"{self.rate_hz:g} Hz"] if self.rate_hz else []
        return ", ".join([self.features, *rate, *([f"{self.duration_s:g} s"] if self.duration_s else [])])


@dataclass(frozen=True)
class Card:
    """What there is to know of a model before it is used or passed on.

    `tasks` are by name the classes that are told apart; none where the answer is no class. `data` is None where no
    chapter says what was learnt from, and empty where that was no published data set. `measure` heads what was
    measured, and is None where nothing was.
    """

    name: str
    kind: Kind
    does: str
    tasks: Mapping[str, tuple[str, ...]]
    input: Input
    data: tuple[DataSet, ...] | None
    split: str
    measure: Measure | None
    further: tuple[Measure, ...]
    limits: str
    licence: str
    provenance: Mapping[str, Any]  # config_hash, git_commit and versions; empty where no chapter says them

    def markdown(self) -> str:
        """Return the card in the layout that model hubs have: front matter, then headings."""
        return "\n".join([*self._front_matter(), "", f"# {self.name}", "", self.does, *self._sections(), ""])

    @property
    def measures(self) -> tuple[Measure, ...]:
        """All that was measured, what heads it first."""
        return (self.measure, *self.further) if self.measure else ()

    def _front_matter(self) -> Iterator[str]:
        """Go through the lines for machines. Values are JSON, which YAML takes as they are."""
        fields: dict[str, Any] = {
            "library_name": "earshot",
            "license": "other",
            "license_name": "as-the-data-allow",
            "tags": ["audio", _TAGS[self.kind], self.kind.replace("_", "-")],
            "metrics": [measure.what for measure in self.measures],
        }
        yield "---"
        yield from (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items() if value)
        yield "---"

    def _sections(self) -> Iterator[str]:
        sections = {
            "Model details": self._details(),
            "How to use": self._uses(),
            "Limits": [self.limits],
            "Training data": self._training_data(),
            "Evaluation": self._evaluation(),
            "Licence": [self.licence],
            "Provenance": self._provenance(),
            "Citation": [f"- {one.citation}" for one in self.data or () if one.citation],
        }
        for heading, lines in sections.items():
            if lines:
                yield from ["", f"## {heading}", "", *lines]

    def _details(self) -> list[str]:
        asked = [f"- **{task}**: {len(classes)} classes: {', '.join(classes)}" for task, classes in self.tasks.items()]
        return [f"- **Kind**: {self.kind.replace('_', ' ')}", f"- **Input**: {self.input.words}", *asked]

    def _uses(self) -> list[str]:
        commands = [use.format(name=self.name, model=self.name.rpartition("/")[2]) for use in _USES[self.kind]]
        return ["```sh", *commands, "```"] if commands else []

    def _training_data(self) -> list[str]:
        if self.data is None:
            return [_NOT_WRITTEN]
        listed = [
            f"- {f'[{one.title}]({one.page})' if one.page else one.title}, licence: {one.licence or _NOT_KNOWN}"
            for one in self.data
        ]
        return listed or ["No published data set: what the workflow made up, or recordings of your own."]

    def _evaluation(self) -> list[str]:
        rows = [
            f"| {one.what} | {one.words} | {f'`{one.table}`' if one.table else _NOT_KNOWN} |" for one in self.measures
        ]
        table = ["", "| Measure | Figure | Table |", "| --- | --- | --- |", *rows] if rows else ["", "Not measured."]
        return [self.split, *table]

    def _provenance(self) -> list[str]:
        if not self.provenance:
            return [_NOT_WRITTEN]
        versions = ", ".join(f"{name} {version}" for name, version in self.provenance["versions"].items())
        return [
            f"- **Git commit**: {self.provenance['git_commit'] or _NOT_KNOWN}",
            f"- **Configuration**: {self.provenance['config_hash']}",
            f"- **Versions**: {versions}",
        ]


def _number(value: float) -> str:
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"
