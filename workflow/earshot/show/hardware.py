"""The machine that a figure was measured on."""

import os
import platform
import socket
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


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
