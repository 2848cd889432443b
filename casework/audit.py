"""Who read or changed what: rows that can only be added, chained so that any tampering shows.

Each row's mark is a keyed hash over the mark before it and the row itself; the head, in a table of its own, has
a keyed hash too, so that cutting off the last rows shows as well.  No personal values belong in here: a row is
never changed, not even when a person is forgotten.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Engine,
    Index,
    String,
    Text,
    false,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.store.cipher import KeyRing
from casework.store.database import Base, now, reading

CLOCKS_DIFFER = timedelta(minutes=5)
"""At most, between the processes that write rows."""
_HEAD = 1
_START = ""


class AuditRow(Base):
    """``sequence`` counts from 1 without gaps; ``details`` is canonical JSON."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_by_actor", "actor", "sequence"),
        Index("audit_by_action", "action", "sequence"),
        Index("audit_by_time", "at", "sequence"),
    )

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime())
    actor: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64), index=True)
    details: Mapped[str] = mapped_column(Text())
    mark: Mapped[str] = mapped_column(String(64))


class AuditHeadRow(Base):
    """One row: the last sequence number and mark, and the keyed hash of both."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int]
    mark: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))


@dataclass(frozen=True)
class AuditEntry:
    sequence: int
    at: datetime
    actor: str
    role: str
    action: str
    subject: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Wanted:
    """Which rows to list; None: any.  From ``first`` up to but without ``end``, as the database keeps times."""

    actor: str | None = None
    subject: str | None = None
    action: str | None = None
    first: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class Whole:
    """Nothing is missing or changed in so many rows."""

    rows: int


@dataclass(frozen=True)
class BrokenAt:
    """The first row that is missing, changed or out of order; one past the last row if the head is."""

    sequence: int


class Audit:
    def __init__(self, engine: Engine, ring: KeyRing, clock: Callable[[], datetime] = now) -> None:
        self._engine = engine
        self._ring = ring
        self._clock = clock

    def record(
        self, session: Session, actor: str, role: str, action: str, subject: str, details: Mapping[str, Any]
    ) -> None:
        """Adds a row within the caller's transaction; the last thing that a transaction should do.

        It holds the chain's head until the transaction ends, so rows of concurrent transactions line up.
        ``subject``: a case reference or another public id.  ``details``: JSON, without personal values.
        """
        sequence, previous = self._take_head(session)
        row = AuditRow(
            sequence=sequence,
            at=self._clock(),
            actor=actor,
            role=role,
            action=action,
            subject=subject,
            details=_canonical(details),
        )
        row.mark = self._mark(previous, row)
        session.add(row)
        seal = self._seal(sequence, row.mark)
        session.execute(update(AuditHeadRow).where(AuditHeadRow.id == _HEAD).values(mark=row.mark, seal=seal))
        session.flush()

    def about(self, subject: str, most: int = 100) -> list[AuditEntry]:
        """The latest rows about a case or another subject, the newest first."""
        wanted = select(AuditRow).where(AuditRow.subject == subject).order_by(AuditRow.sequence.desc()).limit(most)
        with reading(self._engine) as session:
            return [_entry(row) for row in session.scalars(wanted)]

    def page(self, wanted: Wanted, before: int | None = None, most: int = 50) -> list[AuditEntry]:
        """The newest rows that are wanted, the newest first; older than the row ``before`` for the next page."""
        columns = {AuditRow.actor: wanted.actor, AuditRow.subject: wanted.subject, AuditRow.action: wanted.action}
        rows = select(AuditRow).where(*(column == value for column, value in columns.items() if value is not None))
        with reading(self._engine) as session:
            rows = rows.where(*_span(session, wanted))
            if before is not None:
                rows = rows.where(AuditRow.sequence < before)
            found = session.scalars(rows.order_by(AuditRow.sequence.desc()).limit(most))
            return [_entry(row) for row in found]

    def actions(self) -> list[str]:
        """Every kind of action that there is a row of."""
        found: list[str] = []
        following = select(func.min(AuditRow.action))
        with reading(self._engine) as session:  # from one to the next by the index, however many rows there are
            while action := session.scalar(following.where(AuditRow.action > found[-1]) if found else following):
                found.append(action)
        return found

    def verify(self) -> Whole | BrokenAt:
        """Reads the whole chain, row by row."""
        with reading(self._engine) as session:
            head, last = self._head_and_last(session)
            sequence, mark = 0, _START
            rows = select(AuditRow).where(AuditRow.sequence <= last).order_by(AuditRow.sequence)
            for row in session.scalars(rows.execution_options(yield_per=500)):
                if row.sequence != sequence + 1 or not hmac.compare_digest(row.mark, self._mark(mark, row)):
                    return BrokenAt(sequence + 1)
                sequence, mark = row.sequence, row.mark
            return Whole(sequence) if self._is_head(head, sequence, mark) else BrokenAt(sequence + 1)

    def _head_and_last(self, session: Session) -> tuple[AuditHeadRow | None, int]:
        """In one statement: what is added while the chain is read lies beyond both."""
        last = select(func.max(AuditRow.sequence)).scalar_subquery()
        one = select(literal(1).label("one")).subquery()
        found = session.execute(select(AuditHeadRow, last).select_from(one).outerjoin(AuditHeadRow, true())).one()
        return found[0], found[1] or 0

    def _is_head(self, head: AuditHeadRow | None, sequence: int, mark: str) -> bool:
        if head is None:
            return sequence == 0
        whole = (head.sequence, head.mark) == (sequence, mark)
        return whole and hmac.compare_digest(head.seal, self._seal(sequence, mark))

    def _take_head(self, session: Session) -> tuple[int, str]:
        """Locks the head by counting it up; gives the new row's number and the mark before it."""
        session.flush()
        count_up = (
            update(AuditHeadRow)
            .where(AuditHeadRow.id == _HEAD)
            .values(sequence=AuditHeadRow.sequence + 1)
            .returning(AuditHeadRow.sequence, AuditHeadRow.mark)
            .execution_options(synchronize_session=False)
        )
        taken = session.execute(count_up).one_or_none()
        if taken is None:
            self._make_head(session)
            taken = session.execute(count_up).one()
        return taken.sequence, taken.mark

    def _make_head(self, session: Session) -> None:
        try:
            with session.begin_nested():
                session.execute(insert(AuditHeadRow).values(id=_HEAD, sequence=0, mark=_START, seal=_START))
        except IntegrityError:
            return  # another process made it at the same moment

    def _mark(self, previous: str, row: AuditRow) -> str:
        content = [row.sequence, row.at.isoformat(), row.actor, row.role, row.action, row.subject, row.details]
        return self._ring.hash(_canonical([previous, content]), "audit")

    def _seal(self, sequence: int, mark: str) -> str:
        return self._ring.hash(_canonical([sequence, mark]), "audit head")


def _span(session: Session, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """By number too, so that a day of last year is found without reading this year's rows."""
    if wanted.first is not None:
        yield AuditRow.at >= wanted.first
        begin = _first_since(session, wanted.first - CLOCKS_DIFFER)
        yield false() if begin is None else AuditRow.sequence >= begin
    if wanted.end is not None:
        yield AuditRow.at < wanted.end
        end = _first_since(session, wanted.end + CLOCKS_DIFFER)
        yield true() if end is None else AuditRow.sequence < end


def _first_since(session: Session, moment: datetime) -> int | None:
    since = select(AuditRow.sequence).where(AuditRow.at >= moment).order_by(AuditRow.at, AuditRow.sequence)
    return session.scalar(since.limit(1))


def _entry(row: AuditRow) -> AuditEntry:
    details = json.loads(row.details)
    return AuditEntry(row.sequence, row.at, row.actor, row.role, row.action, row.subject, details)


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
