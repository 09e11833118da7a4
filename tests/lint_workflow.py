"""Say what Snakemake's linter has against the workflow, and fail if that is anything."""

import subprocess
import sys
import tempfile
from pathlib import Path

SNAKEFILE = Path(__file__).parent.parent / "Snakefile"

with tempfile.TemporaryDirectory() as folder:
    command = [sys.executable, "-m", "snakemake", "--lint", "--snakefile", SNAKEFILE, "--directory", folder]
    linted = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
if linted.returncode:
    sys.exit(linted.stdout)
