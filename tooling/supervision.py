"""supervisord as a child process: its files, its state, and the programs' logs as they are written."""

from __future__ import annotations

import configparser
import ctypes
import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import xmlrpc.client
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from tooling.console import Problem
from tooling.noise import without_noise

LONGEST_SOCKET_PATH = 90  # the system's limit is 104 to 108, and supervisord appends its process id
STOP_SECONDS = 30
PARTS = ("engine", "app", "worker")


@dataclass(frozen=True)
class Layout:
    """Where one running Yunjiu keeps its process files and logs."""

    root: Path
    configuration: Path

    @classmethod
    def of(cls, root: Path) -> Layout:
        return cls(root, root / "deploy" / "supervisord.conf")

    @property
    def run(self) -> Path:
        return self.root / "var" / "run"

    @property
    def logs(self) -> Path:
        return self.root / "var" / "log"

    @property
    def pid_file(self) -> Path:
        return self.run / "supervisord.pid"

    @property
    def socket(self) -> Path:
        beside = self.run / "supervisor.sock"
        if len(str(beside)) <= LONGEST_SOCKET_PATH:
            return beside
        owner = f"yunjiu-{os.getuid()}-{zlib.crc32(str(self.root).encode()):x}"
        return Path(tempfile.gettempdir()) / owner / "supervisor.sock"

    def variables(self) -> dict[str, str]:
        """What deploy/supervisord.conf refers to as ENV_YUNJIU_*."""
        return {
            "YUNJIU_ROOT": str(self.root),
            "YUNJIU_RUN_DIR": str(self.run),
            "YUNJIU_LOG_DIR": str(self.logs),
            "YUNJIU_SOCKET": str(self.socket),
        }


def with_commands(configuration: Path, commands: Mapping[str, Sequence[str]], target: Path) -> Path:
    """A copy of the configuration in which these programs are replaced; all else stays as in earnest."""
    parser = configparser.RawConfigParser()
    parser.read(configuration, encoding="utf-8")
    for section in [name for name in parser.sections() if name.startswith("program:")]:
        program = section.partition(":")[2]
        if program in commands:
            parser.set(section, "command", shlex.join(commands[program]))
        else:
            parser.remove_section(section)
    with target.open("w", encoding="utf-8") as file:
        parser.write(file)
    return target


class Supervisor:
    """One supervisord and the programs that it keeps alive."""

    def __init__(self, layout: Layout, python: Path, environ: Mapping[str, str]) -> None:
        self._layout = layout
        self._python = python
        self._environ = {**environ, **layout.variables()}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        clear_stale(self._layout)
        layout = self._layout
        layout.logs.mkdir(parents=True, exist_ok=True)
        for folder in (layout.run, layout.socket.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (layout.logs / "supervisor.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._python), "-m", "supervisor.supervisord", "-n", "-c", str(layout.configuration)],
                cwd=layout.root,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # one Ctrl-C reaches the launcher only, which then stops all in order
                preexec_fn=_end_with_parent,
                umask=0o077,  # what people said is in var/
            )

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """Ask all to end; after STOP_SECONDS, or at a second Ctrl-C, make them."""
        if self._process is None or self.has_ended():
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            for pid in [*self.pids().values(), self._process.pid]:
                _kill(pid)
            self._process.wait()

    def states(self) -> dict[str, str]:
        """RUNNING, STARTING, BACKOFF, FATAL… by program; {} while supervisord does not answer."""
        return {program["name"]: program["statename"] for program in self._programs()}

    def pids(self) -> dict[str, int]:
        return {program["name"]: program["pid"] for program in self._programs() if program["pid"]}

    def _programs(self) -> list[dict[str, Any]]:
        transport = _SocketTransport(self._layout.socket)
        try:
            with xmlrpc.client.ServerProxy("http://supervisor/RPC2", transport) as remote:
                programs: Any = remote.supervisor.getAllProcessInfo()
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return []
        return list(programs)


class _SocketTransport(xmlrpc.client.Transport):
    """XML-RPC over supervisord's Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: object) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("supervisor", timeout=5)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(5)
        connection.sock.connect(str(self._path))
        return connection


def clear_stale(layout: Layout) -> None:
    """Remove what a supervisord that was killed left behind; a living one is a Problem."""
    pid = running_pid(layout)
    if pid:
        raise Problem(f"Yunjiu is already running from this folder (process {pid}). Stop it first: kill {pid}")
    layout.pid_file.unlink(missing_ok=True)
    layout.socket.unlink(missing_ok=True)


def running_pid(layout: Layout) -> int | None:
    """The process in the pid file, if it is alive and really a supervisord of this configuration."""
    try:
        pid = int(layout.pid_file.read_text())
    except (OSError, ValueError):
        return None
    command = _command_line(pid)
    return pid if "supervisord" in command and str(layout.configuration) in command else None


def _command_line(pid: int) -> str:
    if Path("/proc/self/cmdline").exists():  # Linux, also where ps is not installed
        listed = Path(f"/proc/{pid}/cmdline")
        return listed.read_bytes().replace(b"\0", b" ").decode(errors="replace") if listed.exists() else ""
    return subprocess.run(["ps", "-ww", "-p", str(pid), "-o", "command="], capture_output=True, text=True).stdout


def _end_with_parent() -> None:
    """Linux: should the launcher be killed, supervisord is told to stop."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


class Tail:
    """What has been appended to a log since the last look, also across its rotation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._rest = ""
        if path.exists():
            self._open().seek(0, os.SEEK_END)

    def lines(self) -> list[str]:
        if self._file is None and not self._path.exists():
            return []
        text = self._rest + (self._file or self._open()).read()
        if self._rotated():
            text += self._open().read()
        *whole, self._rest = text.split("\n")
        return whole

    def _open(self) -> TextIO:
        if self._file:
            self._file.close()
        self._file = self._path.open(encoding="utf-8", errors="replace")
        return self._file

    def _rotated(self) -> bool:
        assert self._file
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False
        return now.st_ino != os.fstat(self._file.fileno()).st_ino


class Relay:
    """The logs of all parts as one, each line after its part's name."""

    def __init__(self, logs: Path, parts: Iterable[str]) -> None:
        self._tails = {part: Tail(logs / f"{part}.log") for part in parts}
        self._width = max(map(len, self._tails))

    def lines(self) -> list[str]:
        return [
            f"{part:<{self._width}} | {line}"
            for part, tail in self._tails.items()
            for line in without_noise(tail.lines())
        ]
