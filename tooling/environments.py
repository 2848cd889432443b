"""The two environments, made by uv from the one lock, and remade only when something changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tooling import pythons
from tooling.console import Problem, Steps, run_logged

OLDEST_UV = (0, 8, 0)
STAMP = ".yunjiu-stamp.json"


@dataclass(frozen=True)
class Environment:
    folder: str
    name: str
    size: str
    plain: str  # the dependency group that running needs
    full: str  # the group that tests need; holds all of `plain`
    minors: tuple[int, ...]  # of Python 3, best first
    cure: str

    def python(self, root: Path) -> Path:
        return root / self.folder / "bin" / "python"


APP = Environment(
    folder=".venv",
    name="the app's environment",
    size="about 400 MB, up to 1 min",
    plain="app",
    full="dev",
    minors=(12, 11, 13, 14),
    cure="Yunjiu's app needs Python 3.11 or newer, and none was found. Install one and run this again:\n"
    "  Debian 12 or Ubuntu 24.04: apt-get install python3     with pyenv: pyenv install 3.12",
)
ENGINE = Environment(
    folder=".venv-engine",
    name="the engine's environment",
    size="about 2.5 GB, 1–3 min",
    plain="engine",
    full="engine-dev",
    minors=(10,),
    cure="Rasa needs Python 3.10, and none was found: not on PATH, not in pyenv, not in /opt or /usr/local;\n"
    "`uv python install 3.10` could not download one either. Install it and run this again:\n"
    "  with pyenv: pyenv install 3.10     Ubuntu 22.04: apt-get install python3.10",
)


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Two verbs at once in one folder take turns at installing and training."""
    lock = root / ".cache" / "setup.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Installer:
    """Makes environments in `root`; finds or installs uv when it is first needed."""

    def __init__(self, root: Path, places: pythons.Places, environ: Mapping[str, str] = os.environ) -> None:
        self._root = root
        self._places = places
        self._environ = {name: value for name, value in environ.items() if name != "VIRTUAL_ENV"}
        self._uv: Path | None = None

    def ensure(self, environment: Environment, steps: Steps, full: bool = False) -> None:
        """Install the environment unless its stamp says that nothing changed."""
        group = environment.full if full else environment.plain
        with alone(self._root):
            if up_to_date(self._root, environment, group):
                steps.skip(f"{environment.name}: up to date")
                return
            if installed_group(self._root, environment) == environment.full:
                group = environment.full  # never take the tests' tools away again
            with steps.step(f"installing {environment.name} ({environment.size})"):
                self._sync(environment, group, self.interpreter(environment))

    def interpreter(self, environment: Environment) -> pythons.Interpreter:
        """The Python that runs this, if it will do, before any other."""
        version = pythons.probe(pythons.running())
        if version and version.major == 3 and version.minor in environment.minors:
            return pythons.Interpreter(pythons.running(), version)
        found = pythons.find(environment.minors, self._places) or self._from_uv(environment)
        if not found:
            raise Problem(environment.cure)
        return found

    def _from_uv(self, environment: Environment) -> pythons.Interpreter | None:
        """uv knows places of its own; as a last resort it downloads an interpreter."""
        wanted = f"3.{environment.minors[0]}"
        for arguments in (["find", "--system", wanted], ["install", wanted], ["find", "--system", wanted]):
            answer = subprocess.run(
                [str(self.uv()), "python", *arguments],
                cwd=self._root,
                env=self._environ,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
            )
            path = Path(answer.stdout.strip() or os.devnull)
            version = pythons.probe(path) if arguments[0] == "find" else None
            if version and version.minor == environment.minors[0]:
                return pythons.Interpreter(path, version)
        return None

    def uv(self) -> Path:
        self._uv = self._uv or find_uv(self._root, self._places) or self._install_uv()
        return self._uv

    def _install_uv(self) -> Path:
        """Into a private environment; where Debian's python3 has no venv, into a plain folder."""
        folder, log = self._root / ".cache" / "uv", self._root / ".cache" / "log" / "uv.log"
        shutil.rmtree(folder, ignore_errors=True)
        python = pythons.running()
        try:
            self._logged([python, "-m", "venv", folder], log, "")
            pip: list[str | Path] = [folder / "bin" / "python", "-m", "pip", "install"]
        except Problem:
            shutil.rmtree(folder, ignore_errors=True)
            pip = [python, "-m", "pip", "install", "--target", folder]
        self._logged(
            [*pip, "--quiet", "uv"],
            log,
            "Yunjiu installs with uv, and pip could not install it. Install uv yourself (pip install uv, or\n"
            "apt-get install python3-venv python3-pip and run this again), or see that PyPI can be reached.",
        )
        return folder / "bin" / "uv"

    def _sync(self, environment: Environment, group: str, python: pythons.Interpreter) -> None:
        stamp = self._root / environment.folder / STAMP
        stamp.unlink(missing_ok=True)
        self._logged(
            [self.uv(), "sync", "--frozen", "--no-progress", "--group", group, "--python", python.path],
            self._root / ".cache" / "log" / f"{environment.plain}.log",
            "See that PyPI can be reached and that the disk has room (3 GB), then run this again:\n"
            f"it goes on where it stopped. If it still fails, remove {environment.folder} first.",
            UV_PROJECT_ENVIRONMENT=str(self._root / environment.folder),
        )
        stamp.write_text(json.dumps(_stamp(self._root, environment, group)), encoding="utf-8")

    def _logged(self, command: list[str | Path], log: Path, cure: str, **variables: str) -> None:
        environ = {**self._environ, **variables}
        run_logged(command, log, environ, self._root, f"{Path(command[0]).name} failed", cure)


def find_uv(root: Path, places: pythons.Places) -> Path | None:
    own = (places.home / ".local" / "bin", places.home / ".cargo" / "bin", root / ".cache" / "uv" / "bin")
    for folder in (*places.path, *own):
        uv = folder / "uv"
        if uv.is_file() and _uv_version(uv) >= OLDEST_UV:
            return uv
    return None


def _uv_version(uv: Path) -> tuple[int, ...]:
    """() where it does not run, as pyenv's shim of a version that is not selected does not."""
    try:
        answer = subprocess.run([str(uv), "--version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    numbers = re.match(r"uv (\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(map(int, numbers.groups())) if numbers else ()


def up_to_date(root: Path, environment: Environment, group: str) -> bool:
    """Whether the environment holds this group, or the larger one, as the lock has it now."""
    installed = _read_stamp(root, environment)
    return environment.python(root).exists() and any(
        installed == _stamp(root, environment, held) for held in {group, environment.full}
    )


def installed_group(root: Path, environment: Environment) -> str | None:
    group = _read_stamp(root, environment).get("group")
    if not group and (root / environment.folder / "bin" / "pytest").exists():
        return environment.full
    return group


def _read_stamp(root: Path, environment: Environment) -> dict[str, str]:
    try:
        stamp = json.loads((root / environment.folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _stamp(root: Path, environment: Environment, group: str) -> dict[str, str]:
    lock = hashlib.sha256((root / "uv.lock").read_bytes()).hexdigest()
    return {"lock": lock, "group": group, "python": _python_version(root / environment.folder)}


def _python_version(folder: Path) -> str:
    try:
        settings = (folder / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r"^version(?:_info)? *= *(\S+)", settings, re.MULTILINE)
    return found.group(1) if found else ""
