"""The log of conversations: what was said, in order, sealed; and how it is forgotten.

A conversation is known by a keyed hash of the id that its client gave: clients put telephone numbers there.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Unpack

from sqlalchemy import (
    Connection,
    Engine,
    ForeignKey,
    Index,
    Row,
    String,
    UniqueConstraint,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.store.database import Base, Sealed, SealedColumn, context, now, only_reads, reading

PERSON = "person"
ASSISTANT = "assistant"
AGENT = "agent"
FAILED = "error"
"""The kind of a message that says that a turn was not done."""


class AgentHasIt(Exception):
    """The assistant may not speak: an agent owns the conversation."""


class Forgotten(Exception):
    """The conversation was deleted while it was being answered."""


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


@dataclass(frozen=True)
class Opening:
    """How a conversation stands when a message comes.

    ``last``: what the assistant said last, if the turn before the message was its own or the one before that; and
    where that was that it failed, what it had said before.
    ``answered``: what it said to this very message, if it came before.
    """

    sender: str
    owner: str
    last: tuple[dict[str, Any], ...] = ()
    answered: tuple[dict[str, Any], ...] | None = None


Found = Row[Unpack[tuple[Any, ...]]]

_CONVERSATION = select(
    ConversationRow.id, ConversationRow.sender, ConversationRow.owner, ConversationRow.sequence
).where(ConversationRow.key == bindparam("key"))
_HELD = _CONVERSATION.with_for_update()
_TURN = select(TurnRow.sequence, TurnRow.body).where(TurnRow.conversation_id == bindparam("conversation"))
_SAME = _TURN.where(TurnRow.author == bindparam("author"), TurnRow.message_id == bindparam("message_id"))
_LAST_TWO = _TURN.add_columns(TurnRow.author).order_by(TurnRow.sequence.desc()).limit(2)
_LATEST = _TURN.add_columns(TurnRow.message_id).where(TurnRow.author == bindparam("author"))
_LATEST = _LATEST.where(TurnRow.sequence < bindparam("before")).order_by(TurnRow.sequence.desc()).limit(1)
_ADD = insert(Base.metadata.tables["turn"])
_GO_ON = (
    update(Base.metadata.tables["conversation"])
    .where(ConversationRow.id == bindparam("conversation"))
    .values(sequence=bindparam("reached"), last_seen=bindparam("at"))
)
"""Statements of every turn, made once: making one costs as much as running it."""


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
        with self._engine.begin() as connection:
            return str(self._held(connection, key).sender)

    def opening(self, key: str, message_id: str | None) -> Opening:
        """All that a turn has to know of the conversation before it begins."""
        with only_reads(self._engine).connect() as connection:
            known = connection.execute(_CONVERSATION, {"key": key}).one_or_none()
            if known is not None:
                return self._opening(connection, known, message_id)
        return Opening(self.sender(key), "bot")

    def _opening(self, connection: Connection, known: Found, message_id: str | None) -> Opening:
        answered = None
        if message_id is not None:
            same = {"conversation": known.id, "author": ASSISTANT, "message_id": message_id}
            if (before := connection.execute(_SAME, same).one_or_none()) is not None:
                answered = self._messages(known.id, before)
        turns = connection.execute(_LAST_TWO, {"conversation": known.id})
        last = next((self._messages(known.id, turn) for turn in turns if turn.author == ASSISTANT), ())
        if last and last[0]["kind"] == FAILED:
            last = self._before_it_failed(connection, known, message_id, last)
        return Opening(known.sender, known.owner, last, answered)

    def _before_it_failed(
        self, connection: Connection, known: Found, message_id: str | None, failed: tuple[dict[str, Any], ...]
    ) -> tuple[dict[str, Any], ...]:
        """What the message that failed was an answer to, when it comes again; else that it failed, and this."""
        asked = {"conversation": known.id, "author": PERSON, "before": known.sequence + 1}
        said = connection.execute(_LATEST, asked).one_or_none()
        if said is None:
            return failed
        before = connection.execute(_LATEST, {**asked, "author": ASSISTANT, "before": said.sequence}).one_or_none()
        earlier = () if before is None else self._messages(known.id, before)
        again = message_id is not None and message_id == said.message_id
        return earlier if again else (*failed, *earlier)

    def append(
        self,
        key: str,
        author: str,
        text: str,
        messages: list[dict[str, Any]],
        message_id: str | None = None,
        sender: str | None = None,
        along: Callable[[Connection], object] | None = None,
    ) -> int:
        """Adds a turn and gives its sequence number, counted from 1 without gaps.

        A message that was logged before (its turn failed, and the client sends it again) keeps its number; else what
        is done ``along`` is done in the same transaction.
        AgentHasIt where the assistant would speak in a conversation that an agent owns; Forgotten where it is not
        ``sender``'s any more.
        """
        at = now()
        with self._engine.begin() as connection:
            held = self._held(connection, key)
            if sender is not None and held.sender != sender:
                raise Forgotten
            reached = self._logged_before(connection, held.id, author, message_id)
            if reached is None:
                if author == ASSISTANT and held.owner == AGENT:
                    raise AgentHasIt
                reached = held.sequence + 1
                said = self._sealed.close({"text": text, "messages": messages}, _place(held.id, reached))
                turn = {"conversation_id": held.id, "sequence": reached, "author": author, "message_id": message_id}
                connection.execute(_ADD, {**turn, "body": said, "at": at})
                if along is not None:
                    along(connection)
            so_far = max(reached, held.sequence)
            connection.execute(_GO_ON, {"conversation": held.id, "reached": so_far, "at": at})
            return reached

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

    def older_than(self, days: int, most: int = 100) -> list[str]:
        """The engine's ids of up to ``most`` conversations unused for so many days, the oldest first."""
        stale = select(ConversationRow.sender).where(ConversationRow.last_seen < now() - timedelta(days=days))
        with reading(self._engine) as session:
            return list(session.scalars(stale.order_by(ConversationRow.last_seen).limit(most)))

    def _logged_before(
        self, connection: Connection, conversation: int, author: str, message_id: str | None
    ) -> int | None:
        if message_id is None:
            return None
        same = {"conversation": conversation, "author": author, "message_id": message_id}
        before = connection.execute(_SAME, same).one_or_none()
        return None if before is None else before.sequence

    def _held(self, connection: Connection, key: str) -> Found:
        """The conversation's row, made if there is none, and held until the transaction ends: turns line up."""
        if (row := connection.execute(_HELD, {"key": key}).one_or_none()) is not None:
            return row
        new = {"key": key, "sender": secrets.token_hex(16), "last_seen": now()}
        try:
            with connection.begin_nested():
                connection.execute(insert(Base.metadata.tables["conversation"]), new)
        except IntegrityError:  # somebody else was first
            pass
        return connection.execute(_HELD, {"key": key}).one()

    def _messages(self, conversation: int, turn: Found) -> tuple[dict[str, Any], ...]:
        return tuple(self._sealed.open(turn.body, _place(conversation, turn.sequence))["messages"])

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
