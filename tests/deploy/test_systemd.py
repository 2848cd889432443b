"""The units: verified by systemd itself, and as closed as they are said to be."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.conftest import DEPLOY, program
from tests.deploy.files import UNITS, unit

SYSTEMD = DEPLOY / "systemd"
MOST_EXPOSED = 15
"""Of 100; systemd calls up to 20 OK."""


def _analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [program("systemd-analyze", "systemd"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def _installed(folder: Path) -> list[Path]:
    """The units with the programs of this machine in the place of /opt/yunjiu's, which is not here."""
    for each in SYSTEMD.glob("yunjiu*"):
        text = each.read_text().replace("/opt/yunjiu/.venv-engine/bin/python", sys.executable)
        (folder / each.name).write_text(text.replace("/opt/yunjiu/.venv/bin/python", sys.executable))
    shutil.copy(folder / "yunjiu-app@.service", folder / "yunjiu-app@8000.service")
    shutil.copy(folder / "yunjiu-app@.service", folder / "yunjiu-app@8001.service")
    (folder / "yunjiu-app@.service").unlink()
    return [each for each in folder.iterdir() if each.suffix in {".service", ".target", ".timer"}]


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    said = _analyze("verify", "--man=no", "--recursive-errors=no", *_installed(tmp_path))
    about_ours = [line for line in said.stderr.splitlines() if "yunjiu" in line]
    assert said.returncode == 0 and not about_ours, said.stderr


def test_systemd_sees_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.service"
    wrong.write_text("[Service]\nExecStart=/nothing/there\n")
    assert _analyze("verify", "--man=no", wrong).returncode != 0


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_it_is_closed(path: Path) -> None:
    said = _analyze("security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}", path)
    assert said.returncode == 0, said.stdout


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_all_are_closed_alike(path: Path) -> None:
    first, own = unit(UNITS[0]), unit(path)
    for name in ("NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp", "SystemCallFilter", "UMask"):
        assert own[name] == first[name], name


def test_the_engine_speaks_to_this_machine_only_and_cannot_read_the_keys() -> None:
    engine, app = unit(SYSTEMD / "yunjiu-engine.service"), unit(SYSTEMD / "yunjiu-app@.service")
    assert engine["IPAddressDeny"] == ["any"] and engine["IPAddressAllow"] == ["localhost"]
    assert " -i 127.0.0.1 -p 5005 " in engine["ExecStart"][0]
    assert engine["User"] != app["User"]
    assert engine["EnvironmentFile"] == ["/etc/yunjiu/engine.env"]
    assert app["StateDirectory"] == ["yunjiu"] and engine["InaccessiblePaths"] == ["-/var/lib/yunjiu"]


def test_the_target_starts_what_there_is() -> None:
    wanted = unit(SYSTEMD / "yunjiu.target")["Wants"][0].split()
    for name in wanted:
        assert (SYSTEMD / re.sub(r"@\d+", "@", name)).is_file(), name
