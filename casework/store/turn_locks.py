"""One turn at a time in a conversation, among several app processes over one PostgreSQL."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from casework.store.alone import number_of

_TAKE = text("SELECT pg_try_advisory_lock(:number)")
_RELEASE = text("SELECT pg_advisory_unlock(:number)")


class TurnLocks:
    """All of a process in one session of the server: a connection for each turn would be more than it takes.

    A process asks for a conversation that it holds only once it has released it: the session itself may take a lock
    again and again.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool, hide_parameters=True)
        self._one_at_a_time = threading.Lock()
        self._session: Connection | None = None

    def take(self, key: str) -> Held | None:
        """None while another process has a turn of this conversation under way."""
        number = number_of(f"turn {key}")
        with self._one_at_a_time:
            try:
                taken = self._take(number)
            except SQLAlchemyError:  # perhaps the server restarted since the last turn
                self._end()
                taken = self._take(number)
            return Held(self, self._session, number) if taken and self._session else None

    def release(self, session: Connection, number: int) -> None:
        """Nothing where the session has ended, for its locks ended with it."""
        with self._one_at_a_time:
            if session is self._session:
                try:
                    session.execute(_RELEASE, {"number": number})
                except SQLAlchemyError:
                    self._end()

    def close(self) -> None:
        with self._one_at_a_time:
            self._end()

    def _take(self, number: int) -> bool:
        if self._session is None:
            self._session = self._engine.connect()
        return bool(self._session.scalar(_TAKE, {"number": number}))

    def _end(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.invalidate()
            session.close()


@dataclass(frozen=True)
class Held:
    """The lock is free again when this is released, or its process is gone."""

    locks: TurnLocks
    session: Connection
    number: int

    def release(self) -> None:
        self.locks.release(self.session, self.number)


def turn_locks(engine: Engine) -> TurnLocks | None:
    """None where there is one app process only, since SQLite is for one."""
    return TurnLocks(engine) if engine.dialect.name == "postgresql" else None
