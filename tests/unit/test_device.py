"""Of several GPUs each job takes one of its own."""

import subprocess
import sys

import pytest
import torch
from earshot import device

# A machine of three GPUs, as torch would tell of it; the second has most free memory.
MACHINE = """
import sys, tempfile
from types import SimpleNamespace
import torch
tempfile.tempdir = sys.argv[1]
torch.cuda.is_available = lambda: True
torch.cuda.device_count = lambda: 3
torch.cuda.get_device_properties = lambda number: SimpleNamespace(uuid=f"gpu{number}")
torch.cuda.set_device = lambda device: None
torch.cuda.mem_get_info = lambda number: ((5, 9, 7)[number], 16)
from earshot import device
print(device.choose("auto"), device.choose("cuda"), device.choose("cpu"), flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("said", "has"),
    [
        ("flags\t\t: fpu avx2 avx512f avx512_bf16\n", True),
        ("Features\t: fp asimd bf16\n", True),
        ("flags\t\t: fpu avx2 avx512f\nbugs\t: bf16\n", False),
        (None, False),
    ],
)
def test_instructions_for_bfloat16_are_those_that_the_system_tells_of(said, has, tmp_path, monkeypatch):
    told = tmp_path / "cpuinfo"
    if said:
        told.write_text(said)
    monkeypatch.setattr(device, "_PROCESSOR", told)
    assert device.has_bfloat16(torch.device("cpu")) == has


@pytest.fixture
def job(tmp_path):
    """Start a job; what is returned says which device it chose, and ends it."""
    jobs = []

    def start():
        command = [sys.executable, "-c", MACHINE, str(tmp_path)]
        jobs.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return jobs[-1], jobs[-1].stdout.readline().split()

    yield start
    for one in jobs:
        one.kill()
        one.communicate()


def test_each_job_has_a_gpu_of_its_own_until_it_ends(job):
    started = [job() for _ in range(3)]
    assert [said for _, said in started] == [[f"cuda:{number}"] * 2 + ["cpu"] for number in range(3)]
    assert job()[1][0] == "cuda:1", "all are taken: the one with most free memory"
    second = started[1][0]
    second.kill()
    second.wait()
    assert job()[1][0] == "cuda:1"


def test_one_gpu_is_shared_by_all(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert device.choose("auto") == torch.device("cuda")
