"""Marks: what agents say of suggestions, for the people who keep the knowledge base to work through."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Engine, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.audit import Audit
from casework.people.privacy import mask
from casework.store.database import Base, Sealed, SealedColumn, context, now, reading

Opinion = Literal["useful", "wrong", "missing"]


class MarkRow(Base):
    """``words``: what was typed and the agent's note, both with personal data masked.  ``settlement``: what was done
    about it."""

    __tablename__ = "mark"
    __table_args__ = (Index("mark_by_state", "settled_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public: Mapped[str] = mapped_column(String(32), unique=True)
    opinion: Mapped[str] = mapped_column(String(8))
    measure: Mapped[str | None] = mapped_column(String(64))
    aspect: Mapped[str | None] = mapped_column(String(32))
    agent: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    words: Mapped[bytes] = mapped_column(SealedColumn("mark.words", "public"))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(64))
    settlement: Mapped[bytes | None] = mapped_column(SealedColumn("mark.settlement", "public"))


@dataclass(frozen=True)
class Marked:
    """``measure`` and ``aspect``: what was suggested; no measure where something should have been and was not."""

    opinion: Opinion
    typed: str
    measure: str | None = None
    aspect: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Mark(Marked):
    id: str = ""
    agent: str = ""
    at: datetime | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    settlement: str = ""


class AlreadySettled(Exception):
    """Somebody else was faster."""


class Marks:
    """Every method is one transaction; making and settling a mark are in the audit log."""

    def __init__(self, engine: Engine, sealed: Sealed, audit: Audit, clock: Callable[[], datetime] = now) -> None:
        self._engine = engine
        self._sealed = sealed
        self._audit = audit
        self._clock = clock

    def add(self, marked: Marked, agent: str, role: str) -> str:
        """Gives the mark's id."""
        public = secrets.token_hex(16)
        words = {"typed": mask(marked.typed).text, "note": mask(marked.note).text}
        row = MarkRow(
            public=public,
            opinion=marked.opinion,
            measure=marked.measure,
            aspect=marked.aspect,
            agent=agent,
            at=self._clock(),
            words=self._sealed.close(words, context("mark.words", public)),
        )
        with Session(self._engine) as session, session.begin():
            session.add(row)
            details = {"opinion": marked.opinion, "measure": marked.measure}
            self._audit.record(session, agent, role, "marked", public, details)
        return public

    def settle(self, mark_id: str, note: str, by: str, role: str) -> None:
        """KeyError for an unknown mark; AlreadySettled."""
        with Session(self._engine) as session, session.begin():
            row = session.scalar(select(MarkRow).where(MarkRow.public == mark_id).with_for_update())
            if row is None:
                raise KeyError(mark_id)
            if row.settled_at is not None:
                raise AlreadySettled
            row.settled_at, row.settled_by = self._clock(), by
            row.settlement = self._sealed.close(mask(note).text, context("mark.settlement", mark_id))
            self._audit.record(session, by, role, "mark_settled", mark_id, {})

    def page(self, settled: bool, opinion: Opinion | None = None, number: int = 1, size: int = 50) -> list[Mark]:
        """The newest first; ``number`` counts pages from 1, and of a page comes one more if there is a next."""
        wanted = select(MarkRow).where(MarkRow.settled_at.is_not(None) if settled else MarkRow.settled_at.is_(None))
        if opinion is not None:
            wanted = wanted.where(MarkRow.opinion == opinion)
        with reading(self._engine) as session:
            rows = session.scalars(wanted.order_by(MarkRow.id.desc()).limit(size + 1).offset((number - 1) * size))
            return [self._mark(row) for row in rows]

    def open(self) -> int:
        """How many wait to be settled."""
        with reading(self._engine) as session:
            return session.scalar(select(func.count()).select_from(MarkRow).where(MarkRow.settled_at.is_(None))) or 0

    def _mark(self, row: MarkRow) -> Mark:
        words: Any = self._sealed.open(row.words, context("mark.words", row.public))
        settlement = row.settlement and self._sealed.open(row.settlement, context("mark.settlement", row.public))
        return Mark(
            opinion=row.opinion,  # type: ignore[arg-type]  # only add() writes it
            typed=words["typed"],
            measure=row.measure,
            aspect=row.aspect,
            note=words["note"],
            id=row.public,
            agent=row.agent,
            at=row.at,
            settled_at=row.settled_at,
            settled_by=row.settled_by,
            settlement=settlement or "",
        )
