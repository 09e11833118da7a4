"""The manifest of a run, `models.json`: all models that it has trained, with their cards and their networks' files.

Who lists, uses or exports models reads it and looks for no files.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from earshot.errors import ConfigError, DataError
from earshot.files import replacing
from earshot.models.cards import Card
from earshot.models.descriptions import describe
from earshot.models.networks import Kind, Networks, find_networks

log = logging.getLogger(__name__)

MANIFEST = "models.json"  # in a run's folder, results/<name>

T = TypeVar("T")


@dataclass(frozen=True)
class Model:
    """Networks that answer together, or, of a person's localiser, one for each person; and their card.

    It is called after the run, the study and the model: demo/sounds/residual.
    """

    name: str
    kind: Kind
    files: tuple[Path, ...]
    card: Card


@dataclass(frozen=True)
class _Entry:
    """A model as the manifest holds it, under its name without the run's. Files are below the run's folder."""

    kind: Kind
    files: tuple[str, ...]
    card: Card


@dataclass(frozen=True)
class _Manifest:
    version: Literal[1]
    models: dict[str, _Entry]


_MANIFESTS = TypeAdapter(_Manifest)


def write_manifest(folder: Path | str) -> Path | None:
    """Write the manifest of a run into its folder, `results/<name>`, and return its path; None without networks.

    A network whose file is damaged is passed over with a warning. Raises DataError where the folder is not to be
    written to.
    """
    folder = Path(folder)
    networks = find_networks(folder)
    # One that lists what is no longer there would be believed.
    return _write(folder, networks) if networks or (folder / MANIFEST).is_file() else None


def write_manifests(folder: Path | str) -> list[Path]:
    """Write the manifests of all runs in `results`, or of the one whose folder it is, and return their paths.

    Runs without networks have none. Raises ConfigError where all are such, and DataError as `write_manifest` does.
    """
    folder = Path(folder)
    for runs in ([folder], sorted(path for path in folder.glob("*") if path.is_dir())):
        if written := [path for path in map(write_manifest, runs) if path]:
            return written
    raise ConfigError(
        f"{folder}: no trained networks are in it. Train some (make demo), or name the folder of results."
    )


def _write(folder: Path, networks: Sequence[Networks]) -> Path:
    path = folder / MANIFEST
    entries = {f"{one.study}/{one.model}": entry for one in networks if (entry := _entry(one, folder))}
    plain = _MANIFESTS.dump_python(_Manifest(1, entries), mode="json")
    try:
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(plain, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as fault:
        raise DataError(
            f"{path}: could not be written ({fault.strerror}). Make room there, or ask whose folder it is."
        ) from fault
    return path


def _entry(networks: Networks, folder: Path) -> _Entry | None:
    """Return a model as it is listed; None where its files do not say what there is to say of it."""
    try:
        card = describe(networks, folder)
    except (LookupError, TypeError, ValueError) as fault:
        log.warning(
            "passed over: %s: was written by another version (%s: %s). Delete it and train again.",
            networks.files[0],
            type(fault).__name__,
            fault,
        )
        return None
    return _Entry(networks.kind, tuple(file.relative_to(folder).as_posix() for file in networks.files), card)


def read_manifests(folder: Path | str) -> dict[str, Model]:
    """Return by name the models of all runs in `results`, of one run's folder, or of a folder in a run.

    Of a folder in a run, models are those that have files in or below it, and have no others. Raises ConfigError where
    there is no manifest, and DataError for one that is damaged. A model of which a file is gone, as when it is just
    trained again, is passed over with a warning.
    """
    folder = Path(folder).resolve()
    found = {}
    for path in _manifests_of(folder):
        for name, model in _read(path):
            within = tuple(file for file in model.files if file.is_relative_to(folder))
            if within:
                found[name] = replace(model, files=within)
    return dict(sorted(found.items()))


def find_models(folder: Path | str, kind: Kind) -> dict[str, Model]:
    """Return the models of a kind by name; there may be none. Arguments and what is raised are `read_manifests`'."""
    return {name: model for name, model in read_manifests(folder).items() if model.kind == kind}


def named(known: Mapping[str, T], asked: str | None, what: str, option: str) -> T:
    """Return what is known by a name or by the end of one, or all there is where no name is given.

    `what` is what it is called, and `option` how it is asked for. Raises ConfigError where there is none or several.
    """
    found = {name: value for name, value in known.items() if asked is None or f"/{name}".endswith(f"/{asked}")}
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise ConfigError(f"no {what} is called {asked}; there are {', '.join(known) or 'none'}.")
    raise ConfigError(f"there are several {what}s: {', '.join(found)}. Name one with {option}, by the end of its name.")


def _manifests_of(folder: Path) -> list[Path]:
    """Return the manifests of a run's folder, of all below, or of the run that a folder is in."""
    for found in ([folder / MANIFEST], sorted(folder.glob(f"*/{MANIFEST}")), [up / MANIFEST for up in folder.parents]):
        if there := [path for path in found if path.is_file()]:
            return there
    raise ConfigError(
        f"{folder}: no {MANIFEST} is in it, in a run's folder in it, or above it. `earshot models --results FOLDER` "
        "writes it of networks that are there, a killed run's too; where there are none, train some (make demo)."
    )


def _read(path: Path) -> Iterator[tuple[str, Model]]:
    """Go through the models of a manifest."""
    folder = path.parent
    remedy = f"Write it anew: earshot models --results {folder}"
    try:
        manifest = _MANIFESTS.validate_json(path.read_bytes())
    except (OSError, ValidationError) as fault:
        said = fault.errors()[0]["msg"] if isinstance(fault, ValidationError) else fault
        raise DataError(f"{path}: is no manifest of this version ({said}). {remedy}") from fault
    for key, entry in manifest.models.items():
        name = f"{folder.name}/{key}"
        files = tuple(folder / file for file in entry.files)
        if gone := [file for file in files if not file.is_file()]:
            log.warning("passed over: %s: %s is gone. %s", name, gone[0], remedy)
            continue
        yield name, Model(name, entry.kind, files, replace(entry.card, name=name))
