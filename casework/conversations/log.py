"""The log of conversations: what was said, in order, sealed; and how it is forgotten.

A conversation is known by a keyed hash of the id that its client gave: clients put telephone numbers there.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, ForeignKey, Index, String, UniqueConstraint, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.store.database import Base, Sealed, SealedColumn, context, now, reading

PERSON = "person"
ASSISTANT = "assistant"
AGENT = "agent"


class AgentHasIt(Exception):
    """The assistant may not speak: an agent owns the conversation."""


class ConversationRow(Base):
    """``owner``: bot, queue or agent; see :mod:`casework.conversations.handovers`.  ``sequence`` is the last turn's."""

    __tablename__ = "conversation"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    sender: Mapped[str] = mapped_column(String(64), unique=True)
    last_seen: Mapped[datetime]
    owner: Mapped[str] = mapped_column(String(8), server_default="bot", default="bot")
    sequence: Mapped[int] = mapped_column(server_default="0", default=0)


class TurnRow(Base):
    __tablename__ = "turn"
    __table_args__ = (
        UniqueConstraint("conversation_id", "sequence"),
        UniqueConstraint("conversation_id", "author", "message_id"),
        Index("turn_by_conversation", "conversation_id", "sequence"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    sequence: Mapped[int]
    author: Mapped[str] = mapped_column(String(16))
    message_id: Mapped[str | None] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(SealedColumn("turn.body", "conversation_id", "sequence"))
    at: Mapped[datetime]


@dataclass(frozen=True)
class Pulse:
    """Where a conversation stands: its last turn's number, and whose it is."""

    sequence: int
    owner: str


@dataclass(frozen=True)
class LoggedTurn:
    """One entry of the log; ``messages`` are the assistant's or an agent's, in the contract's shape.

    ``message_id`` is the client's: of the person's own turn, and of the turn that answers it.  ``at`` is in UTC.
    """

    sequence: int
    author: str
    text: str
    messages: tuple[dict[str, Any], ...]
    message_id: str | None
    at: datetime


class ConversationLog:
    """Every method is one transaction; safe to call from several threads and processes."""

    def __init__(self, engine: Engine, sealed: Sealed, secret: str) -> None:
        self._engine = engine
        self._sealed = sealed
        self._secret = secret.encode()

    def key(self, conversation_id: str) -> str:
        """The keyed hash under which a conversation is stored."""
        return hmac.new(self._secret, conversation_id.encode(), hashlib.sha256).hexdigest()

    def sender(self, key: str) -> str:
        """The id that the engine knows the conversation by; made on first use, new after forgetting."""
        with reading(self._engine) as session:
            known = session.scalar(select(ConversationRow.sender).where(ConversationRow.key == key))
        if known is not None:
            return known
        with Session(self._engine) as session, session.begin():
            return self._row(session, key).sender

    def append(
        self, key: str, author: str, text: str, messages: list[dict[str, Any]], message_id: str | None = None
    ) -> int:
        """Adds a turn and gives its sequence number, counted from 1 without gaps.

        A message that was logged before (its turn failed, and the client sends it again) keeps its number.
        AgentHasIt where the assistant would speak in a conversation that an agent owns.
        """
        with Session(self._engine) as session, session.begin():
            row = self._row(session, key)
            row.last_seen = now()
            if message_id is not None and (known := self._logged_before(session, row.id, author, message_id)):
                return known
            if author == ASSISTANT and row.owner == AGENT:
                raise AgentHasIt
            row.sequence += 1
            body = self._sealed.close({"text": text, "messages": messages}, _place(row.id, row.sequence))
            session.add(
                TurnRow(
                    conversation_id=row.id,
                    sequence=row.sequence,
                    author=author,
                    message_id=message_id,
                    body=body,
                    at=now(),
                )
            )
            return row.sequence

    def reply_to(self, key: str, message_id: str) -> list[dict[str, Any]] | None:
        """What was answered to the client's message of that id; None if it has not been answered."""
        wanted = select(TurnRow).join(ConversationRow).where(ConversationRow.key == key)
        with reading(self._engine) as session:
            found = session.scalar(wanted.where(TurnRow.message_id == message_id, TurnRow.author == ASSISTANT))
            return None if found is None else list(self._logged(found).messages)

    def history(self, key: str, most: int = 200) -> list[LoggedTurn]:
        """The last ``most`` turns, the oldest first."""
        wanted = select(TurnRow).join(ConversationRow).where(ConversationRow.key == key)
        with reading(self._engine) as session:
            rows = session.scalars(wanted.order_by(TurnRow.sequence.desc()).limit(most)).all()
            return [self._logged(row) for row in reversed(rows)]

    def after(self, key: str, sequence: int, most: int = 200) -> list[LoggedTurn]:
        """The turns after that number, the oldest first."""
        wanted = select(TurnRow).join(ConversationRow).where(ConversationRow.key == key, TurnRow.sequence > sequence)
        with reading(self._engine) as session:
            return [self._logged(row) for row in session.scalars(wanted.order_by(TurnRow.sequence).limit(most))]

    def pulses(self, keys: Collection[str]) -> dict[str, Pulse]:
        """Where these conversations stand, in as few queries as may be; without those that are not there."""
        wanted = select(ConversationRow.key, ConversationRow.sequence, ConversationRow.owner)
        found: dict[str, Pulse] = {}
        with reading(self._engine) as session:
            for some in batched(keys):
                for key, sequence, owner in session.execute(wanted.where(ConversationRow.key.in_(some))):
                    found[key] = Pulse(sequence, owner)
        return found

    def key_of(self, sender: str) -> str:
        """The key of the conversation that the engine knows as ``sender``; KeyError where there is none."""
        with reading(self._engine) as session:
            key = session.scalar(select(ConversationRow.key).where(ConversationRow.sender == sender))
        if key is None:
            raise KeyError(sender)
        return key

    def forget(self, sender: str) -> bool:
        """Deletes the conversation that the engine knows as ``sender``; False where there is none."""
        with Session(self._engine) as session, session.begin():
            row = session.scalar(select(ConversationRow).where(ConversationRow.sender == sender))
            if row is None:
                return False
            session.execute(delete(TurnRow).where(TurnRow.conversation_id == row.id))
            session.delete(row)
            return True

    def forget_older_than(self, days: int) -> list[str]:
        """Deletes the conversations unused for so many days; gives the engine's ids of them."""
        with Session(self._engine) as session, session.begin():
            stale = session.scalars(
                select(ConversationRow).where(ConversationRow.last_seen < now() - timedelta(days=days))
            ).all()
            for row in stale:
                session.execute(delete(TurnRow).where(TurnRow.conversation_id == row.id))
                session.delete(row)
            return [row.sender for row in stale]

    def _logged_before(self, session: Session, conversation: int, author: str, message_id: str) -> int | None:
        wanted = select(TurnRow.sequence).where(TurnRow.conversation_id == conversation, TurnRow.author == author)
        return session.scalar(wanted.where(TurnRow.message_id == message_id))

    def _row(self, session: Session, key: str) -> ConversationRow:
        """The conversation's row, made if there is none, and held until the transaction ends: turns line up."""
        wanted = select(ConversationRow).where(ConversationRow.key == key).with_for_update()
        if (row := session.scalar(wanted)) is not None:
            return row
        try:
            with session.begin_nested():
                session.add(ConversationRow(key=key, sender=secrets.token_hex(16), last_seen=now()))
        except IntegrityError:  # somebody else was first
            pass
        return session.scalars(wanted).one()

    def _logged(self, row: TurnRow) -> LoggedTurn:
        body = self._sealed.open(row.body, _place(row.conversation_id, row.sequence))
        return LoggedTurn(row.sequence, row.author, body["text"], tuple(body["messages"]), row.message_id, row.at)


def batched(keys: Collection[str], size: int = 500) -> Iterator[list[str]]:
    """In portions that every database takes as parameters of one statement."""
    remaining = list(keys)
    for start in range(0, len(remaining), size):
        yield remaining[start : start + size]


def _place(conversation: int, sequence: int) -> str:
    return context("turn.body", conversation, sequence)
