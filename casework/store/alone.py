"""What only one process may do at a time, however many there are: the lock is free again once its holder is gone."""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError


class Alone:
    """A lock beside the database: a file's with SQLite, an advisory one with PostgreSQL.  Not for several threads."""

    def __init__(self, engine: Engine, what: str) -> None:
        self._engine = engine
        self._what = what
        self._file: IO[str] | None = None
        self._connection: Connection | None = None

    def hold(self) -> bool:
        """Whether it is this process's now; asked again and again, it also notices that it no longer is."""
        return self._hold_server() if self._engine.dialect.name == "postgresql" else self._hold_file()

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
        self._file = self._connection = None

    def _hold_file(self) -> bool:
        database = self._engine.url.database
        if self._file is not None or not database or database == ":memory:":
            return True
        file = Path(f"{database}.{self._what}.lock").open("w", encoding="utf-8")  # noqa: SIM115 - open while it is held
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def _hold_server(self) -> bool:
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": number_of(self._what)}):
                self._connection = connection
                return True
            connection.close()
        except SQLAlchemyError:
            self.release()
        return False


def number_of(what: str) -> int:
    """The number of a PostgreSQL advisory lock for ``what``: a positive bigint."""
    return int.from_bytes(hashlib.sha256(f"yunjiu {what}".encode()).digest()[:8], "big") >> 1
