"""The generated secrets: made once, readable by their owner only.  Standard library only: set-up runs it bare."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

_MAKERS: dict[str, Callable[[], str]] = {
    "YUNJIU_ENGINE_TOKEN": lambda: secrets.token_urlsafe(32),
    "YUNJIU_SESSION_SECRET": lambda: secrets.token_urlsafe(48),
    "YUNJIU_DATA_KEY": lambda: f"k{secrets.token_hex(4)}:{base64.urlsafe_b64encode(os.urandom(32)).decode()}",
}


def read_secrets(path: Path) -> dict[str, str]:
    """KEY=VALUE lines; an absent file has none."""
    if not path.exists():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def ensure_secrets(path: Path) -> None:
    """Adds what is missing and keeps what is there; the file is replaced at once and has mode 0600."""
    kept = read_secrets(path)
    missing = {key: make() for key, make in _MAKERS.items() if not kept.get(key)}
    path.parent.mkdir(parents=True, exist_ok=True)
    if missing:
        lines = "".join(f"{key}={value}\n" for key, value in {**kept, **missing}.items())
        draft = path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(lines, encoding="utf-8")
        draft.replace(path)
    path.chmod(0o600)
