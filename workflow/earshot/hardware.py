"""The machine that a figure was measured on."""

import os
import platform
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from earshot import device
from earshot.device import DeviceName


def hardware(device_name: DeviceName) -> dict[str, Any]:
    """Return processor, usable cores, memory in gigabytes, computing device and host."""
    return {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "device": device.describe(device.choose(device_name)),
        "host": socket.gethostname(),
    }


def computing(machine: Mapping[str, Any], device: str, cores: int) -> str:
    """Say what computes on a machine: its GPU where the device is "cuda", else so many cores of its processor."""
    if device == "cuda":
        return str(machine["device"])
    return f"{machine['cpu']}, {cores} {'core' if cores == 1 else 'cores'}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
