"""How much there is and how long it has waited, in numbers only.

:meth:`Counts.waiting` reads a few index entries however much there is.  :meth:`Counts.all` walks whole indexes: a
tenth of a second or so for a million cases, so whoever calls it keeps what it gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, case, func, select
from sqlalchemy.orm import Session

from casework.cases.lifecycle import TABLE
from casework.cases.tables import CaseEventRow, CaseRow
from casework.conversations.handovers import HandoverRow
from casework.conversations.log import ConversationRow
from casework.store.database import reading
from casework.store.outbox import OutboxRow

OWNERS = ("bot", "queue", "agent")
OUTBOX_STATES = ("new", "failed", "dead")
"""Never tried; tried, and to be tried again; given up."""


@dataclass(frozen=True)
class Waiting:
    """``queue_since``, ``outbox_since``: when the oldest began to wait (UTC); None where nothing does."""

    queue: int
    queue_since: datetime | None
    outbox_since: datetime | None


@dataclass(frozen=True)
class Everything:
    """``conversations`` by owner, ``cases`` by status, ``outbox`` by state: with every key, 0 where there is none."""

    conversations: Mapping[str, int]
    cases: Mapping[str, int]
    overdue: int
    outbox: Mapping[str, int]


class Counts:
    """Reads only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def waiting(self) -> Waiting:
        with reading(self._engine) as session:
            length, since = session.execute(
                select(func.count(), func.min(HandoverRow.asked_at)).where(HandoverRow.agent.is_(None))
            ).one()
            return Waiting(length, since, _outbox_since(session))

    def all(self, day: date) -> Everything:
        """``day``: today; cases due before it are overdue."""
        with reading(self._engine) as session:
            return Everything(
                _owners(session),
                _statuses(session),
                session.scalar(select(func.count()).select_from(CaseRow).where(CaseRow.due_on < day)) or 0,
                _outbox(session),
            )


def _outbox_since(session: Session) -> datetime | None:
    """When what the oldest row tells came about: its key names the event (see :mod:`casework.cases.writer`)."""
    waits = (OutboxRow.delivered_at.is_(None), OutboxRow.dead_at.is_(None))
    key = session.scalar(select(OutboxRow.key).where(*waits).order_by(OutboxRow.id).limit(1)) or ""
    reference, _, sequence = key.partition(":")
    if not sequence.isdigit():
        return None
    event = select(CaseEventRow.at).join(CaseRow, CaseRow.id == CaseEventRow.case_id)
    return session.scalar(event.where(CaseRow.reference == reference, CaseEventRow.sequence == int(sequence)))


def _owners(session: Session) -> dict[str, int]:
    everybody = session.scalar(select(func.count()).select_from(ConversationRow)) or 0
    handed, taken = session.execute(select(func.count(), func.count(HandoverRow.agent))).one()
    return {"bot": max(everybody - handed, 0), "queue": handed - taken, "agent": taken}


def _outbox(session: Session) -> dict[str, int]:
    tried = case((OutboxRow.dead_at.is_(None) & (OutboxRow.attempts > 0), 1))
    numbers = select(func.count(), func.count(OutboxRow.dead_at), func.count(tried))
    rows, dead, failed = session.execute(numbers.where(OutboxRow.delivered_at.is_(None))).one()
    return {"new": rows - dead - failed, "failed": failed, "dead": dead}


def _statuses(session: Session) -> dict[str, int]:
    rows = session.execute(select(CaseRow.status, func.count()).group_by(CaseRow.status))
    return dict.fromkeys(TABLE, 0) | {status: number for status, number in rows}
