"""The deployment's files as data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.conftest import DEPLOY, ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
_FOLDERS = [DEPLOY / name for name in ("docker", "kubernetes", "nginx", "systemd")]
OURS = [
    *sorted(each for folder in _FOLDERS for each in folder.rglob("*") if each.is_file()),
    *(DEPLOY / name for name in ("compose.yml", "kustomization.yaml", "make_secrets.py")),
]


def dockerfile(name: str) -> str:
    """Its instructions, each on one line."""
    text = (DEPLOY / "docker" / f"{name}.Dockerfile").read_text(encoding="utf-8")
    return re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))


def instructions(name: str, word: str) -> list[str]:
    return [line.partition(" ")[2] for line in dockerfile(name).splitlines() if line.startswith(f"{word} ")]


def unit(path: Path) -> dict[str, list[str]]:
    """The settings of all its sections; each may be given several times."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def let_in(path: str) -> bool:
    """Whether .dockerignore lets a file of the top folder into an image."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = [line[1:] for line in lines if line.startswith("!")]
    return "*" in lines and any(path == each or path.startswith(f"{each}/") for each in allowed)
