"""Shards: tensors of many items in one safetensors file, with an index of the items beside it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from earshot.errors import DataError
from earshot.files import replacing

if TYPE_CHECKING:  # what needs no tensors of torch is spared its second of loading
    import torch

_SETTINGS = "earshot"  # one key: safetensors writes several in no fixed order, and equal shards would differ in bytes


def write_tensors(path: Path | str, tensors: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> None:
    """Write tensors and the settings (as JSON) that they were made with. Equal content gives equal bytes.

    Raises DataError when the file cannot be written.
    """
    with replacing(path) as temporary:
        contiguous = {name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)}
        try:
            save_file(contiguous, temporary, {_SETTINGS: json.dumps(settings, sort_keys=True)})
        except SafetensorError as error:  # a full disk, above all: the library has one error for everything
            raise DataError(f"{path} could not be written ({error}). Free space there and start again.") from error


def read_tensors(path: Path | str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the tensors and the settings of a file that `write_tensors` wrote.

    Raises DataError when the file is missing, damaged or without settings.
    """
    return _open(path, "numpy")


def map_tensors(path: Path | str) -> tuple[dict[str, "torch.Tensor"], dict[str, Any]]:
    """Return the same on the CPU, mapped into memory: a part is read from the file when it is used.

    Raises DataError when the file is missing, damaged or without settings.
    """
    return _open(path, "pt")


def read_settings(path: Path | str) -> dict[str, Any]:
    """Return the settings of such a file, without reading its tensors.

    Raises DataError when the file is missing, damaged or without settings.
    """
    return _open(path, "numpy", tensors=False)[1]


def _open(path: Path | str, framework: str, tensors: bool = True) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        with safe_open(path, framework) as file:
            settings = json.loads((file.metadata() or {})[_SETTINGS])
            names = file.keys() if tensors else ()
            return {name: file.get_tensor(name) for name in names}, settings
    except (OSError, SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise DataError(f"{path}: no tensors of ours are in it ({error}). Delete it and run again.") from error
