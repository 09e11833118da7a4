"""The device that computes."""

import fcntl
import importlib
import importlib.util
import logging
import os
import re
import socket
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar

import torch

from earshot.errors import DeviceError

log = logging.getLogger(__name__)

# Not AMX: by it oneDNN of torch 2.13.0 gives NaN and noise for a convolution of 3 x 3 in bfloat16 that takes strides of
# 2 over maps of one or two columns, as clips of half a second have; by AVX-512 gradients alone, and over one column.
# oneDNN reads this at its first use; who sets it otherwise is left alone.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16")

_PROCESSOR = Path("/proc/cpuinfo")
_BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}  # what Linux calls them, of processors of x86 and of Arm

Precision = Literal["float32", "bfloat16"]
DeviceName = Literal["auto", "cpu", "cuda"]
T = TypeVar("T")
R = TypeVar("R")


def choose(name: DeviceName) -> torch.device:
    """Return the torch device of that name; "auto" is a CUDA device where there is one, else the CPU.

    Of several GPUs it is one that no other job of Earshot on this machine has taken, as long as there is such a one.
    Raises DeviceError when CUDA was asked for and is not there. Where a cluster gave this job a GPU that torch does not
    find, "auto" computes on the CPU and says so in the log.
    """
    here = f"on {socket.gethostname().partition('.')[0]}"
    if given := os.environ.get("CUDA_VISIBLE_DEVICES"):
        here += f", which gave this job the GPU {given}"
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceError(
            f"device: cuda was asked for, but torch finds no CUDA device {here}. "
            "Run on a node with a GPU, or set device to auto or cpu."
        )
    if name == "auto" and given and not torch.cuda.is_available():
        log.warning("torch finds no CUDA device %s: computing on the CPU", here)
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    if torch.cuda.device_count() == 1:
        return torch.device("cuda")
    own = torch.device("cuda", _own_gpu())
    torch.cuda.set_device(own)
    return own


def _opened(path: Path) -> int:
    """Open a file that may be another user's, to lock it."""
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)


@cache
def _own_gpu() -> int:
    """Return the number of a GPU that is this process's until it ends, or else of the one with most free memory.

    What is taken is locked: the kernel gives it back however the process ends.
    """
    known = range(torch.cuda.device_count())
    for number in known:
        gpu = torch.cuda.get_device_properties(number).uuid
        try:
            fcntl.flock(_opened(Path(tempfile.gettempdir(), f"earshot-gpu-{gpu}")), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        return number
    return max(known, key=lambda number: torch.cuda.mem_get_info(number)[0])


def array_modules(device: torch.device) -> tuple[ModuleType, ModuleType]:
    """Return arrays and their Fourier transforms: CuPy's for a CUDA device where CuPy is, else NumPy's and SciPy's."""
    on_gpu = device.type == "cuda" and importlib.util.find_spec("cupy")
    names = ("cupy", "cupyx.scipy.fft") if on_gpu else ("numpy", "scipy.fft")
    arrays, transforms = map(importlib.import_module, names)
    if on_gpu and device.index is not None:
        arrays.cuda.Device(device.index).use()
    return arrays, transforms


def side_by_side(function: Callable[[T], R], items: Iterable[T], device: torch.device) -> list[R]:
    """Call a function on each item and return what it returns, in order.

    On the CPU there are as many items at a time as torch has threads, each in one thread: for work of many small steps
    that is faster than to divide every step, and no result depends on the number of threads. A GPU takes one item
    after another.
    """
    if device.type != "cpu":
        return [function(item) for item in items]
    with ThreadPoolExecutor(torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,)) as threads:
        return list(threads.map(function, items))


def tensor(array: Any, device: torch.device) -> torch.Tensor:
    """Return a NumPy or CuPy array as a tensor on the device, without a copy when it lies there already (DLPack)."""
    return torch.utils.dlpack.from_dlpack(array).to(device)


def precision_on(device: torch.device, wanted: Precision) -> Precision:
    """Return the precision to compute in where one is wanted: float32 on a device without instructions for bfloat16.

    There bfloat16 is slower than 32 bits, by far.
    """
    return wanted if wanted == "float32" or has_bfloat16(device) else "float32"


def has_bfloat16(device: torch.device) -> bool:
    """Return whether a device has instructions for bfloat16."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    said = _PROCESSOR.read_text() if _PROCESSOR.exists() else ""
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", said, re.MULTILINE)
    return bool(found and _BFLOAT16.intersection(found[1].split()))


def describe(device: torch.device) -> str:
    """Return the device's name as a report shows it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
