"""The first page of a run: what its chapters found, what is not there, what failed, and what another run has."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earshot.errors import DataError
from earshot.files import replacing
from earshot.models.manifest import MANIFEST, Model, read_manifests, write_manifest
from earshot.show.headlines import Headline, headlines
from earshot.show.page import flat, number, render_page
from earshot.show.standing import Failure

log = logging.getLogger(__name__)

PAGE = "report/index.html"
FAILED = "report/failed.json"  # the jobs of the last run that did not come to their end


@dataclass(frozen=True)
class Chapter:
    """A chapter of the report, in the folder of its name, and what makes it."""

    name: str
    study: str  # by its letter, of the published ones
    title: str
    target: str  # that Snakemake is asked for


CHAPTERS = (
    Chapter("localisation", "A", "Where a sound comes from", "localisation"),
    Chapter("study", "A", "The whole study: search, winner, models", "localisation_study"),
    Chapter("others", "A, beyond", "Models at their limits: other people, other ears, noise", "localisation_others"),
    Chapter("sounds", "B", "What a sound is", "sounds"),
    Chapter("chords", "E", "Which chord it is", "chords"),
    Chapter("clip_speed", "B and E", "How fast clips are learnt from", "clip_speed"),
    Chapter("rooms", "D", "Rooms", "rooms"),
    Chapter("reverb", "D", "How a room would change it", "reverb"),
    Chapter("scenes", "C", "Scenes: where is it, and what?", "scenes"),
)


@dataclass(frozen=True)
class Found:
    """A chapter that is there: its summary, and its figures."""

    chapter: Chapter
    summary: Mapping[str, Any]
    headlines: Sequence[Headline]


@dataclass(frozen=True)
class Run:
    """What there is of a run's report."""

    folder: Path
    found: Sequence[Found]
    models: Sequence[Model] = ()
    failed: Sequence[Failure] = ()

    @property
    def name(self) -> str:
        """The name of its configuration."""
        return str(self.found[0].summary["name"])

    @property
    def missing(self) -> list[Chapter]:
        """Chapters that were not made, not to their end, or by another version."""
        there = {own.chapter for own in self.found}
        return [chapter for chapter in CHAPTERS if chapter not in there]

    @property
    def settings(self) -> dict[str, Any]:
        """All settings that chapters depend on, by dotted key."""
        return {key: value for own in self.found for key, value in flat(own.summary["settings"])}


@dataclass(frozen=True)
class Difference:
    """What another run has in place of a setting or a figure; None where it has none."""

    what: str
    here: str | None
    there: str | None
    change: str = ""  # of a figure, with a word for whether that is better


def read_run(folder: Path | str) -> Run:
    """Return what there is of the report of a run in `results/<name>`.

    A chapter of another version is passed over with a warning, and is among those that are missing. Raises DataError
    where there is nothing.
    """
    folder = Path(folder)
    found = []
    for chapter in CHAPTERS:
        path = folder / chapter.name / "summary.json"
        if not path.is_file() or not path.with_name("index.html").is_file():
            continue
        try:
            summary = json.loads(path.read_text())
            found.append(Found(chapter, summary, headlines(chapter.name, summary)))
        except (ValueError, KeyError, TypeError) as fault:
            log.warning(
                "passed over: %s: is no summary of this version (%s: %s). "
                "Make it again: snakemake --cores 2 --forcerun %s -- %s",
                path,
                type(fault).__name__,
                fault,
                path,
                chapter.target,
            )
    if not found:
        raise DataError(f"{folder}: no chapter of a report is in it. Make one, for instance with `make demo`.")
    models = read_manifests(folder).values() if (folder / MANIFEST).is_file() else ()
    return Run(folder, found, tuple(models), _read_failures(folder / FAILED))


def sum_up(folder: Path | str, failed: Sequence[Failure]) -> Path | None:
    """Write what is of a run as a whole: the manifest of its models, which jobs failed, and its first page.

    All are of what is there, whether the last run has made it or one before. Returns the page; None where no chapter
    is there for it to lead to. Raises DataError where all chapters are of another version.
    """
    write_manifest(folder)
    if not any(Path(folder, chapter.name, "index.html").is_file() for chapter in CHAPTERS):
        return None
    write_failures(folder, failed)
    return write_overview(read_run(folder))


def write_failures(folder: Path | str, failed: Sequence[Failure]) -> None:
    """Keep which jobs of the last run failed, for the first page of the run whose folder it is."""
    path = Path(folder) / FAILED
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps([vars(one) for one in failed], indent=2) + "\n")


def _read_failures(path: Path) -> list[Failure]:
    if not path.is_file():
        return []
    try:
        return [Failure(**one) for one in json.loads(path.read_text())]
    except (ValueError, TypeError) as fault:
        raise DataError(f"{path}: does not say what failed ({fault}). Delete it.") from fault


def write_overview(run: Run, other: Run | None = None) -> Path:
    """Write the first page of a run into its folder, and return the path; beside another run one of its own."""
    path = run.folder / PAGE
    if other:
        path = path.with_name(f"beside-{other.name}.html")
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_text(render_overview(run, other), encoding="utf-8")
    return path


def render_overview(run: Run, other: Run | None = None) -> str:
    """Return the first page of a run as one HTML page, whose links lead to the chapters in folders beside its own.

    It is compared with `other` where one is given.
    """
    return render_page(
        _summary(run),
        (),
        "overview.html.j2",
        found=run.found,
        missing=run.missing,
        models=run.models,
        failed=run.failed,
        evidence=evidence(run),
        other=other and {"name": other.name, "folder": str(other.folder)},
        alone=_alone(run, other) if other else [],
        changed_settings=differing_settings(run, other) if other else [],
        changed_figures=differing_figures(run, other) if other else [],
        said=said,
    )


def evidence(run: Run) -> dict[str, str]:
    """Return for each table that a figure was computed from the address by which the first page leads to it."""
    tables = {one.table for own in run.found for one in own.headlines if one.table}
    inside = {
        table: Path(table).parts[Path(table).parts.index(run.name) + 1 :]
        for table in tables
        if run.name in Path(table).parts
    }
    return {table: "/".join(("..", *parts)) for table, parts in inside.items() if run.folder.joinpath(*parts).is_file()}


def said(headline: Headline) -> str:
    """Say a figure with its unit."""
    if headline.value is None:
        return number(None)
    unit = headline.unit if headline.unit == "°" else f" {headline.unit}"
    return number(headline.value) + unit


def differing_settings(run: Run, other: Run) -> list[Difference]:
    """Return the settings that differ between runs, of chapters that both have."""
    here, there = (one.settings for one in _of_both(run, other))
    return [
        Difference(key, _plain(here.get(key)), _plain(there.get(key)))
        for key in dict.fromkeys([*here, *there])
        if key != "name" and here.get(key) != there.get(key)
    ]


def differing_figures(run: Run, other: Run) -> list[Difference]:
    """Return the figures of both runs beside each other, of chapters that both have."""
    here, there = (
        {(own.chapter.title, one.what): one for own in each.found for one in own.headlines}
        for each in _of_both(run, other)
    )
    return [
        Difference(
            f"{title}: {what}",
            said(here[title, what]) if (title, what) in here else None,
            said(there[title, what]) if (title, what) in there else None,
            _change(here.get((title, what)), there.get((title, what))),
        )
        for title, what in dict.fromkeys([*here, *there])
    ]


def _of_both(run: Run, other: Run) -> tuple[Run, Run]:
    """Return what runs have of the chapters that both have."""
    both = {own.chapter for own in run.found} & {own.chapter for own in other.found}
    first, second = (Run(one.folder, [own for own in one.found if own.chapter in both]) for one in (run, other))
    return first, second


def _change(here: Headline | None, there: Headline | None) -> str:
    """Say by how much a figure of another run is larger, and whether that is better."""
    if here is None or there is None or here.value is None or there.value is None:
        return ""
    change = round(there.value - here.value, 1)
    if not change:
        return "alike"
    better = (change > 0) == (here.better == "higher")
    return f"{number(change, sign=True)}, {'better' if better else 'worse'}"


def _alone(run: Run, other: Run) -> list[tuple[str, str]]:
    """Return the chapters that one run alone has, each with the run's name."""
    here, there = ([own.chapter.title for own in one.found] for one in (run, other))
    return [(title, "this run") for title in here if title not in there] + [
        (title, other.name) for title in there if title not in here
    ]


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)


def _summary(run: Run) -> dict[str, Any]:
    """Return what all chapters have in common, as one chapter's summary has it."""
    each = [own.summary for own in run.found]
    data = {source["title"]: source for summary in each for source in summary["data"]}
    stages = {stage["rule"]: stage for summary in each for stage in summary["stages"]}
    return {
        **each[-1],
        "name": run.name,
        "git_commit": _together(each, "git_commit"),
        "config_hash": _together(each, "config_hash"),
        "settings": {key: value for summary in each for key, value in summary["settings"].items()},
        "stages": list(stages.values()),
        "data": list(data.values()),
    }


def _together(summaries: Sequence[Mapping[str, Any]], key: str) -> str:
    return ", ".join(dict.fromkeys(str(summary[key]) for summary in summaries if summary[key]))
