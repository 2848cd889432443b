"""What the deployment's files say of settings and ports is what there is, and the same everywhere."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from bot.settings import Settings
from casework.store.backup import back_up
from casework.store.cipher import KeyRing
from deploy.make_secrets import make
from tests.casework.conftest import Postgres, postgres  # noqa: F401  # a fixture
from tests.deploy.conftest import DEPLOY, NGINX, ROOT
from tests.deploy.files import OURS, SERVICES, dockerfile, unit

OF_COMPOSE = re.compile(r"YUNJIU_(APP|ENGINE|NGINX|POSTGRES|REDIS)_IMAGE")
OF_THE_ENGINE = {"YUNJIU_LOCK_REDIS_URL"}
"""Read in its own process, where the app's settings are not."""


@pytest.mark.parametrize("path", [*OURS, ROOT / "docs" / "DEPLOYMENT.md"], ids=lambda path: path.name)
def test_settings_that_are_named_exist(path: Path) -> None:
    known = {f"YUNJIU_{name.upper()}" for name in Settings.model_fields} | OF_THE_ENGINE
    named = set(re.findall(r"YUNJIU_[A-Z][A-Z_]*[A-Z]", path.read_text(encoding="utf-8")))
    assert {each for each in named - known if not OF_COMPOSE.fullmatch(each)} == set()


def test_the_engine_reads_the_settings_that_only_it_has() -> None:
    code = "".join(each.read_text(encoding="utf-8") for each in (ROOT / "bot" / "engine").glob("*.py"))
    assert all(each in code for each in OF_THE_ENGINE)


def test_what_a_secret_file_gives_is_enough_to_start(tmp_path: Path) -> None:
    make(tmp_path, "db.example:5433", "locks.example")
    read = Settings(_env_file=tmp_path / "secrets.env")  # type: ignore[call-arg]
    assert read.database_url.startswith("postgresql+psycopg://yunjiu:") and "@db.example:5433/" in read.database_url
    KeyRing.parse(read.data_key.get_secret_value(), read.session_secret.get_secret_value())
    engine = (tmp_path / "engine.env").read_text()
    assert f"YUNJIU_ENGINE_TOKEN={read.engine_token.get_secret_value()}\n" in engine
    assert not re.search("DATA_KEY|SESSION_SECRET|DATABASE_URL|METRICS", engine)
    assert "YUNJIU_LOCK_REDIS_URL=redis://:" in engine and "@locks.example\n" in engine


def test_secrets_are_made_once_and_the_folder_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "deployment"
    make(folder, "postgres", None)
    before = {each.name: each.read_text() for each in folder.iterdir()}
    make(folder, "elsewhere", "redis")
    assert {each.name: each.read_text() for each in folder.iterdir()} == before
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "LOCK_REDIS" not in before["engine.env"]


def test_the_engines_role_sees_its_own_database_only(tmp_path: Path, postgres: Postgres) -> None:  # noqa: F811
    make(tmp_path, "postgres", None)
    admin = create_engine(postgres.url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        # The test's server has an administrator called yunjiu.
        for statement in (tmp_path / "roles.sql").read_text().replace("yunjiu", "desk").split(";\n"):
            if statement.strip():
                connection.execute(text(statement))
    admin.dispose()

    def who(role: str, database: str) -> str:
        reached = create_engine(postgres.url(database).set(username=role))
        with reached.connect() as connection:
            connection.execute(text("CREATE TABLE tried ()"))
            return str(connection.scalar(text("SELECT current_user")))

    assert (who("engine", "engine"), who("desk", "desk")) == ("engine", "desk")
    with pytest.raises(OperationalError, match="permission denied"):
        who("engine", "desk")


def test_a_backup_takes_the_password_along_unseen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "db.example:5433", None)
    address = (tmp_path / "secrets.env").read_text().partition("YUNJIU_DATABASE_URL=")[2].strip()
    dump = tmp_path / "pg_dump"
    dump.write_text(f'#!/bin/sh\necho "$PGPASSWORD $*" > {tmp_path}/seen\n')
    dump.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    back_up(address, tmp_path / "today")
    password, *command = (tmp_path / "seen").read_text().split()
    assert f":{password}@" in address
    assert command[0] == "--dbname=postgresql://yunjiu@db.example:5433/yunjiu"


def test_ports_agree() -> None:
    health = r"127\.0\.0\.1:(\d+)"
    app, engine = (re.findall(health, dockerfile(name).partition("HEALTHCHECK")[2]) for name in ("app", "engine"))
    assert (app, engine) == (["8000"], ["5005"])
    assert "YUNJIU_PORT=8000" in dockerfile("app") and "EXPOSE 8000 8010" in dockerfile("app")
    assert " -p 5005 " in (DEPLOY / "docker" / "engine.sh").read_text()
    assert SERVICES["app-1"]["environment"]["YUNJIU_ENGINE_URL"] == "http://gate:5005"
    assert SERVICES["engine-1"]["environment"]["YUNJIU_ACTIONS_URL"] == "http://gate:8000/actions/webhook"
    inside = (NGINX / "sites" / "compose-inside.conf").read_text()
    assert re.findall(r"listen (\d+);", inside) == ["5005", "8000"]
    site = (NGINX / "sites" / "one-server.conf").read_text()
    wanted = unit(DEPLOY / "systemd" / "yunjiu.target")["Wants"][0]
    assert re.findall(r"server 127\.0\.0\.1:(\d+)", site) == re.findall(r"app@(\d+)", wanted)
    actions = "".join(unit(DEPLOY / "systemd" / "yunjiu-engine.service")["Environment"])
    assert re.findall(r"http://(127\.0\.0\.1:\d+)/actions", actions) == re.findall(r"listen (127\S+);", site)
    published = [each.split(":")[1] for each in SERVICES["nginx"]["ports"]]
    for name in ("compose", "kubernetes"):
        text_of = (NGINX / "sites" / f"{name}.conf").read_text()
        assert re.findall(r"listen (\d+)", text_of) == published == ["8080", "8443"]


def test_the_engines_start_script_is_a_shell_script() -> None:
    assert subprocess.run(["sh", "-n", DEPLOY / "docker" / "engine.sh"]).returncode == 0
