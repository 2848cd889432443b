"""The model is trained when what it learns from has changed, and only then."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tooling.console import Problem, Steps
from tooling.environments import ENGINE
from tooling.training import LOG, MODEL, ensure_model, fingerprint, is_current

FILES = (
    "config.yml",
    "domain.yml",
    "uv.lock",
    "data/nlu/policy/a.yml",
    "policy_kb/measures/a.yml",
    "policy_kb/model.py",
    "bot/engine/language/words.py",
)
OTHERS = ("endpoints.yml", "README.md", "bot/app.py", "bot/engine/__pycache__/x.cpython-310.pyc", "tests/a.yml")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in FILES:
        _write(tmp_path / name, name)
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_a_changed_input_changes_the_fingerprint(project: Path, name: str) -> None:
    before = fingerprint(project)
    _write(project / name, f"{name} changed")
    assert fingerprint(project) != before
    _write(project / name, name)
    assert fingerprint(project) == before


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.rename(path.with_name("b.yml"))])
def test_a_lost_or_renamed_input_changes_the_fingerprint(project: Path, change: Callable[[Path], object]) -> None:
    before = fingerprint(project)
    change(project / "data/nlu/policy/a.yml")
    assert fingerprint(project) != before


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_do_not(project: Path, name: str) -> None:
    before = fingerprint(project)
    _write(project / name, "anything")
    assert fingerprint(project) == before


def test_trains_once_and_again_after_a_change(project: Path) -> None:
    _stand_in(project, "mkdir -p models && echo trained >> models/count && touch models/yunjiu.tar.gz")
    for _ in range(2):
        ensure_model(project, Steps(1), {})
    _write(project / "domain.yml", "changed")
    ensure_model(project, Steps(1), {})
    assert (project / "models/count").read_text().split() == ["trained", "trained"]
    assert is_current(project)


def test_a_removed_model_is_trained_again(project: Path) -> None:
    _stand_in(project, "mkdir -p models && touch models/yunjiu.tar.gz")
    ensure_model(project, Steps(1), {})
    (project / MODEL).unlink()
    assert not is_current(project)


def test_a_failed_training_shows_the_end_of_its_log(project: Path) -> None:
    _stand_in(project, "seq 1 100; echo the reason; exit 3")
    with pytest.raises(Problem) as problem:
        ensure_model(project, Steps(1), {})
    shown = str(problem.value)
    assert "the reason" in shown and str(project / LOG) in shown
    assert "    62\n" in shown and "    61\n" not in shown, "the last 40 lines"
    assert not is_current(project)


def _stand_in(project: Path, script: str) -> None:
    """A program in the place of the engine's Python."""
    python = ENGINE.python(project)
    _write(python, f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    python.chmod(0o755)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
