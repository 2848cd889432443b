"""The database as one file, taken while Yunjiu runs, and put back into an empty place.

People's data stays sealed in it: the keys (var/secrets.env) are not in the file, and without them it is worthless.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.engine import URL, make_url

from casework.store.database import open_database


class BackupRefused(Exception):
    """Nothing was changed; the words say why."""


def back_up(url: str, file: Path) -> None:
    """Everything committed before the call, as of one moment; ``file`` is new and its owner's alone."""
    try:
        file.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise BackupRefused(f"{file} is there already") from None
    try:
        _dump(make_url(url), file)
    except BaseException:
        file.unlink()  # half a backup is taken for a whole one when it is needed
        raise


def restore(url: str, file: Path) -> None:
    """Fills an empty database, in one piece or not at all; one with tables in it is refused."""
    if not file.is_file():
        raise BackupRefused(f"{file} is not there")
    engine = open_database(url)
    try:
        if inspect(engine).get_table_names():
            raise BackupRefused("there are tables in the database; a backup is restored into an empty one only")
    finally:
        engine.dispose()
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        place = Path(parsed.database or "")
        try:
            _copy(file, place)
        except BaseException:
            place.unlink(missing_ok=True)
            raise
    else:
        _run(parsed, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", str(file))


def _dump(url: URL, file: Path) -> None:
    if url.get_backend_name() == "sqlite":
        _copy(Path(url.database or ""), file)
    else:
        _run(url, "pg_dump", "--format=custom", "--no-owner", f"--file={file}")


def _copy(source: Path, target: Path) -> None:
    """SQLite's own online copy, which writers do not disturb; raises BackupRefused for a damaged file."""
    if not source.is_file():
        raise BackupRefused(f"{source} is not there")
    with closing(sqlite3.connect(source, timeout=15)) as origin, closing(sqlite3.connect(target)) as copy:
        try:
            origin.backup(copy)
            found = copy.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise BackupRefused(f"{source} is damaged or no database: {error}") from None
        if found != "ok":
            raise BackupRefused(f"{source} is damaged: {found}")


def _run(url: URL, program: str, *options: str) -> None:
    """The password goes by the environment: a command line is seen by everybody on the machine."""
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    address = plain.render_as_string()
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run([program, f"--dbname={address}", *options], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise BackupRefused(f"{program}: {done.stderr.strip()}")
