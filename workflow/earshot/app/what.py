"""What a sound is, or which chord: what classifiers say of a recording, as bars and in words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import torch

from earshot.app.limits import read_recording
from earshot.errors import DataError
from earshot.learn.prediction import Answer, Classifier, predict, read_classifier
from earshot.models.manifest import Model
from earshot.show.class_words import TASKS, called, in_order

_MOST = 10  # classes whose bars are shown
_ALL = 12  # or all where there are no more, as of roots


@dataclass(frozen=True)
class Classifiers:
    """Classifiers of one study by name, with the files of their networks."""

    by_name: Mapping[str, Classifier]
    files: Mapping[str, tuple[Path, ...]]
    device: torch.device

    @classmethod
    def read(cls, models: Mapping[str, Model], device: torch.device) -> "Classifiers":
        """Return those of models. Raises what `earshot.learn.prediction.read_classifier` does."""
        read = {name: read_classifier(name, model.files) for name, model in models.items()}
        return cls(read, {name: model.files for name, model in models.items()}, device)

    def say(self, name: str, path: Path | str, unheard_by: frozenset[Path] = frozenset()) -> Answer:
        """Return what a classifier says of a recording; of a clip that some of its networks did not learn from, these.

        `unheard_by` are the files of such networks. Raises DataError for a recording that cannot be heard; the message
        names it without its folder.
        """
        read_recording(path)
        try:
            return predict(self.asked(name, unheard_by), path, self.device)
        except DataError as fault:
            raise DataError(str(fault).replace(str(path), Path(path).name)) from fault

    def asked(self, name: str, unheard_by: frozenset[Path] = frozenset()) -> Classifier:
        """Return a classifier with the networks of these files alone, or with all where it has none of them."""
        classifier = self.by_name[name]
        known = zip(self.files[name], classifier.networks, strict=True)
        own = tuple(network for file, network in known if file in unheard_by)
        return replace(classifier, networks=own or classifier.networks)


def in_words(answer: Answer) -> str:
    """Return a sentence that says what the recording is."""
    best = [_best(shares) for shares in answer.probabilities.values()]
    named = " ".join(called(label, task) for task, (label, _) in zip(answer.probabilities, best, strict=True))
    sure = ", ".join(
        f"{TASKS.get(task, task)} {100 * share:.0f} %" if len(best) > 1 else f"{100 * share:.0f} %"
        for task, (_, share) in zip(answer.probabilities, best, strict=True)
    )
    pieces = f" It was heard in {answer.pieces} pieces, of which this is the mean." if answer.pieces > 1 else ""
    return f"{named[:1].upper()}{named[1:]} ({sure}).{pieces}"


def bars(answer: Answer) -> str:
    """Return the probabilities of classes as tables of HTML: a row and a bar for each, the likeliest first.

    Of many classes the ten likeliest have rows, and one more says what is left for all others. Roots and types of
    chords are in the order of their names, where a person finds them.
    """
    return "".join(_table(task, shares) for task, shares in answer.probabilities.items())


def _table(task: str, shares: Mapping[str, float]) -> str:
    if len(shares) <= _ALL and task in ("root", "type"):
        shown = in_order(shares, task)
    else:
        shown = sorted(shares, key=lambda name: -shares[name])[:_MOST]
    rows = [(called(name, task), shares[name], name == _best(shares)[0]) for name in shown]
    if len(shown) < len(shares):
        rows.append((f"{len(shares) - len(shown)} others", 1 - sum(shares[name] for name in shown), False))
    body = "".join(_row(*row) for row in rows)
    caption = f"Probability of each {TASKS.get(task, task)}"
    return f'<table class="bars"><caption>{caption}</caption><tbody>{body}</tbody></table>'


def _row(name: str, share: float, best: bool) -> str:
    bar = f'<td class="bar" aria-hidden="true"><span style="width: {100 * max(share, 0):.1f}%"></span></td>'
    kind = ' class="best"' if best else ""
    return f'<tr{kind}><th scope="row">{escape(name)}</th>{bar}<td>{100 * max(share, 0):.1f} %</td></tr>'


def _best(shares: Mapping[str, float]) -> tuple[str, float]:
    return max(shares.items(), key=lambda one: one[1])
