"""Where a conversation's person is reached: their chat in Telegram, and how far it has been told what was said.

An address goes with its conversation: whatever deletes the one deletes the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, ForeignKey, Row, Select, String, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.cases.notifications import NotificationRow
from casework.conversations.log import ConversationLog, ConversationRow
from casework.people.people import PersonRow
from casework.store.cipher import KeyRing
from casework.store.database import Base, Sealed, SealedColumn, context, now, reading


class AddressRow(Base):
    """``delivered``: number of the last turn that was sent whole; ``parts``: how much of the next one was."""

    __tablename__ = "telegram_chat"

    id: Mapped[int] = mapped_column(primary_key=True)
    chat_hash: Mapped[str] = mapped_column(String(64), unique=True)
    chat: Mapped[bytes] = mapped_column(SealedColumn("telegram_chat", "chat_hash"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), unique=True)
    delivered: Mapped[int] = mapped_column(server_default="0", default=0)
    parts: Mapped[int] = mapped_column(server_default="0", default=0)
    blocked_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Address:
    """``chat`` is Telegram's number of the chat; ``key`` and ``sender`` are the conversation's."""

    id: int
    chat: int
    chat_hash: str
    key: str
    sender: str
    delivered: int
    parts: int
    blocked: bool

    @property
    def conversation(self) -> str:
        """What the gateway knows the conversation by."""
        return conversation_of(self.chat_hash)


def conversation_of(chat_hash: str) -> str:
    return f"tg-{chat_hash}"


class Addresses:
    """Every method is one transaction; safe to call from several threads and processes."""

    def __init__(self, engine: Engine, ring: KeyRing, log: ConversationLog) -> None:
        self._engine = engine
        self._ring = ring
        self._sealed = Sealed(ring)
        self._log = log

    def hash(self, chat: int) -> str:
        """The keyed hash that a chat is found by."""
        return self._ring.hash(str(chat), "telegram.chat")

    def of(self, chat: int) -> Address:
        """The address of a chat whose person has just written: made on first use, and blocked no longer."""
        chat_hash = self.hash(chat)
        if (known := self.find(chat_hash)) is not None and not known.blocked:
            return known
        sender = self._log.sender(self._log.key(conversation_of(chat_hash)))
        with Session(self._engine) as session, session.begin():
            row = session.scalar(select(AddressRow).where(AddressRow.chat_hash == chat_hash).with_for_update())
            if row is None:
                self._add(session, chat, chat_hash, sender)
            elif row.blocked_at is not None:
                row.blocked_at = None
        found = self.find(chat_hash)
        assert found is not None, "forgotten by somebody else in the very moment"
        return found

    def find(self, chat_hash: str) -> Address | None:
        """None where nobody has written from that chat, or all has been forgotten since."""
        return self._found(AddressRow.chat_hash == chat_hash)

    def of_conversation(self, sender: str) -> Address | None:
        """The address of the conversation that the engine knows as ``sender``, if it is one of Telegram."""
        return self._found(ConversationRow.sender == sender)

    def note(self, address: int, delivered: int, parts: int = 0) -> None:
        """How far the chat has been told what was said."""
        self._set(address, delivered=delivered, parts=parts)

    def block(self, address: int) -> None:
        """The person wants nothing more from us, until they write again."""
        self._set(address, blocked_at=now())

    def behind(self, most: int = 500) -> list[str]:
        """The hashes of the chats that have not been told everything yet."""
        wanted = select(AddressRow.chat_hash).join(ConversationRow, ConversationRow.id == AddressRow.conversation_id)
        behind = (ConversationRow.sequence > AddressRow.delivered, AddressRow.blocked_at.is_(None))
        with reading(self._engine) as session:
            return list(session.scalars(wanted.where(*behind).limit(most)))

    def with_news(self) -> list[str]:
        """The keys of the conversations whose person has not been told what became of a case."""
        wanted = (
            select(ConversationRow.key)
            .join(AddressRow, AddressRow.conversation_id == ConversationRow.id)
            .join(PersonRow, PersonRow.conversation == ConversationRow.sender)
            .join(NotificationRow, NotificationRow.person == PersonRow.public)
            .where(NotificationRow.delivered_at.is_(None), AddressRow.blocked_at.is_(None))
            .distinct()
        )
        with reading(self._engine) as session:
            return list(session.scalars(wanted))

    def _found(self, wanted: ColumnElement[bool]) -> Address | None:
        with reading(self._engine) as session:
            row = session.execute(_ADDRESSES.where(wanted)).one_or_none()
            return None if row is None else self._address(row)

    def _add(self, session: Session, chat: int, chat_hash: str, sender: str) -> None:
        conversation = session.scalars(select(ConversationRow.id).where(ConversationRow.sender == sender)).one()
        sealed = self._sealed.close(chat, context("telegram_chat", chat_hash))
        try:
            with session.begin_nested():
                session.add(AddressRow(chat_hash=chat_hash, chat=sealed, conversation_id=conversation))
        except IntegrityError:  # somebody else was first
            pass

    def _set(self, address: int, **values: object) -> None:
        with Session(self._engine) as session, session.begin():
            session.execute(update(AddressRow).where(AddressRow.id == address).values(**values))

    def _address(self, row: Row[AddressRow, str, str]) -> Address:
        kept, key, sender = row
        return Address(
            id=kept.id,
            chat=self._sealed.open(kept.chat, context("telegram_chat", kept.chat_hash)),
            chat_hash=kept.chat_hash,
            key=key,
            sender=sender,
            delivered=kept.delivered,
            parts=kept.parts,
            blocked=kept.blocked_at is not None,
        )


_ADDRESSES: Select[AddressRow, str, str] = select(AddressRow, ConversationRow.key, ConversationRow.sender).join(
    ConversationRow, ConversationRow.id == AddressRow.conversation_id
)
