"""A real SLURM cluster on this machine: controller, accounting and four nodes, for tests that start and stop it.

    python tests/slurm/cluster.py start | stop

It needs Debian's packages of SLURM 22.05, munge and MariaDB (`.ci/run` installs them) and root. SLURM's programs look
for their configuration in /etc/slurm and for munge at its usual place, so there is one such cluster on a machine. What
somebody else configured there is never touched, and only what was started here is stopped.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

HERE = Path(__file__).parent
ROOT = Path("/tmp/earshot-slurm")
CONFIGURATION = Path("/etc/slurm")
FILES = ["slurm.conf", "gres.conf", "slurmdbd.conf"]
NODES = ["cn1", "cn2", "gn1", "gn2"]
PROGRAMS = ["slurmctld", "slurmd", "slurmdbd", "sbatch", "munged", "mariadbd"]


def missing() -> str | None:
    """Say why no cluster can be started here, or None."""
    if absent := [program for program in PROGRAMS if not shutil.which(program)]:
        return f"SLURM is not installed here (no {', '.join(absent)})"
    if os.geteuid():
        return "the test cluster is started as root"
    if _said("munge", "-n") and not (ROOT / "run" / "munged.pid").exists():
        return "munge runs here already, for somebody else"
    strangers = [name for name in FILES if (CONFIGURATION / name).exists() and not _ours(name)]
    if strangers:
        return f"this machine is of somebody's cluster: {CONFIGURATION}/{strangers[0]}"
    return None


def _ours(name: str) -> bool:
    place = CONFIGURATION / name
    return place.is_symlink() and place.readlink() == ROOT / name


def start() -> None:
    """Start everything, with empty accounts, and wait until all nodes are idle."""
    stop()
    for part in ("controller", "log", "run", "munge", "database", *(f"spool/{node}" for node in NODES)):
        (ROOT / part).mkdir(parents=True)
        (ROOT / part).chmod(0o755)
    (ROOT / "nvidia0").symlink_to("/dev/null")
    CONFIGURATION.mkdir(exist_ok=True)
    for name in FILES:
        (ROOT / name).write_text((HERE / name).read_text().replace("@ROOT@", str(ROOT)))
        (ROOT / name).chmod(0o600 if name == "slurmdbd.conf" else 0o644)
        (CONFIGURATION / name).unlink(missing_ok=True)
        (CONFIGURATION / name).symlink_to(ROOT / name)
    _start_munge()
    _start_accounting()
    start_controller()
    for node in NODES:
        start_node(node)
    _wait("four nodes", lambda: sorted(_said("sinfo", "-hN", "-o", "%N %t").split()) == sorted([*NODES, *["idle"] * 4]))


def stop() -> None:
    """Stop everything that was started here, jobs and their steps first, and remove its files."""
    if not ROOT.exists():
        return
    for node in NODES:
        stop_node(node)
    _wait("the end of all job steps", _no_step_is_left)
    for name in ("slurmctld.pid", "slurmdbd.pid", "mariadbd.pid", "munged.pid"):
        _end(ROOT / "run" / name)
    for name in FILES:
        if _ours(name):
            (CONFIGURATION / name).unlink()
    shutil.rmtree(ROOT)


@contextmanager
def running() -> Iterator[None]:
    """Start the cluster, and stop it when the block ends."""
    start()
    try:
        yield
    finally:
        stop()


def start_controller() -> None:
    """Start the controller, which goes on where it was when it was killed."""
    subprocess.run(["slurmctld"], check=True, capture_output=True)
    _wait("the controller", lambda: "UP" in _said("scontrol", "ping"))


def kill_controller() -> None:
    """Kill the controller as a crash does."""
    _end(ROOT / "run" / "slurmctld.pid", signal.SIGKILL)


def forget_jobs() -> None:
    """Take from a controller that was killed what it had written down about jobs: from then on it knows none."""
    for file in (ROOT / "controller").glob("job_state*"):
        file.unlink()


def kill_accounting() -> None:
    """Kill the daemon that keeps accounts."""
    _end(ROOT / "run" / "slurmdbd.pid", signal.SIGKILL)


def start_accounting() -> None:
    """Start the daemon that keeps accounts, of which none are lost."""
    subprocess.run(["slurmdbd"], check=True, capture_output=True)
    _wait("accounting", lambda: bool(_said("sacctmgr", "list", "cluster")))


def start_node(node: str) -> None:
    """Start a node."""
    subprocess.run(["slurmd", "-N", node], check=True, capture_output=True)


def stop_node(node: str) -> None:
    """Stop a node's daemon; steps of its jobs may live on."""
    _end(ROOT / "run" / f"slurmd.{node}.pid")


def _start_munge() -> None:
    key = ROOT / "munge" / "key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    Path("/run/munge").mkdir(exist_ok=True)
    command = ["munged", "--force", "--num-threads=10", f"--key-file={key}", f"--pid-file={ROOT}/run/munged.pid"]
    command += [f"--log-file={ROOT}/munge/munged.log", f"--seed-file={ROOT}/munge/seed"]
    subprocess.run(command, check=True, capture_output=True)
    _wait("munge", lambda: bool(_said("munge", "-n")))


def _start_accounting() -> None:
    database, socket = ROOT / "database", ROOT / "database" / "socket"
    shutil.chown(database, "mysql", "mysql")
    install = ["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={database}", "--skip-test-db"]
    subprocess.run([*install, "--auth-root-authentication-method=socket"], check=True, capture_output=True)
    serve = ["mariadbd", "--no-defaults", "--user=mysql", f"--datadir={database}", f"--socket={socket}"]
    serve += ["--bind-address=127.0.0.1", "--port=33060", "--skip-name-resolve", "--performance-schema=OFF"]
    serve += ["--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0"]
    with (ROOT / "log" / "mariadbd.log").open("w") as log:
        server = subprocess.Popen(serve, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    (ROOT / "run" / "mariadbd.pid").write_text(str(server.pid))
    client = ["mariadb", "--no-defaults", "-uroot", f"--socket={socket}", "-e"]
    _wait("the database", lambda: bool(_said(*client, "select 1")))
    statements = "create database slurm_acct_db; create user slurm@'127.0.0.1' identified by 'slurm';"
    subprocess.run([*client, statements + " grant all on slurm_acct_db.* to slurm@'127.0.0.1';"], check=True)
    start_accounting()
    for what in (
        ["add", "cluster", "earshot"],
        ["add", "account", "tests", "cluster=earshot"],
        ["add", "account", "spare", "cluster=earshot"],
        ["add", "user", "root", "account=tests,spare", "defaultaccount=tests"],
        ["modify", "user", "root", "set", "defaultaccount=tests"],
    ):
        subprocess.run(["sacctmgr", "-i", *what], check=False, capture_output=True)


def _said(*command: str) -> str:
    """Return what a command says, nothing when it fails or hangs."""
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _wait(what: str, ready: Callable[[], bool], patience_s: float = 120) -> None:
    give_up = time.monotonic() + patience_s
    while not ready():
        if time.monotonic() > give_up:
            raise TimeoutError(f"{what} did not come up in {patience_s:.0f} s; logs are in {ROOT}/log")
        time.sleep(0.1)


def _end(pid_file: Path, how: signal.Signals = signal.SIGTERM) -> None:
    """End the process of a pid file and wait until it is gone."""
    try:
        process = psutil.Process(int(pid_file.read_text()))
        if process.name() != pid_file.name.partition(".")[0]:  # the number is somebody else's by now
            raise psutil.NoSuchProcess(process.pid)
        process.send_signal(how)
        try:
            process.wait(10)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(10)
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        pass
    pid_file.unlink(missing_ok=True)


def _steps() -> Iterator[psutil.Process]:
    """Go through the processes of this cluster's job steps, and their children."""
    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error, OSError):
            if process.info["name"] == "slurmstepd" and _has_open(process, ROOT):
                yield from process.children(recursive=True)
                yield process


def _no_step_is_left() -> bool:
    """Kill what is left of job steps; one may be about to begin, which would refuse a job of the next cluster."""
    steps = list(_steps())
    for process in steps:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return not steps


def _has_open(process: psutil.Process, folder: Path) -> bool:
    links = Path(f"/proc/{process.pid}/fd").iterdir()
    return any(str(link.readlink()).startswith(f"{folder}/") for link in links)


if __name__ == "__main__":
    {"start": start, "stop": stop}[sys.argv[1]]()
