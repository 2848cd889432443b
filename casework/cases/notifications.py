"""What a person has to be told of a case: kept until it is shown, once for every event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Unpack

from sqlalchemy import (
    Connection,
    Engine,
    ForeignKey,
    Index,
    Row,
    Select,
    String,
    UniqueConstraint,
    bindparam,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.cases.tables import CaseEventRow, CaseRow
from casework.people.people import PersonRow
from casework.store.cipher import KeyRing
from casework.store.database import Base, Sealed, SealedColumn, context, now, only_reads, reading

_WAITING = text("delivered_at IS NULL")


class NotificationRow(Base):
    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("person", "event_id"),
        Index("notification_waiting", "person", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(String(32))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("case_event.id", ondelete="CASCADE"))
    text: Mapped[bytes] = mapped_column(SealedColumn("notification", "event_id"))
    at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Notification:
    """One message, in words for the person; ``delivered_at`` None until it has been told."""

    id: int
    reference: str
    application: str
    text: str
    at: datetime
    delivered_at: datetime | None = None


_OF_CONVERSATION = (
    select(NotificationRow.__table__, CaseRow.reference, CaseRow.application)
    .join(CaseRow, CaseRow.id == NotificationRow.case_id)
    .join(PersonRow, PersonRow.public == NotificationRow.person)
    .where(PersonRow.conversation == bindparam("conversation"), NotificationRow.delivered_at.is_(None))
    .order_by(NotificationRow.id)
)
"""Asked at every turn, so made once."""


class Notifications:
    def __init__(self, engine: Engine, ring: KeyRing, clock: Callable[[], datetime] = now) -> None:
        self._engine = engine
        self._sealed = Sealed(ring)
        self._clock = clock

    def add(self, session: Session, case: CaseRow, event: CaseEventRow, words: str) -> None:
        """Keeps ``words`` for the case's person, if there still is one.  Joins the session; ``event`` is flushed."""
        if case.person is None:
            return
        sealed = self._sealed.close(words, context("notification", event.id))
        session.add(
            NotificationRow(person=case.person, case_id=case.id, event_id=event.id, text=sealed, at=self._clock())
        )

    def pending(self, person: str) -> list[Notification]:
        """What the person has not been told yet, the oldest first."""
        waiting = NotificationRow.delivered_at.is_(None)
        return self._found(_of(person).where(waiting).order_by(NotificationRow.id))

    def waiting_in(self, conversation: str) -> list[Notification]:
        """As :meth:`pending`, of the person whom the engine knows by ``conversation``."""
        with only_reads(self._engine).connect() as connection:
            found = connection.execute(_OF_CONVERSATION, {"conversation": conversation}).all()
        return [
            Notification(row.id, row.reference, row.application, self._words(row), row.at, row.delivered_at)
            for row in found
        ]

    def of(self, person: str, most: int = 50) -> list[Notification]:
        """What the person was told or is still to be told, the latest first."""
        return self._found(_of(person).order_by(NotificationRow.id.desc()).limit(most))

    def deliver(self, ids: Iterable[int]) -> list[int]:
        """Marks them as told; gives those that were not before: of several callers each id is given to one."""
        with self._engine.begin() as connection:
            return self.deliver_along(connection, ids)

    def deliver_along(self, connection: Connection, ids: Iterable[int]) -> list[int]:
        """As :meth:`deliver`, in the caller's transaction."""
        wanted = list(ids)
        if not wanted:
            return []
        told = (
            update(NotificationRow)
            .where(NotificationRow.id.in_(wanted), NotificationRow.delivered_at.is_(None))
            .values(delivered_at=self._clock())
            .returning(NotificationRow.id)
        )
        return sorted(connection.scalars(told))

    def forget(self, session: Session, person: str) -> int:
        """Deletes all of a person's, told or not; gives how many.  Joins the session."""
        gone = delete(NotificationRow).where(NotificationRow.person == person).returning(NotificationRow.id)
        return len(session.scalars(gone).all())

    def _found(self, wanted: Select[NotificationRow, str, str]) -> list[Notification]:
        with reading(self._engine) as session:
            return [
                Notification(row.id, reference, application, self._words(row), row.at, row.delivered_at)
                for row, reference, application in session.execute(wanted)
            ]

    def _words(self, row: NotificationRow | Row[Unpack[tuple[Any, ...]]]) -> str:
        return str(self._sealed.open(row.text, context("notification", row.event_id)))


def _of(person: str) -> Select[NotificationRow, str, str]:
    return (
        select(NotificationRow, CaseRow.reference, CaseRow.application)
        .join(CaseRow, CaseRow.id == NotificationRow.case_id)
        .where(NotificationRow.person == person)
    )
