"""Run one rule's script by itself, in this process: to debug it, or to step through it in an editor.

    python workflow/alone.py score_localisation variant=control
    python workflow/alone.py localise_accelerated shard=00-27fcf7 --configfile config/demo.yaml

The job's inputs must exist; its outputs are written where the workflow would write them.
"""

import argparse
import os
import runpy
import sys
from pathlib import Path
from typing import Any

from snakemake.api import SnakemakeApi
from snakemake.exceptions import UnknownRuleException
from snakemake.iocontainers import Snakemake
from snakemake.jobs import Job
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, Quietness, ResourceSettings

ROOT = Path(__file__).resolve().parent.parent


def open_workflow(configfiles: list[Path]) -> Any:
    """Return the workflow as Snakemake parses it, with its DAG not yet built."""
    api = SnakemakeApi(OutputSettings(quiet={Quietness.ALL}))
    api.__enter__()
    given = api.workflow(
        ResourceSettings(cores=1), ConfigSettings(configfiles=configfiles), snakefile=ROOT / "Snakefile"
    )
    given.dag(DAGSettings())
    return given._workflow


def job_of(rule_name: str, wildcards: dict[str, str], configfiles: list[Path]) -> Job:
    """Return the job of a rule for these wildcards."""
    workflow = open_workflow(configfiles)
    try:
        rule = workflow.get_rule(rule_name)
    except UnknownRuleException as error:
        sys.exit(str(error))
    missing = sorted(rule.wildcard_names - set(wildcards))
    if missing:
        sys.exit(f"rule {rule_name} needs {' '.join(f'{name}=...' for name in missing)}")
    workflow._prepare_dag(forceall=False, ignore_incomplete=True, lock_warn_only=True, nolock=True)
    return Job(rule, workflow.dag, wildcards_dict=wildcards)


def main() -> None:
    """Run the job that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rule", help="name of the rule")
    parser.add_argument("wildcards", nargs="*", metavar="name=value", help="its wildcards")
    parser.add_argument("--configfile", type=Path, action="append", default=[])
    given = parser.parse_args()
    job = job_of(given.rule, dict(pair.split("=", 1) for pair in given.wildcards), given.configfile)
    script = Path(job.rule.basedir.get_path_or_uri(secret_free=False)) / job.rule.script
    for path in [*job.output, *job.log]:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("OMP_NUM_THREADS", str(job.threads))
    sys.path.insert(0, str(script.resolve().parent))
    snakemake = Snakemake(
        job.input, job.output, job.params, job.wildcards, job.threads, job.resources, job.log,
        job.rule.workflow.config, job.rule.name, None, str(script.resolve().parent),
    )  # fmt: skip
    runpy.run_path(str(script.resolve()), {"snakemake": snakemake}, run_name="__main__")


if __name__ == "__main__":
    main()
