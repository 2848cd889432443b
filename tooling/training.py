"""Trains the dialogue model when, and only when, what it learns from has changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from tooling.console import Steps, run_logged
from tooling.environments import ENGINE, alone
from tooling.noise import QUIET

MODEL = Path("models") / "yunjiu.tar.gz"
STAMP = Path("models") / "yunjiu.inputs"
LOG = Path(".cache") / "log" / "train.log"
COMMAND = ("-m", "bot.engine.train", "--skip-validation", "--fixed-model-name", "yunjiu", "--out", "models")
INPUTS = (
    "config.yml",
    "domain.yml",
    "uv.lock",
    "data/**/*",
    "policy_kb/measures/*.yml",
    "policy_kb/aspects.yml",
    "policy_kb/ambiguous.yml",
    "policy_kb/distress.yml",
    "policy_kb/vocabulary.yml",
    "policy_kb/model.py",
    "bot/engine/components/*.py",
    "bot/engine/language/*",
)


def inputs(root: Path) -> Iterator[Path]:
    """Every file that the model depends on, in a fixed order."""
    found = {path for pattern in INPUTS for path in root.glob(pattern)}
    for path in sorted(found):
        if path.is_file() and path.suffix != ".pyc" and "__pycache__" not in path.parts:
            yield path


def fingerprint(root: Path) -> str:
    digest = hashlib.sha256()
    for path in inputs(root):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_current(root: Path) -> bool:
    stamp = root / STAMP
    return (root / MODEL).is_file() and stamp.is_file() and stamp.read_text().strip() == fingerprint(root)


def ensure_model(root: Path, steps: Steps, environ: Mapping[str, str] = os.environ) -> None:
    with alone(root):
        if is_current(root):
            steps.skip("the model: nothing that it learns from has changed")
            return
        with steps.step("training the model (1–5 min)"):
            train(root, environ)


def train(root: Path, environ: Mapping[str, str]) -> None:
    """The fingerprint is taken first: an edit made while training leads to another training."""
    learned_from = fingerprint(root)
    (root / STAMP).unlink(missing_ok=True)
    run_logged(
        [ENGINE.python(root), *COMMAND],
        root / LOG,
        {**QUIET, **environ, "PYTHONPATH": str(root)},
        root,
        "training failed",
        "`make check` tells what is wrong in the data; then run this again.",
    )
    (root / STAMP).write_text(learned_from + "\n")
