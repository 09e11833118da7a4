"""The command `earshot`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earshot import __version__, cli_report, cli_rooms
from earshot.errors import ConfigError, DataError, EarshotError
from earshot.show.class_words import called

if TYPE_CHECKING:  # which loads torch: seconds that whoever asks for help need not wait
    from earshot.learn.prediction import Answer

_HELP = """\
Earshot is a Snakemake workflow: results are made by snakemake, in the project's folder.

  make demo                                        the whole way at a small scale, no network, no GPU
  snakemake --cores 4                              the full study on this machine
  snakemake --cores 4 --configfile config/NAME.yaml
  snakemake -n                                     what would run, without running it

  earshot predict FILE...                          what a sound or a chord is, by networks that were trained here
  earshot rooms                                    rooms that were simulated, models of them, and how they sound
  earshot report                                   the first page of a run's report, and how it differs from another's

Keys of the configuration: config/README.md
"""
_PREDICT = """\
Say what each recording is: the class of a sound, or the root and the type of a piano's triad.

Files may be of any format that libsndfile reads, of any rate and any number of channels. A longer recording is heard
in pieces as long as a clip, and the answer is their mean. Nothing is asked but the files of trained networks.
"""
_UNCERTAIN = 0.01  # classes less probable than this are not worth a word


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser("earshot", description=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"earshot {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    command = commands.add_parser(
        "predict",
        description=_PREDICT,
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
    cli_rooms.add_parser(commands)
    cli_report.add_parser(commands)
    given = parser.parse_args(arguments)
    if given.command is None:
        parser.print_help()
        return 0
    try:
        return {"predict": _predict, "rooms": cli_rooms.run, "report": cli_report.run}[given.command](given)
    except EarshotError as fault:
        print(f"earshot: {fault}", file=sys.stderr)
        return 2


def _predict(given: argparse.Namespace) -> int:
    """Answer for each file; what is wrong with one keeps none of the others from its answer."""
    from earshot import device  # noqa: PLC0415 (as above)
    from earshot.learn.prediction import find_classifiers, predict, read_classifier  # noqa: PLC0415

    known = find_classifiers(given.networks)
    name = _chosen(list(known), given.model)
    classifier = read_classifier(name, known[name])
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


def _chosen(known: Sequence[str], asked: str | None) -> str:
    """Return the name of the classifier that was asked for, or of the only one."""
    wanted = [one for one in known if asked is None or f"/{one}".endswith(f"/{asked}")]
    if len(wanted) == 1:
        return wanted[0]
    if not wanted:
        raise ConfigError(f"no classifier is called {asked}; there are {', '.join(known)}.")
    raise ConfigError(
        f"there are several classifiers: {', '.join(wanted)}. Name one with --model, by the end of its name, "
        "or its folder with --networks."
    )


def _in_words(path: str, answer: "Answer") -> str:
    """Say what a recording is: of each task the most probable classes."""
    pieces = f" ({answer.pieces} pieces)" if answer.pieces > 1 else ""
    lines = [f"{Path(path).name}{pieces}"]
    for task, shares in answer.probabilities.items():
        ranked = sorted(shares.items(), key=lambda one: -one[1])
        said = [f"{called(label)} {100 * share:.1f} %" for label, share in ranked[:3]]
        worth = 1 + sum(share >= _UNCERTAIN for _, share in ranked[1:3])
        lines.append(f"  {task}: " + ", ".join(said[:worth]))
    return "\n".join(lines + [f"  but: {doubt}" for doubt in answer.doubts])


if __name__ == "__main__":
    sys.exit(main())
