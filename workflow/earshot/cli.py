"""The command `earshot`."""

import argparse

from earshot import __version__

_HELP = """\
Earshot is a Snakemake workflow: results are made by snakemake, in the project's folder.

  make demo                                        the whole way at a small scale, no network, no GPU
  snakemake --cores 4                              the full study on this machine
  snakemake --cores 4 --configfile config/NAME.yaml
  snakemake -n                                     what would run, without running it

Keys of the configuration: config/README.md
"""


def main() -> None:
    """Print what there is to know."""
    parser = argparse.ArgumentParser("earshot", description=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"earshot {__version__}")
    parser.parse_args()
    parser.print_help()


if __name__ == "__main__":
    main()
