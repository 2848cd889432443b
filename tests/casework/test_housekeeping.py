"""The commands that make the first account of the console and give a new password, run as they are in a shell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from casework.desk import Desk, open_desk
from casework.staff.sign_in import NotSignedIn
from casework.store.cipher import KeyRing
from tests.casework.conftest import HASH_SECRET

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"


@pytest.fixture
def key() -> str:
    return KeyRing.generate()


@pytest.fixture
def desk(database: Engine, key: str) -> Desk:
    return open_desk(database, KeyRing.parse(key, HASH_SECRET), HASH_SECRET)


def run(desk: Desk, key: str, *arguments: str, typed: str = f"{PASSWORD}\n") -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "YUNJIU_DATABASE_URL": desk.engine.url.render_as_string(hide_password=False),
        "YUNJIU_DATA_KEY": key,
        "YUNJIU_SESSION_SECRET": HASH_SECRET,
    }
    command = [sys.executable, "-m", "casework", *arguments]
    return subprocess.run(command, input=typed, capture_output=True, text=True, cwd=ROOT, env=environment)


def test_the_first_administrator_and_a_new_password(desk: Desk, key: str) -> None:
    made = run(desk, key, "add-administrator", "Wang", "王芳")
    assert (made.returncode, made.stdout) == (0, "wang may sign in at /console/\n"), made.stderr
    session = desk.sign_ins.with_password("wang", PASSWORD)
    staff = session.staff
    assert (staff.name, staff.role, staff.areas, staff.must_change) == ("王芳", "administrator", ("53",), False)

    again = run(desk, key, "add-administrator", "wang", "别人")
    assert again.returncode == 1 and "已经有人用了" in again.stderr
    weak = run(desk, key, "reset-password", "wang", typed="short\n")
    assert weak.returncode == 1 and "密码要" in weak.stderr
    assert desk.sign_ins.current(session.token) is not None

    reset = run(desk, key, "reset-password", "wang", typed="another good password\n")
    assert reset.returncode == 0, reset.stderr
    assert desk.sign_ins.current(session.token) is None
    with pytest.raises(NotSignedIn):
        desk.sign_ins.with_password("wang", PASSWORD)
    desk.sign_ins.with_password("wang", "another good password")
    actors = {entry.action: entry.actor for entry in desk.audit.about("wang")}
    assert actors["staff_added"] == actors["password_changed"] == "command line"


@pytest.mark.parametrize("typed", ["", "\n", "admin\n"])
def test_there_is_no_default_password(desk: Desk, key: str, typed: str) -> None:
    made = run(desk, key, "add-administrator", "admin", "管理员", typed=typed)
    assert made.returncode == 1
    assert desk.staff.all() == []


def test_nobody_has_that_login(desk: Desk, key: str) -> None:
    reset = run(desk, key, "reset-password", "nobody")
    assert reset.returncode == 1 and "nobody has the login nobody" in reset.stderr
