"""A new data key: put in front of the old ones, everything sealed anew with it, and the old ones taken away.

Each step leaves a state from which the next run goes on.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Column, Engine, Table, select, update
from sqlalchemy.orm import Session

from casework.store.cipher import CannotOpen, KeyRing
from casework.store.database import SealedColumn, all_tables

DATA_KEY = "YUNJIU_DATA_KEY"
HASH_SECRET = "YUNJIU_SESSION_SECRET"
ROWS_AT_A_TIME = 50


class Rotated(NamedTuple):
    """How many values were sealed anew, and how many no key opens."""

    resealed: int
    unreadable: int


class _Place(NamedTuple):
    """A sealed column of a table, and its type, which knows the context of its values."""

    table: Table
    column: Column[Any]
    type: SealedColumn


def read_settings(path: Path) -> dict[str, str]:
    """KEY=VALUE lines; none where there is no file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def rotate(engine: Engine, secrets_file: Path, hash_secret: str) -> Rotated:
    """Rotates the key in ``secrets_file``; goes on with a rotation that was broken off.  Nothing else may write
    meanwhile: it would go on sealing with the old key.

    The old keys stay on the ring as long as there is a value that no key opens.  KeyError if the file has no key.
    """
    keys = read_settings(secrets_file)[DATA_KEY]
    if "," not in keys:
        keys = f"{KeyRing.generate()},{keys}"
        KeyRing.parse(keys, hash_secret)  # before the file holds what nothing could read
        _write(secrets_file, keys)
    done = reseal(engine, KeyRing.parse(keys, hash_secret))
    if not done.unreadable:
        _write(secrets_file, keys.partition(",")[0])
    return done


def reseal(engine: Engine, ring: KeyRing) -> Rotated:
    """Seals with the ring's current key all that another has sealed, in every sealed column that there is."""
    tables = all_tables().sorted_tables
    done = [
        _reseal_column(engine, ring, _Place(table, column, column.type))
        for table in tables
        for column in table.columns
        if isinstance(column.type, SealedColumn)
    ]
    return Rotated(sum(each.resealed for each in done), sum(each.unreadable for each in done))


def _reseal_column(engine: Engine, ring: KeyRing, place: _Place) -> Rotated:
    last, resealed, unreadable = 0, 0, 0
    while True:
        with Session(engine) as session, session.begin():
            wanted = select(place.table.c.id).where(place.table.c.id > last, place.column.is_not(None))
            ids = session.scalars(wanted.order_by(place.table.c.id).limit(ROWS_AT_A_TIME)).all()
            for each in ids:  # one by one: a document may have ten megabytes
                try:
                    resealed += _reseal_value(session, ring, place, each)
                except CannotOpen:
                    unreadable += 1
        if not ids:
            return Rotated(resealed, unreadable)
        last = ids[-1]


def _reseal_value(session: Session, ring: KeyRing, place: _Place, row_id: int) -> bool:
    beside = [place.table.c[name] for name in place.type.by]
    here = place.table.c.id == row_id
    row = session.execute(select(place.column.label("sealed"), *beside).where(here).with_for_update()).mappings().one()
    if ring.is_current(row["sealed"]):
        return False
    context = place.type.context({name: row[name] for name in place.type.by})
    anew = ring.close(ring.open(row["sealed"], context), context)
    session.execute(update(place.table).where(here).values({place.column.name: anew}))
    return True


def _write(path: Path, keys: str) -> None:
    """Puts ``keys`` into the file, which is replaced at once and readable by its owner only."""
    lines = "".join(f"{name}={value}\n" for name, value in {**read_settings(path), DATA_KEY: keys}.items())
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
