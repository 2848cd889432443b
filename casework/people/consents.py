"""Consents: to which words somebody agreed, when, for whom, and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, String, delete, exists, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.cases.tables import CaseRow
from casework.store.database import Base, Sealed, SealedColumn, now, reading


class ConsentRow(Base):
    """``person`` None: the person has been forgotten, and a case that was filed on the consent is still there."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str | None] = mapped_column(String(32), index=True)
    application: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(32))
    words: Mapped[bytes] = mapped_column(SealedColumn("consent.words"))
    on_behalf: Mapped[str] = mapped_column(String(16))
    given: Mapped[datetime]
    withdrawn: Mapped[datetime | None]


@dataclass(frozen=True)
class ConsentRecord:
    """``words`` are what the person read; ``withdrawn`` None while the consent holds."""

    id: int
    application: str
    version: str
    words: str
    on_behalf: str
    given: datetime
    withdrawn: datetime | None


class Consents:
    def __init__(self, engine: Engine, sealed: Sealed, clock: Callable[[], datetime] = now) -> None:
        self._engine = engine
        self._sealed = sealed
        self._clock = clock

    def give(self, session: Session, person: str, application: str, version: str, words: str, on_behalf: str) -> int:
        """Records that ``person`` agreed to ``words``; gives the consent's id.  Joins the session."""
        row = ConsentRow(
            person=person,
            application=application,
            version=version,
            words=self._sealed.close(words, "consent.words"),
            on_behalf=on_behalf,
            given=self._clock(),
        )
        session.add(row)
        session.flush()
        return row.id

    def withdraw(self, person: str, application: str) -> int:
        """Ends what ``person`` agreed to for ``application``; gives how many consents that were."""
        held = (ConsentRow.person == person, ConsentRow.application == application, ConsentRow.withdrawn.is_(None))
        with Session(self._engine) as session, session.begin():
            ended = session.execute(
                update(ConsentRow).where(*held).values(withdrawn=self._clock()).returning(ConsentRow.id)
            )
            return len(ended.all())

    def of(self, person: str) -> list[ConsentRecord]:
        """All that ``person`` ever agreed to, the oldest first."""
        with reading(self._engine) as session:
            rows = session.scalars(select(ConsentRow).where(ConsentRow.person == person).order_by(ConsentRow.id))
            return [self._record(row) for row in rows]

    def forget(self, session: Session, person: str) -> None:
        """Deletes what no case was filed on, and cuts the link of the rest.  Joins the session."""
        filed_on = exists().where(CaseRow.consent == ConsentRow.id)
        session.execute(delete(ConsentRow).where(ConsentRow.person == person, ~filed_on))
        session.execute(update(ConsentRow).where(ConsentRow.person == person).values(person=None))

    def _record(self, row: ConsentRow) -> ConsentRecord:
        words = self._sealed.open(row.words, "consent.words")
        return ConsentRecord(row.id, row.application, row.version, words, row.on_behalf, row.given, row.withdrawn)
