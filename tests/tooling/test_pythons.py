"""The interpreter finder, on folders with stand-ins for interpreters."""

import sys
from pathlib import Path

import pytest

from tooling.pythons import Places, Version, find, probe, running


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(
        path=(tmp_path / "bin", tmp_path / "shims"),
        home=tmp_path / "home",
        pyenv_roots=(tmp_path / "pyenv",),
        prefixes=(tmp_path / "opt",),
    )


def test_on_path(tmp_path: Path, places: Places) -> None:
    expected = _python(tmp_path / "bin/python3.10", "3.10.4")
    found = find((10,), places)
    assert found and found.path == expected and found.version == Version(3, 10, 4)


def test_behind_a_pyenv_shim_that_is_not_selected(tmp_path: Path, places: Places) -> None:
    _program(tmp_path / "shims/python3.10", "echo 'pyenv: python3.10: command not found' >&2; exit 127")
    _python(tmp_path / "pyenv/versions/3.1.9/bin/python", "3.1.9")
    expected = _python(tmp_path / "pyenv/versions/3.10.13/bin/python", "3.10.13")
    found = find((10,), places)
    assert found and found.path == expected


@pytest.mark.parametrize(
    "where",
    [
        "opt/bin/python3.10",
        "opt/python3.10/bin/python3.10",
        "opt/python/3.10.14/bin/python3.10",
        "home/.local/share/uv/python/cpython-3.10.16-linux-x86_64-gnu/bin/python3.10",
    ],
)
def test_elsewhere(tmp_path: Path, places: Places, where: str) -> None:
    expected = _python(tmp_path / where, "3.10.14")
    found = find((10,), places)
    assert found and found.path == expected.parent.parent / "bin" / expected.name


def test_a_name_that_lies_about_its_version_is_not_taken(tmp_path: Path, places: Places) -> None:
    _python(tmp_path / "bin/python3.10", "3.12.1")
    assert find((10,), places) is None


def test_the_best_version_wins_over_the_first_folder(tmp_path: Path, places: Places) -> None:
    _python(tmp_path / "bin/python3.11", "3.11.2")
    expected = _python(tmp_path / "shims/python3.12", "3.12.3")
    found = find((12, 11), places)
    assert found and found.path == expected


@pytest.mark.parametrize("script", ["echo pypy 3.10.14", "exit 1", "echo nonsense", "echo cpython three.ten.one"])
def test_what_is_no_usable_python(tmp_path: Path, script: str) -> None:
    assert probe(_program(tmp_path / "python3.10", script)) is None


def test_what_cannot_be_run(tmp_path: Path) -> None:
    (tmp_path / "python3.10").write_text("no program")
    assert probe(tmp_path / "python3.10") is None
    assert probe(tmp_path) is None


def test_the_running_one() -> None:
    version = probe(running())
    assert version and version[:2] == sys.version_info[:2]


def _python(path: Path, version: str) -> Path:
    return _program(path, f"echo cpython {version}")


def _program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
