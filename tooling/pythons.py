"""Finds the Python interpreters that the two environments need, pyenv's unselected ones among them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

# It also has to have been built with what Yunjiu imports.
PROBE = """import sys, ssl, sqlite3, ctypes, zlib
print(sys.implementation.name, ".".join(map(str, sys.version_info[:3])))"""


class Version(NamedTuple):
    major: int
    minor: int
    micro: int

    def __str__(self) -> str:
        return ".".join(map(str, self))


@dataclass(frozen=True)
class Interpreter:
    path: Path
    version: Version


@dataclass(frozen=True)
class Places:
    """Where interpreters may be; a test points this at folders of its own."""

    path: tuple[Path, ...]
    home: Path
    pyenv_roots: tuple[Path, ...]
    prefixes: tuple[Path, ...] = (Path("/opt"), Path("/usr/local"), Path("/usr"))

    @classmethod
    def of_this_machine(cls, environ: Mapping[str, str] = os.environ) -> Places:
        home = Path(environ.get("HOME", "/"))
        roots = [Path(environ["PYENV_ROOT"])] if environ.get("PYENV_ROOT") else []
        folders = [Path(folder) for folder in environ.get("PATH", "").split(os.pathsep) if folder]
        return cls(tuple(folders), home, (*roots, home / ".pyenv", Path("/opt/pyenv")))


def candidates(minor: int, places: Places) -> Iterator[Path]:
    """Paths that may be CPython 3.`minor`, likeliest first."""
    names = (f"python3.{minor}", "python3", "python")
    for name in names:
        yield from (folder / name for folder in places.path)
    for root in places.pyenv_roots:
        yield from _globbed(root / "versions", f"3.{minor}.*/bin/python")
    managed = places.home / ".local" / "share" / "uv" / "python"
    yield from _globbed(managed, f"cpython-3.{minor}.*/bin/python3.{minor}")
    for prefix in places.prefixes:
        yield prefix / "bin" / f"python3.{minor}"
        yield from _globbed(prefix, f"*/bin/python3.{minor}")
        yield from _globbed(prefix, f"*/3.{minor}.*/bin/python3.{minor}")


def _globbed(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern), reverse=True) if folder.is_dir() else []


def probe(path: Path) -> Version | None:
    """The version of a working CPython that has what Yunjiu needs, else None (a pyenv shim may be neither)."""
    if not path.is_file():
        return None
    try:
        answer = subprocess.run(
            [str(path), "-c", PROBE], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL
        )
        name, _, number = answer.stdout.strip().partition(" ")
        major, minor, micro = (int(part) for part in number.split("."))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return Version(major, minor, micro) if name == "cpython" else None


def find(minors: Iterable[int], places: Places) -> Interpreter | None:
    """The first working interpreter of one of these minor versions."""
    for minor in minors:
        for path in candidates(minor, places):
            version = probe(path)
            if version and version[:2] == (3, minor):
                return Interpreter(path, version)
    return None


def running() -> Path:
    """The interpreter that runs this; of a virtual environment, the one that it was made from."""
    return Path(getattr(sys, "_base_executable", sys.executable))
