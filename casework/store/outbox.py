"""The outbox: what has to reach the bureau, written in the transaction that made it true, and sent afterwards.

Rows of one case are a stream: none is claimed before all earlier ones of its case were delivered, so a dead letter
holds back what follows it until it is sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, exists, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from casework.store.database import Base, Sealed, SealedColumn, context

LEASE = timedelta(minutes=5)
"""How long a claim holds: far longer than one delivery takes, so that it only ends when its worker did."""

_WAITING = text("delivered_at IS NULL")


class OutboxRow(Base):
    """``next_at`` None: at once.  ``body`` None: delivered, so no copy is kept here."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_waiting", "id", postgresql_where=_WAITING, sqlite_where=_WAITING),
        Index("outbox_stream", "stream", "id", postgresql_where=_WAITING, sqlite_where=_WAITING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(128), unique=True)
    stream: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes | None] = mapped_column(SealedColumn("outbox", "key"))
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(200))


class DecisionRow(Base):
    """What the bureau decided, taken at ``at``.  ``answer`` None: taken, and not known to be applied."""

    __tablename__ = "bureau_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    decision: Mapped[str] = mapped_column(String(64), unique=True)
    body: Mapped[bytes] = mapped_column(SealedColumn("bureau_decision", "decision"))
    answer: Mapped[bytes | None] = mapped_column(SealedColumn("bureau_decision", "decision"))
    at: Mapped[datetime]


@dataclass(frozen=True)
class Claim:
    """A row that this worker may send until the lease ends.  ``attempts`` counts the one under way."""

    id: int
    key: str
    kind: str
    attempts: int
    body: bytes

    def opened(self, sealed: Sealed) -> Any:
        """The JSON that was enqueued; CannotOpen if its key is not on the ring."""
        return sealed.open(self.body, context("outbox", self.key))


@dataclass(frozen=True)
class DeadLetter:
    """A row that will not be sent by itself again; ``error`` names no personal value."""

    id: int
    key: str
    reference: str
    kind: str
    attempts: int
    error: str
    dead_at: datetime


def enqueue(session: Session, kind: str, key: str, body: Mapping[str, Any], *, sealed: Sealed) -> None:
    """Puts one row into the caller's transaction; a key that is there already is left as it is.

    ``key`` is the Idempotency-Key of every attempt.  ``body`` is JSON with vault and document tokens in place of
    values; its ``reference`` is the case whose order is kept.  KeyError without one.
    """
    if session.scalar(select(OutboxRow.id).where(OutboxRow.key == key)) is None:
        shut = sealed.close(dict(body), context("outbox", key))
        session.add(OutboxRow(key=key, stream=body["reference"], kind=kind, body=shut, attempts=0))


def claim(session: Session, limit: int, now: datetime) -> list[Claim]:
    """Takes up to ``limit`` due rows for :data:`LEASE`, the oldest first; the caller commits before it sends.

    Several workers may do so at once: what one has locked the others pass over.
    """
    earlier = aliased(OutboxRow)
    held_back = exists().where(
        earlier.stream == OutboxRow.stream, earlier.id < OutboxRow.id, earlier.delivered_at.is_(None)
    )
    due = (
        select(OutboxRow.id)
        .where(
            OutboxRow.delivered_at.is_(None),
            OutboxRow.dead_at.is_(None),
            or_(OutboxRow.next_at.is_(None), OutboxRow.next_at <= now),
            or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until <= now),
            ~held_back,
        )
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(select(due.c.id)))
        .values(claimed_until=now + LEASE, attempts=OutboxRow.attempts + 1)
        .returning(OutboxRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    claims = (Claim(row.id, row.key, row.kind, row.attempts, row.body or b"") for row in taken.scalars())
    return sorted(claims, key=lambda each: each.id)


def mark_delivered(session: Session, claimed: Claim, now: datetime) -> None:
    """Holds whoever has the claim by now: the bureau has it."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == claimed.id, OutboxRow.delivered_at.is_(None))
        .values(delivered_at=now, dead_at=None, claimed_until=None, last_error=None, body=None)
    )


def mark_failed(session: Session, claimed: Claim, error: str, next_at: datetime) -> None:
    """To be tried again at ``next_at``; nothing if the lease ended and another worker has the row."""
    _give_back(session, claimed, next_at=next_at, last_error=error[:200])


def mark_dead(session: Session, claimed: Claim, error: str, now: datetime) -> None:
    """Not to be tried again by itself; nothing if the lease ended and another worker has the row."""
    _give_back(session, claimed, dead_at=now, last_error=error[:200])


def _give_back(session: Session, claimed: Claim, **values: Any) -> None:
    """Every claim raises ``attempts``, which therefore tells this claim from a later one."""
    mine = OutboxRow.id == claimed.id, OutboxRow.attempts == claimed.attempts, OutboxRow.delivered_at.is_(None)
    session.execute(update(OutboxRow).where(*mine).values(claimed_until=None, **values))


def dead_letters(session: Session) -> list[DeadLetter]:
    """The oldest first."""
    rows = session.scalars(
        select(OutboxRow).where(OutboxRow.delivered_at.is_(None), OutboxRow.dead_at.is_not(None)).order_by(OutboxRow.id)
    )
    return [
        DeadLetter(row.id, row.key, row.stream, row.kind, row.attempts, row.last_error or "", row.dead_at)
        for row in rows
        if row.dead_at is not None
    ]


def send_again(session: Session, ids: Iterable[int]) -> int:
    """Dead letters become due at once with all their attempts before them; gives how many they were."""
    result = session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(list(ids)), OutboxRow.dead_at.is_not(None), OutboxRow.delivered_at.is_(None))
        .values(dead_at=None, attempts=0, next_at=None, last_error=None)
        .returning(OutboxRow.id)
    )
    return len(result.all())
