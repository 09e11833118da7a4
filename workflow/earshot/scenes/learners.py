"""What learns from the stream of scenes.

Each is imported when it is asked for, so that an edit of one makes no training of the other stale.
"""

import importlib
from typing import Any

from earshot.learn.kinds import BUILDERS

# Dotted names of what a training imports when it runs: first the module whose `train` and `write` it calls.
LEARNERS: dict[str, tuple[str, ...]] = {
    "localiser": ("earshot.scenes.localiser_learning",),
    "separator": ("earshot.scenes.separator_learning",),
    "classifier": ("earshot.scenes.classifier_learning", BUILDERS["residual"]),
    "chords": ("earshot.scenes.classifier_learning", BUILDERS["transposable"]),
}
# And of what whoever reads classifiers imports.
NETWORKS = [name for _, *networks in LEARNERS.values() for name in networks]


def learner(name: str) -> Any:
    """Return the module of a learner."""
    return importlib.import_module(LEARNERS[name][0])
