"""The two images: checked by hadolint, and against what the project is made of."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import tomllib

from tests.deploy.conftest import DEPLOY, ROOT
from tests.deploy.files import dockerfile, instructions, let_in

IMAGES = ("app", "engine")


def _hadolint(path: Path) -> subprocess.CompletedProcess[str]:
    found = Path(sys.prefix) / "bin" / "hadolint"
    return subprocess.run([found, "--no-color", path], capture_output=True, text=True)


@pytest.mark.parametrize("image", IMAGES)
def test_hadolint_has_nothing_to_say(image: str) -> None:
    said = _hadolint(DEPLOY / "docker" / f"{image}.Dockerfile")
    assert said.returncode == 0, said.stdout


def test_hadolint_sees_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN cd /x && pip install y\nCMD python\n")
    said = _hadolint(tmp_path / "Dockerfile")
    assert said.returncode != 0 and "DL3006" in said.stdout


@pytest.mark.parametrize("image", IMAGES)
def test_what_is_copied_is_there_and_is_let_in(image: str) -> None:
    for line in instructions(image, "COPY"):
        words = line.split()
        if any(word.startswith("--from=") for word in words):
            continue
        for source in [word for word in words if not word.startswith("--")][:-1]:
            assert (ROOT / source).exists(), source
            assert let_in(source), f"{source} is not in .dockerignore"


@pytest.mark.parametrize("path", ["var/secrets.env", "var", ".git", "tests", "models", ".venv", "deploy/compose.yml"])
def test_keys_history_and_tests_stay_outside(path: str) -> None:
    assert not let_in(path)


@pytest.mark.parametrize("image", IMAGES)
def test_the_locked_group_of_that_name_is_installed(image: str) -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    sync = re.findall(r"uv sync (.*)", dockerfile(image))
    assert len(sync) == 1 and "--frozen" in sync[0]
    assert re.findall(r"--group (\S+)", sync[0]) == [image] and image in groups


@pytest.mark.parametrize(("image", "user"), [("app", "10001"), ("engine", "10002")])
def test_it_runs_as_nobody_in_particular_and_says_how_it_is(image: str, user: str) -> None:
    last = dockerfile(image).rpartition("\nFROM ")[2]
    assert f"\nUSER {user}:{user}\n" in last and f"--uid {user} " in last
    assert "\nHEALTHCHECK " in last
    assert not re.search(r"TOKEN|SECRET|DATA_KEY|PASSWORD", dockerfile(image))


def test_the_engine_has_none_of_the_apps_code() -> None:
    assert not re.search(r"COPY (actions|casework|bot bot)\b", dockerfile("engine"))
