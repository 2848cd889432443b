"""What Telegram has handed over and has not been dealt with yet: kept before it is acknowledged, in each chat's order.

Of what is done only the number is left, so that the same update is not taken twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Engine, Index, String, delete, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.store.cipher import KeyRing
from casework.store.database import Base, Sealed, SealedColumn, context, now, reading

KEPT = timedelta(days=3)
"""How long a number is remembered: Telegram repeats an update for a day at most."""
MOST_WAITING = 100
"""Updates of one chat that may wait; what comes on top is not taken."""
_WAITING = text("body IS NOT NULL")


class UpdateRow(Base):
    """``body`` and ``chat_hash`` are None once it is done."""

    __tablename__ = "telegram_update"
    __table_args__ = (
        Index(
            "telegram_update_waiting", "chat_hash", "update_id", sqlite_where=_WAITING, postgresql_where=_WAITING
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    update_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    chat_hash: Mapped[str | None] = mapped_column(String(64))
    body: Mapped[bytes | None] = mapped_column(SealedColumn("telegram_update", "update_id"))
    attempts: Mapped[int] = mapped_column(server_default="0", default=0)
    at: Mapped[datetime]


@dataclass(frozen=True)
class Incoming:
    """An update as Telegram wrote it, and the keyed hash of the chat that it is of."""

    update_id: int
    chat_hash: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Waiting:
    update_id: int
    body: dict[str, Any]
    attempts: int


@dataclass(frozen=True)
class Taken:
    """The chats with something new, and those that had too much waiting for all to be taken."""

    chats: frozenset[str]
    flooded: frozenset[str]


class Inbox:
    """Every method is one transaction; once :meth:`put` is back, the updates survive a crash."""

    def __init__(self, engine: Engine, ring: KeyRing) -> None:
        self._engine = engine
        self._sealed = Sealed(ring)

    def put(self, updates: Sequence[Incoming]) -> Taken:
        """Keeps those that are new."""
        chats: set[str] = set()
        flooded: set[str] = set()
        with Session(self._engine) as session, session.begin():
            ids = [each.update_id for each in updates]
            known = set(session.scalars(select(UpdateRow.update_id).where(UpdateRow.update_id.in_(ids))))
            waiting = {each: self._waiting(session, each) for each in {one.chat_hash for one in updates}}
            for each in sorted(updates, key=lambda one: one.update_id):
                if each.update_id in known:
                    continue
                full = waiting[each.chat_hash] >= MOST_WAITING
                if self._add(session, each, full):
                    known.add(each.update_id)
                    waiting[each.chat_hash] += not full
                    (flooded if full else chats).add(each.chat_hash)
        return Taken(frozenset(chats), frozenset(flooded))

    def chats(self) -> list[str]:
        """The hashes of the chats in which something waits."""
        wanted = select(UpdateRow.chat_hash).where(UpdateRow.body.is_not(None)).distinct()
        with reading(self._engine) as session:
            return [each for each in session.scalars(wanted) if each is not None]

    def next(self, chat_hash: str) -> Waiting | None:
        """The oldest one that waits."""
        wanted = select(UpdateRow).where(UpdateRow.chat_hash == chat_hash, UpdateRow.body.is_not(None))
        with reading(self._engine) as session:
            row = session.scalar(wanted.order_by(UpdateRow.update_id).limit(1))
            if row is None or row.body is None:
                return None
            return Waiting(row.update_id, self._sealed.open(row.body, _place(row.update_id)), row.attempts)

    def tried(self, update_id: int) -> None:
        """It could not be dealt with this time."""
        with Session(self._engine) as session, session.begin():
            tried = update(UpdateRow).where(UpdateRow.update_id == update_id)
            session.execute(tried.values(attempts=UpdateRow.attempts + 1))

    def done(self, update_id: int) -> None:
        """What it said and whose it was are deleted."""
        with Session(self._engine) as session, session.begin():
            session.execute(update(UpdateRow).where(UpdateRow.update_id == update_id).values(body=None, chat_hash=None))

    def forget_the_old(self) -> None:
        """The numbers of what was done long ago."""
        with Session(self._engine) as session, session.begin():
            session.execute(delete(UpdateRow).where(UpdateRow.body.is_(None), UpdateRow.at < now() - KEPT))

    def _waiting(self, session: Session, chat_hash: str) -> int:
        of_chat = (UpdateRow.chat_hash == chat_hash, UpdateRow.body.is_not(None))
        return session.scalar(select(func.count()).select_from(UpdateRow).where(*of_chat)) or 0

    def _add(self, session: Session, each: Incoming, full: bool) -> bool:
        row = UpdateRow(update_id=each.update_id, at=now())
        if not full:
            row.chat_hash = each.chat_hash
            row.body = self._sealed.close(each.body, _place(each.update_id))
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # another process took it in this moment
            return False
        return True


def _place(update_id: int) -> str:
    return context("telegram_update", update_id)
