"""Kinds of networks that tell clips apart.

Each is imported when it is asked for, so that an edit of its module makes no training of the others stale. A new kind
wants a row in `NEEDS_S` of rules/classifiers.smk too, and a name in the configuration.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Literal

Kind = Literal["plain", "residual", "triad", "transposable"]

# The function that builds each: given how many classes there are, the shape of spectrograms (bands, frames) and the
# settings that these were made with, it returns a network and what this is given.
BUILDERS: dict[Kind, str] = {
    "plain": "earshot.learn.networks_published.plain",
    "residual": "earshot.learn.sound_inputs.residual",
    "triad": "earshot.learn.networks_published.triad",
    "transposable": "earshot.learn.chord_inputs.transposable",
}
TOGETHER: tuple[Kind, ...] = ("transposable",)  # one network for all tasks, since roots and types belong together


def built(kind: Kind, classes: int, shape: tuple[int, ...], spectra: Mapping[str, Any]) -> Any:
    """Return a network of a kind that has not learnt yet, and its inputs (`earshot.learn.clip_values.Inputs`)."""
    module, _, function = BUILDERS[kind].rpartition(".")
    build: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return build(classes, shape, spectra)
