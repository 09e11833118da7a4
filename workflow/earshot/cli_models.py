"""The command `earshot models`: which models there are, what is to be known of them, and models for other programs."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from earshot.errors import ConfigError, DataError

if TYPE_CHECKING:  # whoever asks for help need not wait
    from earshot.models.manifest import Model

_ABOUT = """\
List the models that runs have trained, show the card of one, or write one for other programs as ONNX. The list says
of what kind each is, how well it did and of how many, and on what terms the data are that it learnt from. To list them
also writes results/<name>/models.json anew, by which `earshot predict` and `earshot app` find them: of a run that was
killed, too.

  earshot models                                         what there is
  earshot models --card residual                         what one does and does not, and how well: Markdown
  earshot models --card residual > README.md             the same beside weights that are passed on
  earshot models --export sounds/residual residual.onnx  a graph from spectrograms to probabilities
  earshot models --export control control.onnx           from interaural features to directions, of each person

What goes into a graph and what comes out of it is in its metadata, with the card.
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to those of `earshot`."""
    command = commands.add_parser(
        "models",
        description=_ABOUT,
        help="list trained models, show their cards, and export them",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--results", default="results", metavar="FOLDER", help="where results are (results)")
    asked = command.add_mutually_exclusive_group()
    asked.add_argument("--card", metavar="NAME", help="the card of a model, by the end of its name")
    asked.add_argument("--export", nargs=2, metavar=("NAME", "FILE.onnx"), help="a model, and where to write it")
    command.add_argument("--json", action="store_true", help="write what was asked for as JSON")


def run(given: argparse.Namespace) -> int:
    """Do what was asked for. Raises EarshotError for what is not there."""
    from earshot.models.manifest import named, read_manifests  # noqa: PLC0415 (as above)

    if given.card:
        model = named(read_manifests(given.results), given.card, "model", "--card")
        print(_as_json([model]) if given.json else model.card.markdown())
    elif given.export:
        name, path = given.export
        model = named(read_manifests(given.results), name, "model", "--export")
        _export(model, Path(path), given.json)
    else:
        _write(Path(given.results))
        models = list(read_manifests(given.results).values())
        print(_as_json(models) if given.json else _table(models))
    return 0


def _write(results: Path) -> None:
    """Write manifests, where they may be written: those of somebody else's results are read as they are."""
    from earshot.models.manifest import MANIFEST, write_manifests  # noqa: PLC0415 (as above)

    try:
        write_manifests(results)
    except DataError as fault:
        if not any(results.glob(MANIFEST)) and not any(results.glob(f"*/{MANIFEST}")):
            raise
        print(f"earshot: {fault}", file=sys.stderr)


def _export(model: "Model", path: Path, as_json: bool) -> None:
    from earshot.models.export import export_onnx  # noqa: PLC0415 (as above)

    if path.is_dir():
        raise ConfigError(f"{path} is a folder. Name a file, as {path / 'model.onnx'}.")
    export_onnx(model, path)
    print(json.dumps({"model": model.name, "file": str(path)}) if as_json else f"{path}: {model.name} as ONNX")


def _as_json(models: Sequence["Model"]) -> str:
    """Return models with their cards, and with their files as they can be opened from here."""
    plain = [
        {"name": one.name, "kind": one.kind, "files": [str(path) for path in one.files], "card": asdict(one.card)}
        for one in models
    ]
    return json.dumps(plain, indent=2, ensure_ascii=False)


def _table(models: Sequence["Model"]) -> str:
    """Return a line for each model: its name, its kind, how well it did, and the licences of its data."""
    from earshot.models.licences import in_short  # noqa: PLC0415 (as above)

    rows = [
        (
            one.name,
            one.kind.replace("_", " "),
            f"{one.card.measure.what}: {one.card.measure.words}" if one.card.measure else "not measured",
            in_short(one.card.data),
        )
        for one in models
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
