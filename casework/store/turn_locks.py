"""One turn at a time in a conversation, among several app processes over one PostgreSQL."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from casework.store.alone import number_of

KEPT, MOST = 10, 50
"""Connections for locks alone: each turn under way holds one."""


@dataclass(frozen=True)
class Held:
    """The lock is free again when this is released, or its process is gone."""

    connection: Connection
    number: int

    def release(self) -> None:
        with contextlib.suppress(SQLAlchemyError):  # a server that restarted has forgotten the lock already
            self.connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": self.number})
        self.connection.close()


class TurnLocks:
    def __init__(self, engine: Engine) -> None:
        """Connections beside those of ``engine``: whoever waits for a lock must not keep its holder waiting."""
        self._engine = create_engine(
            engine.url, isolation_level="AUTOCOMMIT", pool_size=KEPT, max_overflow=MOST - KEPT, pool_pre_ping=True
        )

    def take(self, key: str) -> Held | None:
        """None while another process has a turn of this conversation under way."""
        number = number_of(f"turn {key}")
        connection = self._engine.connect()
        try:
            if connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": number}):
                return Held(connection, number)
        except BaseException:
            connection.close()
            raise
        connection.close()
        return None

    def close(self) -> None:
        self._engine.dispose()


def turn_locks(engine: Engine) -> TurnLocks | None:
    """None where there is one app process only, since SQLite is for one."""
    return TurnLocks(engine) if engine.dialect.name == "postgresql" else None
