"""Who owns a conversation: the bot, the queue of those who asked for a person, or one agent.

The owner stands in the conversation's own row, under whose lock turns are logged too: what the bot says after
an agent has taken over is not logged, and so is never said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, Index, String, delete, func, or_, select, true
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.audit import Audit
from casework.conversations.log import ConversationRow
from casework.store.database import Base, Sealed, SealedColumn, context, now, reading

Kind = Literal["bot", "queue", "agent"]


class HandoverRow(Base):
    """There while a conversation waits (``agent`` is None) or is an agent's.  ``words``: reason and summary."""

    __tablename__ = "handover"
    __table_args__ = (Index("handover_by_agent", "agent", "asked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(String(64), unique=True)
    agent: Mapped[str | None] = mapped_column(String(64))
    county: Mapped[str | None] = mapped_column(String(12))
    words: Mapped[bytes] = mapped_column(SealedColumn("handover", "sender"))
    asked_at: Mapped[datetime]
    changed_at: Mapped[datetime]


@dataclass(frozen=True)
class Owner:
    """``agent``: the login of whose conversation it is.  ``since``: when a person was asked for."""

    kind: Kind
    agent: str | None = None
    since: datetime | None = None


BOT = Owner("bot")


@dataclass(frozen=True)
class Handover:
    """A conversation that waits or is an agent's.  ``place`` in the queue counts from 1; 0 once taken."""

    sender: str
    agent: str | None
    county: str | None
    reason: str
    summary: str
    since: datetime
    place: int


class AlreadyTaken(Exception):
    """Another agent was faster; ``agent`` is whose conversation it is."""

    def __init__(self, agent: str) -> None:
        super().__init__("the conversation is another agent's")
        self.agent = agent


class NotYours(Exception):
    """Only who owns a conversation may give it away."""


class Handovers:
    """Every method is one transaction; who takes, gives back or passes on is in the audit log."""

    def __init__(self, engine: Engine, sealed: Sealed, audit: Audit, clock: Callable[[], datetime] = now) -> None:
        self._engine = engine
        self._sealed = sealed
        self._audit = audit
        self._clock = clock

    def owner(self, sender: str) -> Owner:
        with reading(self._engine) as session:
            row = session.scalar(select(HandoverRow).where(HandoverRow.sender == sender))
            return BOT if row is None else _owner(row)

    def ask(self, sender: str, reason: str, county: str | None, summary: str) -> int:
        """The bot's conversation joins the queue; gives its place, which it keeps when it asks again.

        0 where an agent already has it.  KeyError for an unknown conversation.
        """
        with Session(self._engine) as session, session.begin():
            conversation = _locked(session, sender)
            row = session.scalar(select(HandoverRow).where(HandoverRow.sender == sender))
            if row is not None and row.agent is not None:
                return 0
            at = self._clock()
            if row is None:
                row = HandoverRow(sender=sender, agent=None, asked_at=at)
                session.add(row)
                conversation.owner = "queue"
            row.county, row.changed_at = county, at
            row.words = self._sealed.close({"reason": reason, "summary": summary}, context("handover", sender))
            session.flush()
            return _place(session, row)

    def give_up(self, sender: str) -> bool:
        """The person would rather have the bot again; False where nothing waited."""
        with Session(self._engine) as session, session.begin():
            row = session.scalar(_of(sender).where(HandoverRow.agent.is_(None)))
            if row is None:
                return False
            _locked(session, sender).owner = "bot"
            session.delete(row)
            return True

    def waiting(self, areas: Sequence[str] | None = None, most: int = 100) -> list[Handover]:
        """The queue, who waits longest first; only of these areas (and of no area) where they are given."""
        wanted = select(HandoverRow).where(HandoverRow.agent.is_(None), _within(areas))
        return self._all(wanted.order_by(HandoverRow.asked_at, HandoverRow.id).limit(most))

    def of_agent(self, agent: str) -> list[Handover]:
        return self._all(select(HandoverRow).where(HandoverRow.agent == agent).order_by(HandoverRow.asked_at))

    def get(self, sender: str) -> Handover | None:
        """None where the bot owns the conversation."""
        found = self._all(_of(sender))
        return found[0] if found else None

    def take(self, sender: str, agent: str, role: str, county: str | None = None) -> None:
        """The conversation is the agent's from now on, asked for or not; AlreadyTaken by another.

        ``county`` only matters where nobody had asked.  KeyError for an unknown conversation.
        """
        with Session(self._engine) as session, session.begin():
            conversation = _locked(session, sender)
            row = session.scalar(_of(sender))
            if row is None:
                row = HandoverRow(sender=sender, agent=None, county=county, asked_at=self._clock())
                row.words = self._sealed.close({"reason": "", "summary": ""}, context("handover", sender))
                session.add(row)
            if row.agent not in (None, agent):
                raise AlreadyTaken(str(row.agent))
            row.agent, row.changed_at = agent, self._clock()
            conversation.owner = "agent"
            self._audit.record(session, agent, role, "take_conversation", sender, {})

    def hand_back(self, sender: str, agent: str, role: str) -> None:
        """The bot's again; NotYours unless the agent owns it."""
        with Session(self._engine) as session, session.begin():
            conversation, row = _own(session, sender, agent)
            session.delete(row)
            conversation.owner = "bot"
            self._audit.record(session, agent, role, "hand_back_conversation", sender, {})

    def pass_on(self, sender: str, agent: str, to: str | None, role: str) -> None:
        """Another agent's, or with None the queue's, at the place of when it was asked; NotYours as above."""
        with Session(self._engine) as session, session.begin():
            conversation, row = _own(session, sender, agent)
            row.agent, row.changed_at = to, self._clock()
            conversation.owner = "queue" if to is None else "agent"
            self._audit.record(session, agent, role, "pass_on_conversation", sender, {"to": to})

    def forget(self, session: Session, sender: str) -> None:
        """Joins the session."""
        session.execute(delete(HandoverRow).where(HandoverRow.sender == sender))

    def pulse(self) -> tuple[int, datetime | None]:
        """Different whenever the queue or somebody's conversations have changed."""
        with reading(self._engine) as session:
            count, last = session.execute(select(func.count(), func.max(HandoverRow.changed_at))).one()
            return count, last

    def _all(self, wanted: Any) -> list[Handover]:
        with reading(self._engine) as session:
            return [self._handover(session, row) for row in session.scalars(wanted).all()]

    def _handover(self, session: Session, row: HandoverRow) -> Handover:
        words: Mapping[str, str] = self._sealed.open(row.words, context("handover", row.sender))
        place = _place(session, row) if row.agent is None else 0
        return Handover(row.sender, row.agent, row.county, words["reason"], words["summary"], row.asked_at, place)


def _of(sender: str) -> Any:
    return select(HandoverRow).where(HandoverRow.sender == sender)


def _own(session: Session, sender: str, agent: str) -> tuple[ConversationRow, HandoverRow]:
    conversation = _locked(session, sender)
    row = session.scalar(_of(sender))
    if row is None or row.agent != agent:
        raise NotYours
    return conversation, row


def _locked(session: Session, sender: str) -> ConversationRow:
    row = session.scalar(select(ConversationRow).where(ConversationRow.sender == sender).with_for_update())
    if row is None:
        raise KeyError(sender)
    return row


def _place(session: Session, row: HandoverRow) -> int:
    earlier = or_(
        HandoverRow.asked_at < row.asked_at, (HandoverRow.asked_at == row.asked_at) & (HandoverRow.id < row.id)
    )
    before = select(func.count()).select_from(HandoverRow).where(HandoverRow.agent.is_(None), earlier)
    return (session.scalar(before) or 0) + 1


def _within(areas: Sequence[str] | None) -> ColumnElement[bool]:
    if areas is None:
        return true()
    return or_(HandoverRow.county.is_(None), *(HandoverRow.county.startswith(area) for area in areas))


def _owner(row: HandoverRow) -> Owner:
    return Owner("agent" if row.agent is not None else "queue", row.agent, row.asked_at)
