"""The study that the documentation adds works: its blocks are applied to a copy of the project, which then runs it."""

import subprocess
import sys
from pathlib import Path

import pytest
from pages import BLOCKS, Block
from runs import ROOT, TINY, copy_project, planned_rules, run

SHOWN = [block for block in BLOCKS if block.page == ROOT / "docs/add-a-study.md" and block.name]


def apply(block: Block, project: Path) -> None:
    """Do to a project what a block says: write a file, or change one that is there."""
    path = project / block.name
    path.parent.mkdir(parents=True, exist_ok=True)
    first, _, rest = block.text.partition("\n")
    if not first.startswith("+++"):
        path.write_text(rest)
        return
    if not path.exists():
        path.write_text((ROOT / block.name).read_text())
    lines = rest.splitlines(keepends=True)
    before, after = ("".join(line[1:] or "\n" for line in lines if line[0] != gone) for gone in "+-")
    text = f"\n{path.read_text()}"
    assert text.count(f"\n{before}") == 1, block
    path.write_text(text.replace(f"\n{before}", f"\n{after}").removeprefix("\n"))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project to which the study was added."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    for block in SHOWN:
        apply(block, folder)
    return folder


def module(*command: str, folder: Path) -> str:
    """Return what a module of Python says that imports a project's library."""
    environment = {"PYTHONPATH": str(folder / "workflow"), "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_its_key_is_in_the_table_of_all_keys(project):
    module("earshot.show.config_docs", "config", folder=project)
    assert "`delays.highest_hz`" in (project / "config/README.md").read_text()


def test_its_own_test_passes(project):
    assert "3 passed" in module("pytest", "-q", "-p", "no:cacheprovider", "tests/unit/test_delays.py", folder=project)


def test_its_code_is_as_ours(project):
    (project / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    written = [block.name for block in SHOWN if block.language == "python"]
    module("ruff", "check", "--no-cache", *written, folder=project)
    module("ruff", "format", "--no-cache", "--check", *written, folder=project)


def test_it_runs_and_heads_the_first_page(project):
    run(project, "--", "delays", project=project)
    results = project / "results/tiny"
    page = (results / "delays/index.html").read_text()
    assert all(f'<th scope="row">person0{number}</th>' in page for number in (1, 2, 3))
    assert "root mean square error of a sphere" in (results / "report/index.html").read_text()
    assert planned_rules(project, "--", "delays", project=project) == {}
    lower = TINY | {"delays": {"highest_hz": 1500}}
    again = planned_rules(project, "--", "delays", config=lower, project=project)
    assert again == {"measure_delays": 2, "report_delays": 1, "delays": 1}
