"""Networks that a run has trained: where they lie, of which kind they are, and which of them answer together."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from earshot.data.schemas.classes import CLASS_SCORES
from earshot.data.shards import read_settings
from earshot.data.tables import read_table
from earshot.errors import DataError
from earshot.signal.interaural import interaural_settings

log = logging.getLogger(__name__)

Kind = Literal["classifier", "person_localiser", "scene_localiser", "scene_classifier", "separator", "room_model"]


@dataclass(frozen=True)
class Place:
    """Where networks of a kind lie, as a pattern below a run's folder, and which parts of a path name the model."""

    pattern: str
    kind: Kind
    model: tuple[int, ...]


# The first part names the study. A classifier of scenes is a kind of its own: it hears two ears at once.
_PLACES = (
    Place("sounds/*/*/*/networks/*.safetensors", "classifier", (1,)),
    Place("chords/*/*/*/networks/*.safetensors", "classifier", (1,)),
    Place("localisation/*/models/*/*.safetensors", "person_localiser", (1,)),
    Place("scenes/without_rooms/*.safetensors", "person_localiser", (1,)),
    Place("scenes/localiser/*.safetensors", "scene_localiser", (1, 2)),
    Place("scenes/classifier/*.safetensors", "scene_classifier", (1, 2)),
    Place("scenes/chords/*.safetensors", "scene_classifier", (1, 2)),
    Place("scenes/separator/*.safetensors", "separator", (1, 2)),
    Place("reverb/*/*/network.safetensors", "room_model", (1,)),
)

# What the settings of a file hold that whoever uses a network of this kind reads.
_NEEDED: Mapping[Kind, set[str]] = {
    "classifier": {"tasks", "shape", "settings", "made_with"},
    "person_localiser": {"localiser"},
    "scene_localiser": {"direction_network"},
    "scene_classifier": {"tasks", "shape", "settings", "made_with"},
    "separator": {"separation_network"},
    "room_model": {"settings", "simulation"},
}


@dataclass(frozen=True)
class Networks:
    """Networks that answer together: of one model of a study of a run, with what each file says of its own."""

    study: str
    model: str
    kind: Kind
    files: tuple[Path, ...]
    settings: tuple[Mapping[str, Any], ...]


def find_networks(folder: Path) -> list[Networks]:
    """Return the networks of a run, whose folder is `results/<name>`, by study and model; there may be none.

    A file that is damaged or that was written by another version is passed over with a warning.
    """
    found: dict[tuple[str, str, Kind], dict[Path, Mapping[str, Any]]] = {}
    for place in _PLACES:
        for path in sorted(folder.glob(place.pattern)):
            parts = path.relative_to(folder).with_suffix("").parts
            if any(part.startswith(".") for part in parts):  # being written, or left by who was killed
                continue
            settings = _settings(path, place.kind)
            if settings is not None:
                model = "_".join(parts[level] for level in place.model)
                found.setdefault((parts[0], model, place.kind), {})[path] = settings
    current = {key: _current(key[2], files) for key, files in sorted(found.items())}
    return [Networks(*key, tuple(files), tuple(files.values())) for key, files in current.items()]


def settings_of_person(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a person's localiser was trained with, wherever its file says that.

    There are three kinds: of the two implementations, of winners and models, and of those at the rate of scenes.
    """
    if "training" in settings:
        return {**settings["features"], **settings["training"]}
    return settings.get("settings", settings)


def features_of_person(settings: Mapping[str, Any]) -> list[str]:
    """Return the names of the features that a person's localiser is given, in their order."""
    return settings.get("names") or interaural_settings(settings_of_person(settings)).names


def _settings(path: Path, kind: Kind) -> Mapping[str, Any] | None:
    """Return what a file says of its network; None where it holds none that can be used."""
    try:
        settings = read_settings(path)
    except DataError as fault:
        log.warning("passed over: %s", fault)
        return None
    if lacking := _NEEDED[kind] - settings.keys():
        log.warning(
            "passed over: %s: is no %s of this version, since it does not say its %s. Delete it and train again.",
            path,
            kind.replace("_", " "),
            ", ".join(sorted(lacking)),
        )
        return None
    return settings


def _current(kind: Kind, files: Mapping[Path, Mapping[str, Any]]) -> Mapping[Path, Mapping[str, Any]]:
    """Return files without those that others have replaced: of each person the one that was written last.

    People are dealt to shards, and where they are dealt anew an earlier shard's folder stays. Of classifiers of clips
    the splits and seeds count that were scored together last: folds may have been more before.
    """
    if kind == "classifier":
        return _scored(files)
    if kind != "person_localiser":
        return files
    of_people = {path.stem: path for path in sorted(files, key=lambda path: path.stat().st_mtime_ns)}
    return {path: files[path] for _, path in sorted(of_people.items())}


def _scored(files: Mapping[Path, Mapping[str, Any]]) -> Mapping[Path, Mapping[str, Any]]:
    """Return those of a classifier's networks that its table of scores knows; all where there is none yet.

    They lie in <classifier>/<split>/<number>/networks/.
    """
    table = next(iter(files)).parents[3] / "scores.parquet"
    if not table.is_file():
        return files
    try:
        scores = read_table(table, CLASS_SCORES)
    except DataError as fault:
        log.warning("passed over: %s", fault)
        return files
    known = set(zip(scores["split"], scores["seed"], strict=True))
    places = {path: (path.parents[2].name, settings.get("seed")) for path, settings in files.items()}
    return {path: files[path] for path, place in places.items() if place in known} or files
