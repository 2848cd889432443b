"""A copy of the real knowledge base that a test may damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from policy_kb.knowledge import HOME


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HOME, tmp_path / "kb", ignore=shutil.ignore_patterns("*.py", "__pycache__", "checks")))
