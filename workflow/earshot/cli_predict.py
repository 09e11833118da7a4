"""The command `earshot predict`: what recordings are, by networks that were trained here."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earshot.errors import ConfigError, DataError
from earshot.show.class_words import called

if TYPE_CHECKING:  # which loads torch: seconds that whoever asks for help need not wait
    from earshot.learn.prediction import Answer, Classifier

_ABOUT = """\
Say what each recording is: the class of a sound, or the root and the type of a piano's triad.

Files may be of any format that libsndfile reads, of any rate and any number of channels. A longer recording is heard
in pieces as long as a clip, and the answer is their mean. Nothing is asked but the files of trained networks, which
`earshot models` lists.

  earshot predict bark.wav                         by the only classifier that there is
  earshot predict bark.wav --model residual        by the one of that name
  earshot predict chord.flac --model chords/ours --json
"""
_UNCERTAIN = 0.01  # classes less probable than this are not worth a word


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to those of `earshot`."""
    command = commands.add_parser(
        "predict",
        description=_ABOUT,
        help="say what sounds and chords are",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("files", nargs="+", metavar="FILE", help="a recording")
    command.add_argument(
        "--networks", default="results", metavar="FOLDER", help="where trained networks are, in or below (results)"
    )
    command.add_argument("--model", metavar="NAME", help="which classifier answers, where there are several")
    command.add_argument("--json", action="store_true", help="write all probabilities as JSON")
    command.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"], help="what computes (auto)")


def run(given: argparse.Namespace) -> int:
    """Answer for each file; what is wrong with one keeps none of the others from its answer.

    Raises EarshotError for what is not there.
    """
    from earshot import device  # noqa: PLC0415 (as above)
    from earshot.learn.prediction import predict  # noqa: PLC0415

    classifier = _chosen(given.networks, given.model)
    where = device.choose(given.device)
    found: list[dict[str, Any]] = []
    status = 0
    if not given.json:
        count = classifier.trainings
        print(f"{classifier.name}: {f'mean of {count} networks' if count > 1 else 'one network'}")
    for path in given.files:
        try:
            answer = predict(classifier, path, where)
        except DataError as fault:
            status = 1
            found.append({"file": path, "error": str(fault)})
            print(f"earshot: {fault}", file=sys.stderr)
            continue
        found.append({"file": path, **vars(answer)})
        if not given.json:
            print(_in_words(path, answer))
    if given.json:
        about = {"classifier": classifier.name, "networks": classifier.trainings}
        print(json.dumps(about | {"answers": found}, indent=2))
    return status


def _chosen(folder: str, asked: str | None) -> "Classifier":
    """Return the classifier that was asked for, or the only one."""
    from earshot.learn.prediction import read_classifier  # noqa: PLC0415 (as above)
    from earshot.models.manifest import find_models, named  # noqa: PLC0415

    known = find_models(folder, "classifier")
    if not known:
        raise ConfigError(
            f"{folder}: no classifiers are among its models. Train some (snakemake -- sounds chords), or name another "
            "folder with --networks."
        )
    model = named(known, asked, "classifier", "--model")
    return read_classifier(model.name, model.files)


def _in_words(path: str, answer: "Answer") -> str:
    """Say what a recording is: of each task the most probable classes."""
    pieces = f" ({answer.pieces} pieces)" if answer.pieces > 1 else ""
    lines = [f"{Path(path).name}{pieces}"]
    for task, shares in answer.probabilities.items():
        ranked = sorted(shares.items(), key=lambda one: -one[1])
        said = [f"{called(label, task)} {100 * share:.1f} %" for label, share in ranked[:3]]
        worth = 1 + sum(share >= _UNCERTAIN for _, share in ranked[1:3])
        lines.append(f"  {task}: " + ", ".join(said[:worth]))
    return "\n".join(lines + [f"  but: {doubt}" for doubt in answer.doubts])
