"""The configuration: every key, its type, its limits and what it is for; each study's have a module beside this one.

`config/config.schema.json` and the table in `config/README.md` are generated from here (`make config-docs`).
"""

from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BeforeValidator, Field, PositiveInt, ValidationError

from earshot.config_clips import Chords, Sounds
from earshot.config_localisation import Localisation
from earshot.config_reverb import Reverb
from earshot.config_rooms import Rooms
from earshot.config_scenes import Scenes
from earshot.config_section import Name, Section
from earshot.errors import ConfigError


def _nothing(value: Any) -> Any:
    """Take `--config data_dir=null` for what it says: from the command line it comes as a word."""
    return None if value in ("", "null", "None") else value


class Retrieve(Section):
    """How files are downloaded."""

    mirror: str | None = Field(
        None, description="Base address to use in place of the official ones; file:// and http(s):// are known"
    )
    attempts: PositiveInt = Field(6, description="How often a file is asked for before giving up")
    connections_per_host: PositiveInt = Field(2, description="Connections to one host at a time, over all jobs")
    stall_s: float = Field(60, gt=0, description="Seconds without a byte after which a connection counts as dead")
    longest_wait_s: float = Field(120, gt=0, description="Longest wait that a server may ask for (Retry-After)")


class SyntheticListeners(Section):
    """The listeners that the collection `synthetic` consists of."""

    people: int = Field(6, ge=1, le=999, description="How many people")
    azimuths: int = Field(36, ge=4, description="Directions around each circle of elevation")
    elevations: int = Field(12, ge=2, description="Circles of elevation, the zenith among them")
    lowest_deg: float = Field(-66.24, ge=-90, lt=90, description="Lowest elevation, degrees")
    sample_rate_hz: float = Field(44100, gt=8000, description="Sampling rate, Hz")
    taps: int = Field(256, ge=64, description="Length of the impulse responses, samples")


class Config(Section):
    """The whole configuration."""

    name: Name = Field(description="Name of this configuration; results go to `results/<name>/`")
    data_dir: Annotated[Path | None, BeforeValidator(_nothing)] = Field(
        None, description="A folder that already holds the data sets (read in place); null downloads them"
    )
    seed: int = Field(1, ge=0, description="The study's seed, from which every item's own is derived")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where the accelerated variant computes")
    retrieve: Retrieve = Retrieve()
    synthetic: SyntheticListeners = SyntheticListeners()
    localisation: Localisation = Localisation()
    sounds: Sounds = Sounds()
    chords: Chords = Chords()
    rooms: Rooms = Rooms()
    reverb: Reverb = Reverb()
    scenes: Scenes = Scenes()


def read_config(values: dict[str, Any]) -> Config:
    """Return the configuration that the values describe.

    Raises ConfigError with a line for every key at fault: the key, what is wrong and what is allowed.
    """
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(_fault(fault) for fault in error.errors())) from None


def _fault(fault: Any) -> str:
    """Say one fault of a configuration in a line."""
    place = fault["loc"]
    if fault["type"] == "extra_forbidden":
        return f"config key {'.'.join(map(str, place))} is unknown; known here: {', '.join(_known_keys(place))}"
    # Pydantic adds the branch of a union to the place of a fault; a person looks for the key.
    branches = [part for part in place if isinstance(part, str) and ("[" in part or "(" in part)]
    key = "config key " + (".".join(str(part) for part in place if part not in branches) or "(all of them)")
    match fault["type"]:
        case "missing":
            return f"{key} is missing"
        case "value_error":
            return f"{key}: {fault['ctx']['error']}"
        case "model_type":
            wanted = "be a section with keys of its own"
        case "path_type":
            wanted = "be a path"
        case "string_pattern_mismatch":  # there is one, that of names
            wanted = "begin with a letter or digit and hold only these, . _ and -"
        case "tuple_type":
            wanted = "be a list"
        case "too_short":
            wanted = f"have at least {fault['ctx']['min_length']} valid entry"
        case "literal_error" if branches:  # a word that stands for a list
            wanted = f"be {fault['ctx']['expected']} or a list"
        case _:
            wanted = fault["msg"].removeprefix("Input should ").partition(", unable")[0]
    return f"{key} should {wanted} (it is {fault['input']!r})"


def _known_keys(place: tuple[str | int, ...]) -> list[str]:
    """Return the keys that are known where this one is not."""
    here: Any = Config
    for part in place[:-1]:  # a section by its key, or by a name of somebody's own
        here = _section(get_args(here)[1] if get_origin(here) is dict else here.model_fields[part].annotation)
    return list(here.model_fields)


def _section(annotation: Any) -> Any:
    """Return the section among the types that a key may have, or the mapping of sections."""
    if get_origin(annotation) is dict or isinstance(annotation, type):
        return annotation
    return next(filter(None, (_section(one) for one in get_args(annotation) if one is not type(None))))
