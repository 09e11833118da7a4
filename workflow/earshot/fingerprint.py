"""A digest of the code that a result came from, which a comment does not change."""

import ast
import hashlib
import importlib.metadata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

# Distributions whose version changes what is computed, by the name that they are imported by.
_NUMERICAL = {
    "librosa": ["librosa"],
    "lightning": ["lightning"],
    "neuralop": ["neuraloperator", "tensorly", "tensorly-torch"],
    "nnAudio": ["nnaudio"],
    "numpy": ["numpy"],
    "optuna": ["optuna"],
    "pedalboard": ["pedalboard"],
    "pyroomacoustics": ["pyroomacoustics"],
    "scipy": ["scipy"],
    "sklearn": ["scikit-learn"],
    "sofar": ["sofar"],
    "soundfile": ["soundfile"],
    "soxr": ["soxr"],
    "torchaudio": ["torchaudio"],
    "torch": ["torch", "cupy-cuda12x", "cupy-cuda13x"],  # what uses torch may use CuPy, which it imports by name
}

# Modules that compute nothing: other words, other care about who writes, what is said of the machine and how code is
# known again make no result stale. (The names that `hardware` gives are read back from tables: keep them.)
_BESIDE_RESULTS = {"errors.py", "fingerprint.py", "hardware.py", "progress.py", "writer.py"}


def fingerprint(script: Path, library: Path, by_name: Iterable[str] = ()) -> str:
    """Return a digest of a script and of all modules of the library that it imports, directly or not.

    `by_name` are dotted names of what it imports when it runs. `library` is the folder that holds the package; what
    lies elsewhere, as the scripts' common frame does, is left out. What counts is the syntax tree without docstrings,
    and the versions of the numerical libraries that are imported: an edited comment, a moved line and a checkout leave
    the digest as it was.
    """
    modules, packages = _closure(script, library, by_name)
    modules -= {library / "earshot" / name for name in _BESIDE_RESULTS}
    parts = [_code(script)[0], *(_code(path)[0] for path in sorted(modules))]
    used = [distribution for name in sorted(packages & _NUMERICAL.keys()) for distribution in _NUMERICAL[name]]
    parts += [f"{name} {_version(name)}" for name in used]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def origin(code: str, device: str, files: Iterable[Path | str]) -> str:
    """Return a name for what is made by code of this fingerprint on this kind of device from the contents of files.

    What a stopped job left behind is gone on with only where its origin is the same.
    """
    digest = hashlib.sha256("\n".join([code, device]).encode())
    for path in files:
        with Path(path).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]


def _closure(script: Path, library: Path, by_name: Iterable[str] = ()) -> tuple[set[Path], set[str]]:
    """Return the library's modules that a script needs, and the names of the other packages that they import."""
    modules: set[Path] = set()
    packages: set[str] = set()
    waiting = [*by_name, *_code(script)[1]]
    while waiting:
        name = waiting.pop()
        found = _module(name, library)
        if found is None:
            packages.add(name.split(".")[0])
        elif found not in modules:
            modules.add(found)
            waiting += _code(found)[1]
    return modules, packages


@cache
def _module(name: str, library: Path) -> Path | None:
    """Return the library's file for a dotted name: a module, or a name inside one."""
    parts = name.split(".")
    while parts:
        stem = library.joinpath(*parts)
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path.exists():
                return path
        parts.pop()
    return None


@cache
def _code(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return a file's syntax tree without docstrings, and the dotted names that it imports."""
    tree = ast.parse(path.read_text())
    names: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                names += [alias.name for alias in node.names]
            case ast.ImportFrom(module=str(module), level=0):
                names += [f"{module}.{alias.name}" for alias in node.names]
            case ast.Module() | ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                if ast.get_docstring(node, clean=False) is not None:
                    node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree), tuple(names)


@cache
def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"
