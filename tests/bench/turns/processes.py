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
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            self._started.append(
                subprocess.Popen(
                    command, cwd=cwd, env=dict(environ), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
                )
            )

    def stop(self) -> None:
        for process in self._started:
            os.killpg(process.pid, signal.SIGTERM)
        for process in self._started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._started.clear()

    def processor_seconds(self) -> float:
        """User and system time so far of all that live."""
        return sum(_times(pid) for pid in self._pids())

    def memory_mb(self) -> float:
        """Proportional set size: what several processes share counts once."""
        return sum(_proportional_kb(pid) for pid in self._pids()) / 1024

    def _pids(self) -> Iterator[int]:
        """Each process leads a session of its own, to which its children belong."""
        leaders = {process.pid for process in self._started}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                session = int((path / "stat").read_text().rsplit(")", 1)[1].split()[3])
            except (OSError, IndexError):
                continue
            if session in leaders:
                yield int(path.name)


def _times(pid: int) -> float:
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
