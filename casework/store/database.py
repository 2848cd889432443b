"""The database: how it is opened and brought up to date, and the columns that are unreadable at rest."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, LargeBinary, MetaData, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from casework.store.cipher import KeyRing

GENERAL = "sealed"
FIRST_REVISION = "0001"
_MIGRATIONS = Path(__file__).parents[1] / "migrations"
_ONE_AT_A_TIME = 0x59756E6A6975
"""The number of PostgreSQL's advisory lock under which one process migrates."""


class Base(DeclarativeBase):
    """Base of all tables."""


class Sealed:
    """JSON that only the holder of the keys can read.  ``context`` is what its :class:`SealedColumn` gives."""

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring

    def close(self, value: Any, context: str = GENERAL) -> bytes:
        return self.ring.close(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), context)

    def open(self, sealed: bytes, context: str = GENERAL) -> Any:
        """CannotOpen if the key is not on the ring, or the bytes or the context are not the same."""
        return json.loads(self.ring.open(sealed, context).decode("utf-8", "surrogatepass"))


class SealedColumn(TypeDecorator[bytes]):
    """A column of sealed bytes; it marks in the schema what holds people's words, and how to seal it anew.

    ``place`` and the values of the columns ``by`` of the same row are the context of what is sealed: a value that is
    moved to another row no longer opens.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str = GENERAL, *by: str) -> None:
        super().__init__()
        self.place = place
        self.by = by

    def context(self, row: Mapping[str, Any]) -> str:
        """The context of the value in ``row``, a mapping with the columns ``by``."""
        return context(self.place, *(row[name] for name in self.by))


def context(place: str, *by: object) -> str:
    """What binds a sealed value to where it stands."""
    return ":".join((place, *map(str, by)))


def now() -> datetime:
    """UTC without a zone: what SQLite and PostgreSQL both keep as it is."""
    return datetime.now(UTC).replace(tzinfo=None)


def open_database(url: str) -> Engine:
    """An engine for ``url``; the folder of a SQLite file is made, and every commit reaches the disk."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 15}, hide_parameters=True)
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def reading(engine: Engine) -> Session:
    """A session that only reads: on SQLite it takes no write lock, so it waits for nobody and nobody for it."""
    return Session(only_reads(engine))


@lru_cache(maxsize=8)
def only_reads(engine: Engine) -> Engine:
    """The same engine with the same connections, for what does not write."""
    return engine.execution_options(only_reads=True)


def _tune_sqlite(connection: Any, _record: Any) -> None:
    """secure_delete: what a person had deleted does not stay in the file's free pages, not even sealed."""
    connection.isolation_level = None  # the driver begins no transactions of its own; _begin_sqlite does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Takes the write lock at once: a transaction that reads first and then writes fails where another has written."""
    only_reads = connection.get_execution_options().get("only_reads")
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def prepare(engine: Engine) -> None:
    """Brings the tables up to date; safe when several processes start at once: one works and the others wait."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ONE_AT_A_TIME})
        config = migrations(connection)
        tables = inspect(connection).get_table_names()
        if "conversation" in tables and "alembic_version" not in tables:  # made before there were migrations
            command.stamp(config, FIRST_REVISION)
        command.upgrade(config, "head")


def migrations(connection: Connection) -> Config:
    """Alembic's configuration for work on ``connection``, in whose transaction it stays."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def all_tables() -> MetaData:
    """The tables of every module of casework, also of those that nobody has imported yet."""
    package = importlib.import_module("casework")
    for module in pkgutil.walk_packages(package.__path__, "casework."):
        if not module.name.startswith(("casework.migrations", "casework.__main__")):
            importlib.import_module(module.name)
    return Base.metadata
