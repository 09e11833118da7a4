"""Earshot: audio machine learning on HPC, from data to report. README.md says how to run it."""

import os
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.9")

ROOT = Path(workflow.basedir)
# Rules and scripts find the library in the source tree, so the workflow runs without installing it.
sys.path.insert(0, str(ROOT / "workflow"))
os.environ |= {"PYTHONPATH": os.pathsep.join(filter(None, [sys.path[0], os.environ.get("PYTHONPATH")]))}


configfile: ROOT / "config" / "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/people.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/clips.smk"
include: "workflow/rules/classifiers.smk"
include: "workflow/rules/protocol.smk"
include: "workflow/rules/times.smk"
include: "workflow/rules/room_sets.smk"
include: "workflow/rules/reverb_models.smk"
include: "workflow/rules/scene_sets.smk"
include: "workflow/rules/run.smk"
include: "workflow/rules/retrieve.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/rooms.smk"
include: "workflow/rules/reverb.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/search.smk"
include: "workflow/rules/classify.smk"
include: "workflow/rules/report_clips.smk"
include: "workflow/rules/localise.smk"
include: "workflow/rules/report_localisation.smk"
include: "workflow/rules/study.smk"
include: "workflow/rules/others.smk"
include: "workflow/rules/clip_speed.smk"
include: "workflow/rules/scenes.smk"
include: "workflow/rules/scene_ranks.smk"
include: "workflow/rules/targets.smk"


onstart:
    claim_folder()


onsuccess:
    sum_up()


onerror:
    sum_up()


rule all:
    default_target: True
    input:
        rules.report_localisation.output,
