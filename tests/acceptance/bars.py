"""What a bar is, and what its measurement may use: a log, and commands that are logged."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import TextIO

import torch
from chromium import missing as missing_browser
from mpi import missing as missing_mpi
from slurm.cluster import missing as missing_cluster

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("EARSHOT_DATA", ROOT.parent / "shared" / "data")).resolve()


class Missed(Exception):
    """A bar is missed for a reason that its measurement cannot go on after."""


@dataclass(frozen=True)
class Finished:
    """A command that ended."""

    code: int
    output: str
    seconds: float


class Log:
    """What a bar did, line by line, in a file; what a person who waits should see goes to the terminal too."""

    def __init__(self, file: TextIO):
        self.file = file

    def say(self, text: str) -> None:
        """Tell the file and the terminal."""
        print(f"    {text}", flush=True)
        self.write(text)

    def write(self, text: str) -> None:
        """Tell the file alone."""
        print(text, file=self.file, flush=True)

    def keep(self, folder: Path) -> None:
        """Keep what a run made, a folder with few files, beside the log."""
        shutil.copytree(folder, Path(self.file.name).with_suffix(""), dirs_exist_ok=True)

    def run(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
        kill_after_s: float | None = None,
    ) -> Finished:
        """Run a command, or kill it and all that it started after a while, and log what it said."""
        self.write(f"{folder}$ {' '.join(command)}")
        began, start = time.monotonic(), self.file.tell()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | dict(environment or {}),
            stdout=self.file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait(kill_after_s)
        except subprocess.TimeoutExpired:
            self.write(f"[killed after {kill_after_s} s]")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, SIGKILL)
            process.wait()
        finished = Finished(
            process.returncode,
            Path(self.file.name).read_bytes()[start:].decode(errors="replace"),
            time.monotonic() - began,
        )
        self.write(f"[exit status {finished.code} after {finished.seconds:.1f} s]\n")
        return finished

    def succeed(self, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Finished:
        """Run a command that has to end well. Raises Missed when it does not."""
        finished = self.run(command, folder, environment)
        if finished.code:
            what = " ".join([Path(command[0]).name, *command[1:3]])
            raise Missed(f"{what} ended with exit status {finished.code}; its log says why")
        return finished


Measurement = Callable[[Log], tuple[str, bool]]  # what was measured, in words, and whether that passes


@dataclass(frozen=True)
class Bar:
    """Something that an issue asks for, and how it is measured."""

    name: str
    wanted: str
    measure: Measurement
    needs: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """Say what it needs that is not here."""
        if "data" in self.needs and not DATA.is_dir():
            return "the real data sets are not here; set EARSHOT_DATA to their folder"
        if "gpu" in self.needs and not torch.cuda.is_available():
            return "no CUDA GPU here"
        if "browser" in self.needs and (reason := missing_browser()):
            return reason
        if "slurm" in self.needs and (reason := missing_cluster()):
            return reason
        if "mpi" in self.needs and (reason := missing_mpi()):
            return reason
        return ""


class Bars(list[Bar]):
    """The bars of an issue, in the order in which they are measured."""

    def add(self, name: str, wanted: str, *needs: str) -> Callable[[Measurement], Measurement]:
        """Make the decorated function the measurement of a bar."""

        def register(measure: Measurement) -> Measurement:
            self.append(Bar(name, wanted, measure, needs))
            return measure

        return register
