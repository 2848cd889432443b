"""How the verbs speak: numbered steps with elapsed time, and problems that say what to do."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tooling.noise import plain, without_noise

HEARTBEAT_SECONDS = 15.0


class Problem(Exception):
    """Something that the developer has to put right; the text says what and how."""


class Steps:
    """Numbered steps of one verb: `[2/5] training the model… 40 s`."""

    def __init__(self, total: int, out: TextIO | None = None, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._total = total
        self._number = 0
        self._out = out or sys.stdout
        self._heartbeat = heartbeat

    def say(self, text: str) -> None:
        print(text, file=self._out, flush=True)

    def skip(self, text: str) -> None:
        self._number += 1
        self.say(f"[{self._number}/{self._total}] {text}")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        self.skip(f"{text}…")
        started = time.monotonic()
        over = threading.Event()
        beat = threading.Thread(target=self._beat, args=(started, over), daemon=True)
        beat.start()
        ending = "failed after"
        try:
            yield
            ending = "done in"
        finally:
            over.set()
            beat.join()
            self.say(f"      {ending} {elapsed(started)}")

    def _beat(self, started: float, over: threading.Event) -> None:
        while not over.wait(self._heartbeat):
            self.say(f"      … {elapsed(started)}")


def elapsed(started: float) -> str:
    seconds = round(time.monotonic() - started)
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min {seconds % 60} s"


def last_lines(log: Path, count: int = 40) -> str:
    """The end of a log without the libraries' known noise, indented."""
    if not log.exists():
        return "    (nothing was logged)"
    text = log.read_text(encoding="utf-8", errors="replace").replace("\r", "\n")
    lines = list(without_noise(text.splitlines()))[-count:]
    return "\n".join(f"    {plain(line)}" for line in lines) or "    (nothing was logged)"


def run_logged(
    command: Sequence[str | Path], log: Path, environ: Mapping[str, str], cwd: Path, failed: str, cure: str
) -> None:
    """Run a command with its output in `log`; on failure raise a Problem with the log's end and the cure."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        finished = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if finished.returncode:
        said = f"Its last lines:\n{last_lines(log)}\nAll of it: {log}"
        raise Problem(f"{failed} (exit {finished.returncode}). {said}\n{cure}".rstrip())
