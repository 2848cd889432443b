"""Environments are installed when the lock, the groups or the interpreter changed; with a stand-in for uv."""

import io
from dataclasses import dataclass
from pathlib import Path

import pytest

from tooling.console import Problem, Steps
from tooling.environments import APP, ENGINE, Installer, find_uv, installed_group, up_to_date
from tooling.pythons import Places

UV = """case "$1" in
--version) echo "uv {version}" ;;
python) exit 2 ;;
sync)
  echo "$*" >> "$CALLS"
  {sync}
  mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"
  echo "version_info = 3.10.4" > "$UV_PROJECT_ENVIRONMENT/pyvenv.cfg"
  touch "$UV_PROJECT_ENVIRONMENT/bin/python" ;;
esac"""


@dataclass
class Machine:
    root: Path
    places: Places
    calls: Path

    def installer(self) -> Installer:
        return Installer(self.root, self.places, {"CALLS": str(self.calls), "PATH": "/usr/bin:/bin"})

    def ensure(self, full: bool = False) -> str:
        out = io.StringIO()
        self.installer().ensure(ENGINE, Steps(1, out), full)
        return out.getvalue()

    def groups(self) -> list[str]:
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line.split("--group ")[1].split()[0] for line in lines]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    root = tmp_path / "project"
    root.mkdir()
    (root / "uv.lock").write_text("one")
    _program(tmp_path / "bin/uv", UV.format(version="0.9.1", sync=""))
    _program(tmp_path / "bin/python3.10", "echo cpython 3.10.4")
    places = Places((tmp_path / "bin",), tmp_path / "home", (), ())
    return Machine(root, places, tmp_path / "calls")


def test_installs_once(machine: Machine) -> None:
    assert "installing the engine's environment (about 2.5 GB" in machine.ensure()
    assert "up to date" in machine.ensure()
    assert machine.groups() == ["engine"]


def test_again_when_the_lock_changes(machine: Machine) -> None:
    machine.ensure()
    (machine.root / "uv.lock").write_text("two")
    machine.ensure()
    assert machine.groups() == ["engine", "engine"]


def test_again_when_the_interpreter_changes(machine: Machine) -> None:
    machine.ensure()
    (machine.root / ENGINE.folder / "pyvenv.cfg").write_text("version_info = 3.10.9\n")
    assert not up_to_date(machine.root, ENGINE, "engine")


def test_again_when_the_interpreter_is_gone(machine: Machine) -> None:
    machine.ensure()
    ENGINE.python(machine.root).unlink()
    assert not up_to_date(machine.root, ENGINE, "engine")


def test_the_larger_group_serves_the_smaller_and_is_never_taken_away(machine: Machine) -> None:
    machine.ensure(full=True)
    machine.ensure()
    assert machine.groups() == ["engine-dev"]
    (machine.root / "uv.lock").write_text("two")
    machine.ensure()
    assert machine.groups() == ["engine-dev", "engine-dev"]


def test_the_smaller_group_does_not_serve_the_larger(machine: Machine) -> None:
    machine.ensure()
    machine.ensure(full=True)
    assert machine.groups() == ["engine", "engine-dev"]


def test_an_environment_without_a_stamp_that_holds_pytest_is_the_larger(machine: Machine) -> None:
    assert installed_group(machine.root, ENGINE) is None
    _program(machine.root / ENGINE.folder / "bin/pytest", "")
    assert installed_group(machine.root, ENGINE) == "engine-dev"


def test_a_failed_installation_shows_uv_s_words_and_is_tried_again(machine: Machine, tmp_path: Path) -> None:
    _program(tmp_path / "bin/uv", UV.format(version="0.9.1", sync="echo no route to PyPI; exit 2"))
    with pytest.raises(Problem, match="no route to PyPI"):
        machine.ensure()
    assert not up_to_date(machine.root, ENGINE, "engine")


def test_without_python_3_10_says_how_to_get_it(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "bin/python3.10").unlink()
    with pytest.raises(Problem, match=r"pyenv install 3\.10"):
        machine.ensure()
    assert machine.groups() == []


def test_the_app_takes_the_python_that_runs_this(machine: Machine) -> None:
    assert machine.installer().interpreter(APP).version.minor in APP.minors


@pytest.mark.parametrize("broken", [UV.format(version="0.4.0", sync=""), "exit 127"])
def test_an_old_uv_or_a_dead_shim_is_passed_over(machine: Machine, tmp_path: Path, broken: str) -> None:
    _program(tmp_path / "bin/uv", broken)
    assert find_uv(machine.root, machine.places) is None
    own = _program(tmp_path / "home/.local/bin/uv", UV.format(version="0.9.1", sync=""))
    assert find_uv(machine.root, machine.places) == own


def _program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
