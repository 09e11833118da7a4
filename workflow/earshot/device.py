"""The device that computes."""

import importlib.util
from types import ModuleType
from typing import Any

import numpy as np
import torch

from earshot.config import DeviceName
from earshot.errors import DeviceError


def choose(name: DeviceName) -> torch.device:
    """Return the torch device of that name; "auto" is the first CUDA device where there is one, else the CPU.

    Raises DeviceError when CUDA was asked for and is not there.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceError(
            "config key device: cuda was asked for, but torch finds no CUDA device here. "
            "Run on a node with a GPU, or set device to auto or cpu."
        )
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def array_module(device: torch.device) -> ModuleType:
    """Return CuPy for a CUDA device where CuPy is installed, else NumPy."""
    if device.type == "cuda" and importlib.util.find_spec("cupy"):
        cupy: ModuleType = importlib.import_module("cupy")
        return cupy
    return np


def tensor(array: Any, device: torch.device) -> torch.Tensor:
    """Return a NumPy or CuPy array as a tensor on the device, without a copy when it lies there already (DLPack)."""
    return torch.utils.dlpack.from_dlpack(array).to(device)


def describe(device: torch.device) -> str:
    """Return the device's name as a report shows it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
