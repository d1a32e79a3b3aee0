"""Starts and stops the two servers, and reads what processor time they used. Ends only what it started."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PREFIX = "OSTEOHOOKS_"  # both servers run on default settings, whatever this shell has set
START_SECONDS, STOP_SECONDS = 30, 25
COMMANDS = {
    "service": ("-c", "from cds_service.cli import main; main()", "serve", "--port"),
    "floor": ("-m", "benchmarks.floor"),
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its name, its port on 127.0.0.1 and its master process."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """Processor time that the master and its workers have used so far."""
        return sum(map(_cpu_seconds, (self.process.pid, *_children(self.process.pid))))

    def memory(self) -> int:
        """Bytes of memory of the largest of the master and its workers, at their highest."""
        return max(_memory(pid, "VmHWM") for pid in (self.process.pid, *_children(self.process.pid)))

    def memory_now(self) -> int:
        """Bytes of memory of the largest of them at this moment."""
        return max(_memory(pid, "VmRSS") for pid in (self.process.pid, *_children(self.process.pid)))


@contextmanager
def serving(name: str, workers: int = 1, **settings: str) -> Iterator[Server]:
    """One of ``COMMANDS``, ready to answer; ended on the way out, also after an error. ``settings`` beyond the default.

    Raises:
        RuntimeError: it did not start; its words are in ``build/bench-<name>.log``.
    """
    BUILD.mkdir(exist_ok=True)
    port, log = _free_port(), BUILD / f"bench-{name}.log"
    environment = {key: value for key, value in os.environ.items() if not key.upper().startswith(PREFIX)}
    named = {f"{PREFIX}{key.upper()}": value for key, value in settings.items()}
    with log.open("wb") as words, TemporaryDirectory() as state:
        process = subprocess.Popen(
            [sys.executable, *COMMANDS[name], str(port)],
            cwd=ROOT,
            env=environment | {f"{PREFIX}STATE_DIR": state, f"{PREFIX}WORKERS": str(workers)} | named,
            stdout=words,
            stderr=words,
        )
        try:
            _await(process, port, log)
            yield Server(name, port, process)
        finally:
            _end(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"a server did not start: see {log.relative_to(ROOT)}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()  # its workers notice that their master is gone, and leave
        process.wait()


def _children(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(_stat(folder)[1])
        except OSError:
            continue  # ended while we were looking
        if parent == pid:
            found.append(int(folder.name))
    return found


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process, all threads: to the nanosecond where the kernel counts so, else its ticks."""
    folder = Path("/proc") / str(pid)
    try:
        counts = [(task / "schedstat").read_text().split()[0] for task in (folder / "task").iterdir()]
        return sum(map(int, counts)) / 1e9
    except OSError:
        user, system = _stat(folder)[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int, kind: str) -> int:
    lines = (Path("/proc") / str(pid) / "status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(kind))


def _stat(folder: Path) -> list[str]:
    """The fields of ``/proc/<pid>/stat`` from the third one on; the second, the name, may itself hold blanks."""
    return (folder / "stat").read_text().rpartition(")")[2].split()
