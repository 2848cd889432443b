"""`make check` and `make test`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tooling.console import Problem, Steps, run_logged
from tooling.environments import APP, ENGINE, Installer
from tooling.noise import QUIET, without_noise
from tooling.training import ensure_model

# What `rasa data validate` warns of and is meant to be so.
INTENDED = (
    # Measures are told apart by our own retriever, so policy intents have no responses of their own.
    r"duplicated intents have been found across multiple domain files",
    r"Action 'utter_(apply|ask_policy|ask_aspect|check_eligibility)' is listed as a response action",
    r"Your training data contains an example '.*' for the '(apply|ask_policy|ask_aspect|check_eligibility)/",
    # Buttons carry these; nobody types them.
    r"The intent '(browse|confirm_forget_me|answer|complete_case|leave_queue)' is listed in the domain file, but",
    # config.yml names the first as the fallback, and actions say the others.
    r"The utterance 'utter_(not_understood|correct|handoff)' is not used in any story or rule",
)
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
MOST_AT_ONCE = 4
"""Test processes beside one another; each may start an engine of half a gigabyte."""


def check(root: Path, installer: Installer, environ: Mapping[str, str]) -> None:
    steps = Steps(7)
    installer.ensure(APP, steps, full=True)
    installer.ensure(ENGINE, steps, full=True)
    _checks(root, steps, environ)


def test(root: Path, installer: Installer, environ: Mapping[str, str], arguments: Sequence[str]) -> int:
    """Everything; pytest speaks for itself, and its closing line is the last."""
    find_chromium()
    steps = Steps(10)
    installer.ensure(APP, steps, full=True)
    installer.ensure(ENGINE, steps, full=True)
    _checks(root, steps, environ)
    ensure_model(root, steps, environ)
    steps.skip("testing what runs inside the engine…")
    engine = _pytest(root, ENGINE.python(root), environ, ["tests/engine", *arguments])
    steps.skip("testing everything else…")
    at_once = ["-n", str(min(MOST_AT_ONCE, os.cpu_count() or 1)), "--dist", "loadfile"]
    rest = _pytest(root, APP.python(root), environ, ["tests", "--ignore=tests/engine", *at_once, *arguments])
    if engine and not rest:
        print("tests/engine failed: see its part above", file=sys.stderr)
    return engine or rest


def find_chromium() -> str:
    for name in CHROMIUM:
        found = shutil.which(name)
        if found:
            return found
    raise Problem(
        "The chat page is tested in a real Chromium, and there is none on PATH. Install it and run this again:\n"
        "  apt-get install chromium fonts-noto-cjk"
    )


def _checks(root: Path, steps: Steps, environ: Mapping[str, str]) -> None:
    app, variables = APP.python(root), {**QUIET, **environ, "PYTHONPATH": str(root)}
    commands: dict[str, list[str | Path]] = {
        "ruff check": [app, "-m", "ruff", "check", "--output-format", "concise", "."],
        "ruff format": [app, "-m", "ruff", "format", "--check", "."],
        "mypy": [app, "-m", "mypy"],
        "the knowledge base": [app, "-m", "policy_kb", "check"],
    }
    cures = {
        "ruff check": ".venv/bin/ruff check --fix . mends what it can.",
        "ruff format": ".venv/bin/ruff format . mends it.",
    }
    problems: list[Problem] = []
    for name, command in commands.items():
        with _gathered(problems), steps.step(f"checking: {name}"):
            run_logged(command, _log(root, name), variables, root, f"{name} failed", cures.get(name, ""))
    with _gathered(problems), steps.step("checking: rasa data validate"):
        _validate(root, variables)
    if problems:
        raise Problem("\n\n".join(map(str, problems)))


@contextmanager
def _gathered(problems: list[Problem]) -> Iterator[None]:
    """One run shows everything that is wrong, not only the first."""
    try:
        yield
    except Problem as problem:
        problems.append(problem)


def _log(root: Path, name: str) -> Path:
    return root / ".cache" / "log" / f"check-{name.replace(' ', '-')}.log"


def _validate(root: Path, variables: Mapping[str, str]) -> None:
    log = _log(root, "rasa data validate")
    command: list[str | Path] = [ENGINE.python(root), *["-m", "rasa", "data", "validate", "--data", "data"]]
    run_logged(command, log, variables, root, "rasa data validate failed", "")
    unintended = unintended_warnings(log.read_text(encoding="utf-8", errors="replace"))
    if unintended:
        raise Problem(
            "rasa data validate warns of this; put it right, or tell tooling/checks.py why it is meant:\n"
            + "\n".join(f"    {warning}" for warning in unintended)
        )


def unintended_warnings(output: str) -> list[str]:
    """The validator's warnings that are not known to be intended."""
    warnings = re.findall(r"UserWarning: (.*)", "\n".join(without_noise(output.splitlines())))
    return [warning for warning in warnings if not any(re.search(known, warning) for known in INTENDED)]


def _pytest(root: Path, python: Path, environ: Mapping[str, str], arguments: Sequence[str]) -> int:
    variables = {**QUIET, **environ, "PYTHONPATH": str(root)}
    return subprocess.run([str(python), "-m", "pytest", *arguments], cwd=root, env=variables).returncode
