"""What scripts say when their work fails, and that what they import is there."""

import ast
import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from earshot.errors import DataError

SCRIPTS = __file__.rpartition("/tests/")[0] + "/workflow/scripts"


@pytest.fixture
def script(monkeypatch, tmp_path):
    """Run a body as a script, and return what its log holds."""
    monkeypatch.syspath_prepend(SCRIPTS)
    import _script

    monkeypatch.setattr(_script, "sign_in", lambda output: None)
    monkeypatch.setattr(_script, "use_threads", lambda count: None)
    job = SimpleNamespace(
        log=[tmp_path / "log"], rule="simulate_rooms", resources={"mem_mb": 3000}, threads=1, output=[], params={}
    )

    def run(body):
        with pytest.raises(SystemExit), _script.at_work(job):
            body()
        return (tmp_path / "log").read_text()

    yield run
    sys.modules.pop("_script")


def raised(error):
    raise error


@pytest.mark.parametrize(
    "body",
    [
        lambda: raised(MemoryError()),
        lambda: torch.empty(2**50),
    ],
)
def test_a_job_without_memory_says_so_and_what_helps(body, script):
    said = script(body)
    assert "simulate_rooms: the memory of this job does not suffice (" in said
    assert "--set-resources simulate_rooms:mem_mb=6000" in said and "Traceback" not in said


def test_a_job_whose_gpu_is_full_is_not_sent_for_memory_of_the_machine(script):
    said = script(lambda: raised(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")))
    assert "the memory of the GPU does not suffice" in said and "mem_mb" not in said and "Traceback" not in said


def test_a_fault_of_the_data_is_its_sentence_and_any_other_a_traceback(script):
    said = script(lambda: raised(DataError("a.wav: is damaged. Retrieve it again.")))
    assert "simulate_rooms: a.wav: is damaged. Retrieve it again." in said and "Traceback" not in said
    assert "Traceback" in script(lambda: raised(RuntimeError("shapes differ")))


def is_there(module, name):
    if hasattr(importlib.import_module(module), name):
        return True
    try:
        return bool(importlib.import_module(f"{module}.{name}"))
    except ImportError:
        return False


def test_what_scripts_import_of_the_library_is_there():
    """A script is imported by its job alone, which may be hours from the start."""
    lacking = [
        f"{path.name}: {node.module}.{alias.name}"
        for path in sorted(Path(SCRIPTS).glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("earshot")
        for alias in node.names
        if not is_there(node.module, alias.name)
    ]
    assert not lacking
