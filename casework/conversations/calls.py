"""Calls: what an agent has heard from somebody so far, kept for as long as the two are speaking.

A call is its agent's alone.  It ends with all that was said in it; what was filed in it stays with the person.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.store.database import Base, Sealed, SealedColumn, context, now, reading


class CallRow(Base):
    """``sender``: the engine's id of the conversation with the caller; None until one is opened.  ``by_phone``: not
    begun out of a conversation.  ``state``: JSON, without personal values."""

    __tablename__ = "call"

    id: Mapped[int] = mapped_column(primary_key=True)
    public: Mapped[str] = mapped_column(String(32), unique=True)
    agent: Mapped[str] = mapped_column(String(64), index=True)
    sender: Mapped[str | None] = mapped_column(String(64), index=True)
    by_phone: Mapped[bool]
    state: Mapped[bytes] = mapped_column(SealedColumn("call.state", "public"))
    updated: Mapped[datetime]


SILENCE = timedelta(minutes=30)
"""Who speaks on the telephone after so long is somebody else."""


@dataclass(frozen=True)
class Call:
    id: str
    agent: str
    sender: str | None
    by_phone: bool
    state: dict[str, Any]


class Calls:
    """Every method is one transaction unless it takes a session."""

    def __init__(self, engine: Engine, sealed: Sealed, clock: Callable[[], datetime] = now) -> None:
        self._engine = engine
        self._sealed = sealed
        self._clock = clock

    def on_the_phone(self, agent: str) -> Call:
        """The agent's call by telephone; a new one where none is under way, or the last was forgotten to be ended."""
        recently = CallRow.updated > self._clock() - SILENCE
        found = self._latest(CallRow.agent == agent, CallRow.by_phone, recently)
        return found or self._open(agent, None, by_phone=True)

    def with_person(self, agent: str, sender: str) -> Call:
        """The agent's call with the person behind a conversation."""
        found = self._latest(CallRow.agent == agent, CallRow.sender == sender)
        return found or self._open(agent, sender, by_phone=False)

    def get(self, call_id: str, agent: str) -> Call:
        """KeyError where it has ended, and the same where it is another agent's."""
        found = self._latest(CallRow.public == call_id, CallRow.agent == agent)
        if found is None:
            raise KeyError(call_id)
        return found

    def save(self, call_id: str, state: Mapping[str, Any]) -> None:
        """Nothing if the call has ended meanwhile."""
        with Session(self._engine) as session, session.begin():
            row = session.scalar(select(CallRow).where(CallRow.public == call_id).with_for_update())
            if row is not None:
                row.state, row.updated = self._close(call_id, state), self._clock()

    def opened(self, call_id: str, sender: str) -> None:
        """A conversation has been opened for the caller."""
        with Session(self._engine) as session, session.begin():
            row = session.scalar(select(CallRow).where(CallRow.public == call_id).with_for_update())
            if row is not None:
                row.sender, row.updated = sender, self._clock()

    def end(self, call_id: str) -> None:
        with Session(self._engine) as session, session.begin():
            session.execute(delete(CallRow).where(CallRow.public == call_id))

    def drop_older_than(self, hours: int) -> int:
        """Ends what nobody has touched for so long; gives how many calls."""
        old = delete(CallRow).where(CallRow.updated < self._clock() - timedelta(hours=hours))
        with Session(self._engine) as session, session.begin():
            return len(session.scalars(old.returning(CallRow.id)).all())

    def forget(self, session: Session, sender: str) -> None:
        """Joins the session."""
        session.execute(delete(CallRow).where(CallRow.sender == sender))

    def _open(self, agent: str, sender: str | None, by_phone: bool) -> Call:
        public = secrets.token_hex(16)
        state = self._close(public, {})
        row = CallRow(public=public, agent=agent, sender=sender, by_phone=by_phone, state=state, updated=self._clock())
        with Session(self._engine) as session, session.begin():
            session.add(row)
        return Call(public, agent, sender, by_phone, {})

    def _latest(self, *which: Any) -> Call | None:
        with reading(self._engine) as session:
            row = session.scalar(select(CallRow).where(*which).order_by(CallRow.id.desc()).limit(1))
            if row is None:
                return None
            state = self._sealed.open(row.state, context("call.state", row.public))
            return Call(row.public, row.agent, row.sender, row.by_phone, state)

    def _close(self, public: str, state: Mapping[str, Any]) -> bytes:
        return self._sealed.close(dict(state), context("call.state", public))
