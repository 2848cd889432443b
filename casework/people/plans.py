"""A person's plan (一人一策): what to do first and what after, as it was told to the person on one day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Engine, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.people.people import PersonRow
from casework.store.database import Base, Sealed, SealedColumn, context, now, reading
from policy_kb.model import Citation, ValidityState


class PlanRow(Base):
    """The last plan of a person: one that has been overtaken by other answers would only mislead."""

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    made_at: Mapped[datetime]
    plan: Mapped[bytes] = mapped_column(SealedColumn("plan", "person_id"))


class Step(msgspec.Struct, frozen=True):
    """One measure that the person can act on.  All but the ids are sentences of the knowledge base, empty where it
    has none.

    ``first``: others wait for it.  ``ends``: where it is staged or has ended, in the source's words.  ``ask``: who
    knows what the sources leave open.
    """

    measure: str
    label: str
    first: bool
    how: str
    papers: str
    takes: str
    where: str
    validity: ValidityState
    ends: str
    ask: str
    citations: tuple[Citation, ...]


class Unclear(msgspec.Struct, frozen=True):
    """What cannot be said yet; ``facts``: titles of the facts that would settle it."""

    label: str
    facts: tuple[str, ...]


class Plan(msgspec.Struct, frozen=True):
    """``told``: title and value, in words, of what it was made from."""

    day: date
    told: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    unclear: tuple[Unclear, ...]


class Plans:
    def __init__(self, engine: Engine, sealed: Sealed, clock: Callable[[], datetime] = now) -> None:
        self._engine = engine
        self._sealed = sealed
        self._clock = clock

    def keep(self, person: str, plan: Plan) -> None:
        """In the place of the one before.  KeyError for somebody unknown."""
        plain: Any = msgspec.to_builtins(plan)
        with Session(self._engine) as session, session.begin():
            owner = session.scalar(select(PersonRow.id).where(PersonRow.public == person).with_for_update())
            if owner is None:
                raise KeyError(person)
            closed = self._sealed.close(plain, context("plan", owner))
            row = session.scalar(select(PlanRow).where(PlanRow.person_id == owner))
            if row is None:
                session.add(PlanRow(person_id=owner, made_at=self._clock(), plan=closed))
            else:
                row.made_at, row.plan = self._clock(), closed

    def of(self, person: str) -> Plan | None:
        """None where none was made."""
        with reading(self._engine) as session:
            row = session.scalar(select(PlanRow).join(PersonRow).where(PersonRow.public == person))
            if row is None:
                return None
            return msgspec.convert(self._sealed.open(row.plan, context("plan", row.person_id)), Plan)
