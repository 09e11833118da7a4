"""What classes, tasks and splits of clips are called where people read of them, and in which order they come."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from earshot.data.clips import TRIAD_ROOTS, TRIAD_TYPES

# Of classes whose names are short forms. The order of roots and types is that of chords' names.
_CALLED = {name: name[0] + ("\N{MUSIC FLAT SIGN}" if name.endswith("f") else "") for name in TRIAD_ROOTS} | TRIAD_TYPES
_PLACES = {name: place for place, name in enumerate(_CALLED)}

TASKS = {"category": "class", "root": "root", "type": "type", "root_type": "root and type"}

# Of each kind of split: its name, and what tests.
SPLITS = {
    "folds": ("all folds", "each fold once"),
    "random": ("clips at random", "30 % of the clips, as in the published study; it leaks"),
    "by_performance": ("whole performances", "30 % of the performances, with all their variations"),
    "by_dynamic": ("an unknown dynamic", "each dynamic once, which was never trained on"),
    "by_octave": ("an unknown octave", "each octave once, which was never trained on"),
}
_HELD_OUT = {"f": "loud (f)", "m": "middle (m)", "p": "soft (p)"}


def called(name: str, task: str) -> str:
    """Return what a class of a task is called: D flat for Df, major for j, and vacuum cleaner for vacuum_cleaner."""
    return name.replace("_", " ") if task == "category" else _CALLED.get(name, name)


def in_order(names: Iterable[str], task: str) -> list[str]:
    """Return classes in the order that people expect: chords as their names say it, sounds by the alphabet."""
    return sorted(set(names), key=lambda name: (-1 if task == "category" else _PLACES.get(name, -1), name))


def split_of(name: str) -> tuple[str, str]:
    """Return of which kind a split is and what it holds out, empty where that has no name: by_octave and 2."""
    if name.startswith("fold"):
        return "folds", name.removeprefix("fold")
    kind, _, value = name.rpartition("_")
    return (kind, value) if kind in ("by_dynamic", "by_octave") else (name, "")


def split_called(kind: str) -> str:
    """Return what a kind of split is called."""
    return f"another piano, {kind.removeprefix('other_')}" if kind.startswith("other_") else SPLITS[kind][0]


def held_out_called(kind: str, value: str) -> str:
    """Return what was held out of a kind of split: octave 2, or loud (f)."""
    return f"octave {value}" if kind == "by_octave" else _HELD_OUT.get(value, value)


def pictured(kinds: Collection[str]) -> str:
    """Return the kind of split whose answers are shown: that which leaks nothing where it is there, else the first."""
    return next((kind for kind in ("folds", "by_performance") if kind in kinds), next(iter(kinds)))


def what_classifier(model: Mapping[str, Any]) -> str:
    """Say in a line what a classifier is, by its section of the configuration."""
    network = {
        "plain": "a plain network on the published image of a clip",
        "residual": "our network on levels in mel bands",
        "triad": "the published networks on a mel spectrogram, one for the root, one for the type",
        "transposable": "our network on a constant-Q transform, which hears a chord alike wherever it is played",
    }[model["network"]]
    softmax = ", softmax before the loss" if model["softmax_before_loss"] else ""
    signals = {("dry",): "", ("amplified",): "; clips through the amplifier"}.get(
        tuple(model.get("signals", ("dry",))), "; clips as they are and through the amplifier"
    )
    return f"{network}{softmax}{signals}"
