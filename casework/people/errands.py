"""Errands: what a person is in the middle of.  One is current in a conversation; others wait to be taken up again."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, Index, String, bindparam, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.people.documents import Documents
from casework.people.vault import Vault
from casework.store.database import Base, Sealed, SealedColumn, context, now, reading

Kind = Literal["filing", "guide", "check"]

CODE_DIGITS = 8
WRONG_CODES = 10
WITHIN = timedelta(hours=1)
"""So many wrong codes a conversation may say within that time; after them even a right one is refused."""


class ErrandRow(Base):
    """``conversation`` is where the errand is current, None while it waits; ``code`` the keyed hash of its code."""

    __tablename__ = "errand"

    id: Mapped[int] = mapped_column(primary_key=True)
    public: Mapped[str] = mapped_column(String(32), unique=True)
    person: Mapped[str] = mapped_column(String(32), index=True)
    conversation: Mapped[str | None] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(64))
    state: Mapped[bytes] = mapped_column(SealedColumn("errand.state", "public"))
    code: Mapped[str] = mapped_column(String(64), unique=True)
    sealed_code: Mapped[bytes] = mapped_column(SealedColumn("errand.code", "public"))
    updated: Mapped[datetime] = mapped_column(index=True)


class WrongCodeRow(Base):
    __tablename__ = "wrong_code"
    __table_args__ = (Index("wrong_code_by_conversation", "conversation", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


@dataclass(frozen=True)
class Errand:
    """``subject`` is the id of the application or guide; ``state`` JSON with tokens in place of personal values."""

    id: str
    person: str
    kind: Kind
    subject: str
    state: dict[str, Any]
    resume_code: str
    updated: datetime


_CURRENT = select(ErrandRow).where(ErrandRow.conversation == bindparam("conversation"))
"""Asked at every turn, so made once."""


class Errands:
    """Every method is one transaction unless it takes a session."""

    def __init__(
        self, engine: Engine, sealed: Sealed, vault: Vault, documents: Documents, clock: Callable[[], datetime] = now
    ) -> None:
        self._engine = engine
        self._sealed = sealed
        self._vault = vault
        self._documents = documents
        self._clock = clock

    def current(self, conversation: str) -> Errand | None:
        with reading(self._engine) as session:
            row = session.scalar(_CURRENT, {"conversation": conversation})
            return None if row is None else self._errand(row)

    def begin(self, conversation: str, person: str, kind: Kind, subject: str, state: dict[str, Any]) -> Errand:
        """Makes a new errand the current one; the one before it is set aside, not lost."""
        public, code = secrets.token_hex(16), f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        with Session(self._engine) as session, session.begin():
            _put_aside(session, conversation)
            row = ErrandRow(
                public=public,
                person=person,
                conversation=conversation,
                kind=kind,
                subject=subject,
                state=self._close_state(public, state),
                code=self._hash(code),
                sealed_code=self._sealed.close(code, context("errand.code", public)),
                updated=self._clock(),
            )
            session.add(row)
            session.flush()
            return self._errand(row)

    def save(self, errand_id: str, state: dict[str, Any]) -> None:
        """KeyError if the errand is gone."""
        with Session(self._engine) as session, session.begin():
            row = _one(session, ErrandRow.public == errand_id)
            row.state = self._close_state(errand_id, state)
            row.updated = self._clock()

    def set_aside(self, conversation: str) -> None:
        """The current errand, if there is one, waits."""
        with Session(self._engine) as session, session.begin():
            _put_aside(session, conversation)

    def saved(self, person: str) -> list[Errand]:
        """What waits to be taken up again, the latest first."""
        return [each for each, waits in self._all(person) if waits]

    def of_person(self, person: str) -> list[Errand]:
        """All errands, current or waiting, the latest first."""
        return [each for each, _ in self._all(person)]

    def resume(self, conversation: str, person: str, errand_id: str) -> Errand:
        """Makes the errand current; KeyError unless it is this person's."""
        with Session(self._engine) as session, session.begin():
            row = _one(session, ErrandRow.public == errand_id, ErrandRow.person == person)
            return self._take_up(session, row, conversation, person)

    def resume_by_code(self, conversation: str, person: str, code: str) -> Errand | None:
        """Makes the errand of that code current here and this person's own, from whatever channel it comes.

        None for a wrong code, and for any code after too many wrong ones.
        """
        with Session(self._engine) as session, session.begin():
            moment = self._clock()
            session.execute(delete(WrongCodeRow).where(WrongCodeRow.at <= moment - WITHIN))
            wrong = select(func.count()).where(WrongCodeRow.conversation == conversation)
            if (session.scalar(wrong) or 0) >= WRONG_CODES:
                return None
            row = session.scalar(select(ErrandRow).where(ErrandRow.code == self._hash(code)))
            if row is None:
                session.add(WrongCodeRow(conversation=conversation, at=moment))
                return None
            return self._take_up(session, row, conversation, person)

    def drop(self, errand_id: str) -> None:
        """Deletes the errand with its vault values and documents; nothing if it is gone."""
        with Session(self._engine) as session, session.begin():
            self._delete(session, ErrandRow.public == errand_id)

    def drop_older_than(self, days: int) -> int:
        """Drops what nobody has touched for so many days; gives how many errands that were."""
        with Session(self._engine) as session, session.begin():
            return self._delete(session, ErrandRow.updated < self._clock() - timedelta(days=days))

    def forget(self, session: Session, person: str) -> int:
        """Drops all errands of ``person``; gives how many they were.  Joins the session."""
        return self._delete(session, ErrandRow.person == person)

    def _delete(self, session: Session, which: ColumnElement[bool]) -> int:
        gone = session.scalars(delete(ErrandRow).where(which).returning(ErrandRow.public)).all()
        for public in gone:
            self._vault.forget(session, public)
            self._documents.forget(session, public)
        return len(gone)

    def _all(self, person: str) -> list[tuple[Errand, bool]]:
        wanted = select(ErrandRow).where(ErrandRow.person == person)
        with reading(self._engine) as session:
            rows = session.scalars(wanted.order_by(ErrandRow.updated.desc(), ErrandRow.id.desc()))
            return [(self._errand(row), row.conversation is None) for row in rows]

    def _take_up(self, session: Session, row: ErrandRow, conversation: str, person: str) -> Errand:
        _put_aside(session, conversation)
        row.conversation, row.person, row.updated = conversation, person, self._clock()
        session.flush()
        return self._errand(row)

    def _errand(self, row: ErrandRow) -> Errand:
        state = self._sealed.open(row.state, context("errand.state", row.public))
        code = self._sealed.open(row.sealed_code, context("errand.code", row.public))
        kind: Kind = row.kind  # type: ignore[assignment]  # only begin() writes it
        return Errand(row.public, row.person, kind, row.subject, state, code, row.updated)

    def _close_state(self, public: str, state: dict[str, Any]) -> bytes:
        return self._sealed.close(state, context("errand.state", public))

    def _hash(self, code: str) -> str:
        return self._sealed.ring.hash(code, "errand.code")


def _put_aside(session: Session, conversation: str) -> None:
    session.execute(update(ErrandRow).where(ErrandRow.conversation == conversation).values(conversation=None))


def _one(session: Session, *which: ColumnElement[bool]) -> ErrandRow:
    row = session.scalar(select(ErrandRow).where(*which).with_for_update())
    if row is None:
        raise KeyError("no such errand")
    return row
