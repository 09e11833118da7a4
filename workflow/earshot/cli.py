"""The command `earshot`."""

import argparse
import os
import sys
from collections.abc import Sequence

from earshot import __version__, cli_app, cli_models, cli_predict, cli_report, cli_rooms
from earshot.errors import EarshotError

_HELP = """\
Earshot is a Snakemake workflow: results are made by snakemake, in the project's folder.

  make demo                                        the whole way at a small scale, no network, no GPU
  snakemake --cores 4                              the full study on this machine
  snakemake --cores 4 --configfile config/NAME.yaml
  snakemake -n                                     what would run, without running it

  earshot predict FILE...                          what a sound or a chord is, by networks that were trained here
  earshot models                                   networks that were trained: how well they did, cards, ONNX
  earshot app                                      a page on this machine to try them
  earshot rooms                                    rooms that were simulated, models of them, and how they sound
  earshot report                                   the first page of a run's report, and how it differs from another's

Keys of the configuration: config/README.md
"""
_COMMANDS = {
    "predict": cli_predict,
    "models": cli_models,
    "app": cli_app,
    "rooms": cli_rooms,
    "report": cli_report,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser("earshot", description=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"earshot {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in _COMMANDS.values():
        command.add_parser(commands)
    given = parser.parse_args(arguments)
    if given.command is None:
        parser.print_help()
        return 0
    try:
        status = _COMMANDS[given.command].run(given)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever reads has read enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as fault:
        print(f"earshot: {fault.filename or given.command}: {fault.strerror}. Name another place.", file=sys.stderr)
        return 2
    except EarshotError as fault:
        print(f"earshot: {fault}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
