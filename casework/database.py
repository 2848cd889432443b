"""The database: how it is opened, and the column type that keeps people's words unreadable at rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import Dialect, Engine, LargeBinary, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator


class Base(DeclarativeBase):
    """Base of all tables."""


class Sealed:
    """Bytes that only the holder of the data key can read."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key)

    def close(self, value: Any) -> bytes:
        return self._fernet.encrypt(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))

    def open(self, sealed: bytes) -> Any:
        return json.loads(self._fernet.decrypt(sealed).decode("utf-8", "surrogatepass"))


class SealedColumn(TypeDecorator[bytes]):
    """A column of sealed bytes; it marks in the schema what holds people's words."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(LargeBinary())


def open_database(url: str) -> Engine:
    """An engine for ``url``; the folder of a SQLite file is made, and every commit reaches the disk."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 15})
    event.listen(engine, "connect", _tune_sqlite)
    return engine


def _tune_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def prepare(engine: Engine) -> None:
    """Makes the tables that are not there yet."""
    Base.metadata.create_all(engine)
