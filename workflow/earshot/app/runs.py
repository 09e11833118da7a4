"""Runs whose models the page is for: which there are, what each can be tried on, and what its scenes were made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from earshot.errors import ConfigError
from earshot.models.manifest import Model, read_manifests
from earshot.scenes.made_of import MadeOf, read_made_of

MADE_OF = "scenes/made_of.json"  # in a run's folder


@dataclass(frozen=True)
class Run:
    """A run: its folder, `results/<name>`, and its models by their names without the run's."""

    folder: Path
    models: Mapping[str, Model]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.folder.name

    @property
    def results(self) -> Path:
        """The folder in which rooms and clips that it shares with other runs are found: its results."""
        return self.folder.parent

    @property
    def localisers(self) -> dict[str, Model]:
        """What hears where sounds are in scenes; that which learnt in rooms comes first."""
        found = {name: model for name, model in self.models.items() if model.kind == "scene_localiser"}
        return dict(sorted(found.items(), key=lambda one: not one[0].endswith("rooms")))

    def classifiers(self, study: str) -> dict[str, Model]:
        """What tells the sounds of a study apart."""
        return {name: one for name, one in self.models.items() if one.kind == "classifier" and name.startswith(study)}

    @property
    def room_models(self) -> dict[str, Model]:
        """What says how rooms sound."""
        return {name: model for name, model in self.models.items() if model.kind == "room_model"}

    @property
    def tabs(self) -> int:
        """How many tabs of the page it has models for."""
        return sum(
            map(bool, (self.localisers, self.classifiers("sounds"), self.classifiers("chords"), self.room_models))
        )

    @cached_property
    def made_of(self) -> MadeOf | None:
        """What its scenes are made of; None where it does not say. Raises DataError where that is damaged."""
        path = self.folder / MADE_OF
        return read_made_of(path).below(self.folder.parents[1]) if path.is_file() else None


def choose(folder: Path | str, asked: str | None) -> Run:
    """Return the run that is asked for by its name, or of all in a folder of results that of which most can be tried.

    Raises ConfigError where there is none, and DataError where a manifest is damaged.
    """
    by_run: dict[str, dict[str, Model]] = {}
    for name, model in read_manifests(folder).items():
        run, _, own = name.partition("/")
        by_run.setdefault(run, {})[own] = model
    if asked is not None and asked not in by_run:
        raise ConfigError(f"no run in {folder} is called {asked}; there are {', '.join(by_run) or 'none'}.")
    runs = [Run(_folder(Path(folder), name), models) for name, models in by_run.items() if asked in (None, name)]
    if not runs:
        raise ConfigError(f"{folder}: no models are in it. Train some (make demo), or name another folder.")
    return max(runs, key=lambda run: run.tabs)


def _folder(folder: Path, run: str) -> Path:
    """Return the folder of a run, of which the folder is given, or one above it, or one in it."""
    folder = folder.resolve()
    return next((one for one in (folder, *folder.parents) if one.name == run), folder / run)
