"""Every test of casework runs on SQLite and on a PostgreSQL server of the tests' own."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from casework.store.cipher import KeyRing
from casework.store.database import Base, open_database, prepare

HASH_SECRET = "a hash secret for the tests"
INSTALLED = Path("/usr/lib/postgresql")
UNPRIVILEGED = "postgres" if os.geteuid() == 0 else None
"""PostgreSQL refuses to run as root; its package brings a user of its own."""


class Clock:
    """A moment that stands still until a test moves it on."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, by: timedelta) -> None:
        self.moment += by


class Postgres:
    """A server that is reached by a socket in its own temporary folder only; ``binaries`` has initdb and pg_ctl."""

    durability = "-c fsync=off"
    """Tests pull the plug of processes, not of the machine."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self._data = folder / "data"
        self._folder = folder
        self._count = itertools.count()
        if UNPRIVILEGED:
            shutil.chown(folder, UNPRIVILEGED)
        self._run("initdb", "--auth=trust", "--username=yunjiu", "--encoding=UTF8", "--no-sync")
        options = (
            f"-c listen_addresses='' -c unix_socket_directories='{folder}' {self.durability} -c max_connections=100"
        )
        self._run("pg_ctl", "start", "--wait", f"--log={folder}/log", f"--options={options}")

    def url(self, database: str = "postgres") -> URL:
        query = {"host": str(self._folder)}
        return URL.create("postgresql+psycopg", username="yunjiu", database=database, query=query)

    def new_database(self, template: str = "template1") -> str:
        """The name of a fresh database, a copy of ``template``."""
        name = f"test_{next(self._count)}"
        self._administer(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop_database(self, name: str) -> None:
        self._administer(f"DROP DATABASE {name} WITH (FORCE)")

    def restart(self) -> None:
        """As after a crash: whoever is connected is cut off in the middle, and what was committed is there."""
        self._run("pg_ctl", "restart", "--wait", "--mode=immediate", f"--log={self._folder}/log")

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--mode=immediate")

    def _administer(self, statement: str) -> None:
        engine = open_database(self.url().render_as_string())
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))
        engine.dispose()

    def _run(self, binary: str, *options: str) -> None:
        command = [self._binaries / binary, f"--pgdata={self._data}", *options]
        quiet = subprocess.DEVNULL  # the server would keep a pipe open
        subprocess.run(command, check=True, stdout=quiet, user=UNPRIVILEGED, cwd=self._folder)


def postgres_binaries() -> Path:
    found = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
    if not found and (on_path := shutil.which("initdb")):
        found = [Path(on_path)]
    if not found:
        pytest.fail("casework is tested on PostgreSQL too: install the Debian package postgresql-15", pytrace=False)
    return found[-1].parent


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    binaries = postgres_binaries()
    with tempfile.TemporaryDirectory(prefix="yunjiu-pg-", ignore_cleanup_errors=True) as folder:
        server = Postgres(binaries, Path(folder))
        yield server
        server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/casework.db"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.new_database()
    yield server.url(name).render_as_string()
    server.drop_database(name)


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("prepared") / "casework.db"
    _prepare_once(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def prepared_postgres(postgres: Postgres) -> str:
    name = postgres.new_database()
    _prepare_once(postgres.url(name).render_as_string())
    return name


def _prepare_once(url: str) -> None:
    engine = open_database(url)
    prepare(engine)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of the test's own with all tables and no rows."""
    if request.param == "sqlite":
        file = tmp_path / "casework.db"
        shutil.copyfile(request.getfixturevalue("prepared_sqlite"), file)
        engine = open_database(f"sqlite:///{file}")
        yield engine
        engine.dispose()
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.new_database(request.getfixturevalue("prepared_postgres"))
    engine = open_database(server.url(name).render_as_string())
    yield engine
    engine.dispose()
    server.drop_database(name)


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing.parse(KeyRing.generate(), HASH_SECRET)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 23, 2, 0))


@pytest.fixture
def everything(database: Engine) -> Callable[[], bytes]:
    """All that the database keeps, as bytes, to look for what must not be there."""

    def dump() -> bytes:
        with database.connect() as connection:
            rows = [
                connection.execute(text(f'SELECT * FROM "{table.name}"')).all() for table in Base.metadata.sorted_tables
            ]
        return repr(rows).encode() + b"".join(
            bytes(value) for each in rows for row in each for value in row if isinstance(value, bytes | memoryview)
        )

    return dump
