"""`python3 -m tooling <verb>`: what the Makefile calls."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tooling import checks, pythons
from tooling.console import Problem, Steps
from tooling.environments import APP, ENGINE, Installer
from tooling.noise import QUIET
from tooling.settings import Addresses, settings
from tooling.training import ensure_model

ROOT = Path(__file__).resolve().parent.parent
VERBS = ("run", "test", "check", "train", "eval", "shell", "demo", "bench")
BENCHES = ("eligibility", "assist", "turns", "capacity")
"""The parts of tests/bench that run where none is named."""
WITH_MODEL = ("assist", "turns", "capacity")
"""Those of them that ask the real engine."""


def main(arguments: Sequence[str]) -> int:
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("", ())
    if verb not in VERBS:
        print(f"usage: python3 -m tooling {{{','.join(VERBS)}}}", file=sys.stderr)
        return 2
    try:
        return perform(verb, rest)
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def perform(verb: str, rest: Sequence[str]) -> int:
    environ = dict(os.environ)
    installer = Installer(ROOT, pythons.Places.of_this_machine(environ), environ)
    if verb == "test":
        return checks.test(ROOT, installer, environ, rest)
    if verb == "shell":
        return shell(environ)
    if verb == "demo":
        return demo(installer, environ, rest)
    if verb == "eval":
        return evaluate(installer, environ, rest)
    if verb == "bench":
        return bench(installer, environ, rest)
    if verb == "run":
        from tooling import launch  # needs bot/, which the other verbs do without

        launch.run(ROOT, installer, environ)
    elif verb == "check":
        checks.check(ROOT, installer, environ)
    else:
        train(installer, environ, Steps(2))
    return 0


def train(installer: Installer, environ: dict[str, str], steps: Steps) -> None:
    installer.ensure(ENGINE, steps)
    ensure_model(ROOT, steps, environ)


def evaluate(installer: Installer, environ: dict[str, str], rest: Sequence[str]) -> int:
    train(installer, environ, Steps(2))
    command = [str(ENGINE.python(ROOT)), "-m", "tests.eval.run", *rest]
    return subprocess.run(command, cwd=ROOT, env={**QUIET, **environ, "PYTHONPATH": str(ROOT)}).returncode


def bench(installer: Installer, environ: dict[str, str], rest: Sequence[str]) -> int:
    """``rest``: the part, with options of its own."""
    installer.ensure(APP, Steps(1))
    python, env = str(APP.python(ROOT)), {**environ, "PYTHONPATH": str(ROOT)}
    parts = [rest] if rest else [[part] for part in BENCHES]
    if any(part[0] in WITH_MODEL for part in parts):
        train(installer, environ, Steps(2))
    done = [subprocess.run([python, "-m", f"tests.bench.{part[0]}", *part[1:]], cwd=ROOT, env=env) for part in parts]
    return max(each.returncode for each in done)


def shell(environ: dict[str, str]) -> int:
    python = APP.python(ROOT)
    if not python.exists():
        raise Problem("Nothing is installed yet: make run first.")
    url = Addresses.from_environment(settings(ROOT, environ)).url
    return subprocess.run([str(python), "-m", "bot.shell", "--url", url], cwd=ROOT, env=environ).returncode


def demo(installer: Installer, environ: dict[str, str], rest: Sequence[str]) -> int:
    from bot.secret_file import ensure_secrets

    installer.ensure(APP, Steps(1))
    ensure_secrets(ROOT / "var" / "secrets.env")
    command = [str(APP.python(ROOT)), "-m", "bot.demo", *rest]
    return subprocess.run(command, cwd=ROOT, env={**environ, "PYTHONPATH": str(ROOT)}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
