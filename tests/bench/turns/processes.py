"""Processes that are measured: their processor time and their memory, all of a peer's together, children too."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Group:
    """Started together and ended together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            self._started[name] = subprocess.Popen(
                command, cwd=cwd, env=dict(environ), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def stop(self) -> None:
        for process in self._started.values():
            os.killpg(process.pid, signal.SIGTERM)
        for process in self._started.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._started.clear()

    def processor_seconds(self) -> float:
        """User and system time so far of all that live."""
        return sum(self.seconds_by_name().values())

    def seconds_by_name(self) -> dict[str, float]:
        """As :meth:`processor_seconds`, of each that was started."""
        return {name: sum(map(processor_seconds, self._pids(name))) for name in self._started}

    def memory_mb(self) -> float:
        """Proportional set size: what several processes share counts once."""
        return sum(self.memory_by_name().values())

    def memory_by_name(self) -> dict[str, float]:
        return {name: sum(map(_proportional_kb, self._pids(name))) / 1024 for name in self._started}

    def _pids(self, name: str) -> Iterator[int]:
        """Each process leads a session of its own, to which its children belong."""
        leader = self._started[name].pid
        for path in Path("/proc").glob("[0-9]*"):
            try:
                session = int((path / "stat").read_text().rsplit(")", 1)[1].split()[3])
            except (OSError, IndexError):
                continue
            if session == leader:
                yield int(path.name)


def processor_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _proportional_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
