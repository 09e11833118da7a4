"""A fingerprint changes with what is computed, and with nothing else."""

import importlib.metadata
from pathlib import Path

import pytest
from earshot import fingerprint as module

WORKFLOW = Path(__file__).parents[2] / "workflow"

FILES = {
    "script.py": '''"""A script."""

import numpy as np
from house.study import answer

print(answer(np.ones(3)))
''',
    "house/__init__.py": "",
    "house/study.py": '''"""A study."""

from house import ground


def answer(x):
    """Return the answer."""
    return ground.double(x) + 1
''',
    "house/ground.py": '''"""The ground."""

import torch


class Doubler:
    """Doubles."""


def double(x):
    return 2 * x
''',
    "house/elsewhere.py": "from house import ground\n\nLIMIT = 3\n",
}


@pytest.fixture
def project(tmp_path):
    for name, text in FILES.items():
        write(tmp_path / name, text)
    return tmp_path


@pytest.fixture(autouse=True)
def fresh():
    """Versions are remembered for the life of a process."""
    module._version.cache_clear()
    yield
    module._version.cache_clear()
    module._code.cache_clear()


def write(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def digest(project):
    module._code.cache_clear()
    return module.fingerprint(project / "script.py", project)


def edited(project, name, old, new):
    """Return whether an edit changes the fingerprint."""
    before = digest(project)
    assert old in FILES[name]
    write(project / name, FILES[name].replace(old, new))
    return digest(project) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("script.py", "print(", "# A comment.\nprint("),
        ("script.py", "A script.", "A script with another docstring."),
        ("script.py", '"""A script."""\n', ""),
        ("script.py", "import numpy", "\n\n\nimport numpy"),
        ("script.py", "answer(np.ones(3))", "answer(\n    np.ones( 3 ),\n)"),
        ("house/study.py", "Return the answer.", "Return another docstring."),
        ("house/study.py", '    """Return the answer."""\n', ""),
        ("house/ground.py", '    """Doubles."""\n', "    pass\n"),
        ("house/ground.py", "The ground.", "The floor."),
    ],
)
def test_comments_docstrings_and_formatting_change_nothing(project, name, old, new):
    assert not edited(project, name, old, new)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("script.py", "np.ones(3)", "np.ones(4)"),
        ("script.py", "print(", '"a string that is no docstring"\nprint('),
        ("house/study.py", "+ 1", "+ 2"),
        ("house/ground.py", "2 * x", "x * 2"),
        ("house/ground.py", "def double(x):", "def double(x=0):"),
    ],
)
def test_code_of_the_script_and_of_what_it_imports_counts(project, name, old, new):
    """Directly imported, or by another module."""
    assert edited(project, name, old, new)


def test_a_module_that_is_not_imported_does_not_count(project):
    assert not edited(project, "house/elsewhere.py", "3", "4")


def test_a_module_that_is_imported_by_its_name_counts_where_it_is_named(project):
    def named():
        module._code.cache_clear()
        return module.fingerprint(project / "script.py", project, ["house.elsewhere.LIMIT"])

    before = named()
    assert before != digest(project)
    write(project / "house/elsewhere.py", FILES["house/elsewhere.py"].replace("3", "4"))
    assert named() != before


def test_an_import_inside_a_function_counts_like_any_other(project):
    write(project / "script.py", "def later():\n    import house.elsewhere\n")
    assert edited(project, "house/elsewhere.py", "3", "4")


@pytest.mark.parametrize("line", ["import house.ground", "from house import ground", "from house.ground import double"])
def test_every_way_to_import_a_module_finds_it(project, line):
    write(project / "script.py", line + "\n")
    assert edited(project, "house/ground.py", "2 * x", "3 * x")


@pytest.mark.parametrize(("name", "counts"), [("numpy", True), ("torch", True), ("scipy", False), ("requests", False)])
def test_the_versions_of_numerical_libraries_that_are_imported_count(project, name, counts, monkeypatch):
    """NumPy is imported by the script, torch further down, SciPy not at all, and requests computes nothing."""
    before, version = digest(project), importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda other: "99" if other == name else version(other))
    module._version.cache_clear()
    assert (digest(project) != before) == counts


def test_a_library_that_is_absent_has_a_fingerprint_too(project, monkeypatch):
    def version(name):
        raise importlib.metadata.PackageNotFoundError(name)

    before = digest(project)
    monkeypatch.setattr(importlib.metadata, "version", version)
    module._version.cache_clear()
    assert digest(project) != before


def test_a_project_that_moves_keeps_its_fingerprints(project, tmp_path_factory):
    before = digest(project)
    elsewhere = tmp_path_factory.mktemp("moved")
    for name, text in FILES.items():
        write(elsewhere / name, text)
    assert digest(elsewhere) == before


def test_what_a_job_goes_on_with_is_of_its_code_its_device_and_the_contents_of_its_files(tmp_path):
    def of(*contents, code="a", device="cpu", folder="here"):
        paths = [tmp_path / folder / f"{number}.bin" for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            write(path, content)
        return module.origin(code, device, paths)

    first = of("one", "two")
    assert of("one", "two", folder="there") == first
    assert len({first, of("two", "one"), of("one"), of("one", "2"), of("onetwo", "")}) == 5
    assert first not in (of("one", "two", code="b"), of("one", "two", device="cuda"))


def test_no_study_depends_on_what_it_does_not_compute_with():
    """The control on the cohort, training on pictures, either on a description in the configuration."""

    def names(script):
        modules, _ = module._closure(WORKFLOW / "scripts" / f"{script}.py", WORKFLOW)
        return {str(path.relative_to(WORKFLOW / "earshot")) for path in modules}

    assert "learn/control.py" in names("localise_control")
    assert "learn/cohort.py" not in names("localise_control")
    assert not any(name.startswith(("show/", "signal/")) for name in names("localise_accelerated"))
    assert "config.py" not in names("localise_accelerated") | names("interaural_accelerated")
