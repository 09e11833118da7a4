"""A search as a configuration describes it: its listeners, its plan, and where its journal is."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from earshot.data.sofa import HrirSet, read_hrirs
from earshot.fingerprint import origin
from earshot.learn.search import Halving, Search
from earshot.learn.space import Space
from earshot.learn.study import Plan
from earshot.signal.noise import noise_settings


def read_listeners(files: Mapping[str, str], rate_hz: float | None) -> list[HrirSet]:
    """Return the listeners of SOFA files by their subjects. Raises DataError for a damaged file."""
    return [read_hrirs(file, subject=subject, rate_hz=rate_hz) for subject, file in files.items()]


def plan_of(settings: Mapping[str, Any], space: Space, trials: int, alone: bool) -> Plan:
    """Return the plan of a search of so many trials."""
    return Plan(space, trials, settings["trials_at_once"], settings["seed"], alone)


def search_of(
    settings: Mapping[str, Any],
    space: Space,
    listeners: Sequence[HrirSet],
    device: torch.device,
    halving: Halving,
    frames: Collection[tuple[int, int]] = (),
) -> Search:
    """Return what runs trials on these listeners; sums by these windows and hops are made at once, and share work."""
    return Search(
        listeners,
        noise_settings(settings),
        settings["held_out"],
        settings["seed"],
        halving,
        (space.level_range_hz[1], space.phase_range_hz[1]),
        device,
        settings["network"]["precision"],
        frames,
    )


def journal_path(state: str, code: str, device_kind: str, files: Mapping[str, str]) -> Path:
    """Return where a search keeps its journal, below `state`, which is of its settings.

    Trials of other code, of another kind of device or precision, or of other people's ears are no part of a study.
    """
    return Path(state, origin("\n".join([code, *files]), device_kind, files.values()), "journal.log")
