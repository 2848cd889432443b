"""People: who is behind a conversation, and what is known of them.

A person is the identity of one conversation.  Two are never merged because somebody typed the same ID number:
that would show one person's data to another.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Engine, ForeignKey, String, UniqueConstraint, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.people.consents import Consents
from casework.people.documents import Documents, is_document
from casework.people.errands import Errands
from casework.people.vault import Vault, is_token
from casework.store.database import Base, Sealed, SealedColumn, context, now, reading

Source = Literal["said", "verified", "imported"]


class PersonRow(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    public: Mapped[str] = mapped_column(String(32), unique=True)
    conversation: Mapped[str] = mapped_column(String(64), unique=True)
    since: Mapped[datetime]


class ProfileFactRow(Base):
    __tablename__ = "profile_fact"
    __table_args__ = (UniqueConstraint("person_id", "fact"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    fact: Mapped[str] = mapped_column(String(64))
    value: Mapped[bytes] = mapped_column(SealedColumn("profile_fact.value", "person_id", "fact"))
    personal: Mapped[bool]
    source: Mapped[str] = mapped_column(String(16))
    as_of: Mapped[datetime]


@dataclass(frozen=True)
class ProfileFact:
    """``value`` is JSON; of a ``personal`` fact it is a vault token."""

    id: str
    value: Any
    personal: bool
    source: Source
    as_of: datetime


class People:
    """Every method is one transaction unless it takes a session."""

    def __init__(self, engine: Engine, vault: Vault, clock: Callable[[], datetime] = now) -> None:
        self._engine = engine
        self._vault = vault
        self._sealed = Sealed(vault.ring)
        self._documents = Documents(engine, vault.ring, clock)
        self._errands = Errands(engine, self._sealed, vault, self._documents, clock)
        self._consents = Consents(engine, self._sealed, clock)
        self._clock = clock

    def of(self, conversation: str) -> str:
        """The public id of the person whom the engine knows by ``conversation``; made on first use."""
        if (known := self._known(conversation)) is not None:
            return known
        row = PersonRow(public=secrets.token_hex(16), conversation=conversation, since=self._clock())
        try:
            with Session(self._engine) as session, session.begin():
                session.add(row)
        except IntegrityError:  # somebody else was first
            pass
        return self._known(conversation) or self.of(conversation)

    def conversation(self, person: str) -> str | None:
        """By what the engine knows the person's conversation; None for somebody unknown."""
        with reading(self._engine) as session:
            return session.scalar(select(PersonRow.conversation).where(PersonRow.public == person))

    def profile(self, person: str) -> dict[str, ProfileFact]:
        """What is known of ``person``, by the id of the fact; empty for somebody unknown."""
        wanted = select(ProfileFactRow).join(PersonRow).where(PersonRow.public == person)
        with reading(self._engine) as session:
            rows = session.scalars(wanted.order_by(ProfileFactRow.id)).all()
            return {row.fact: self._fact(row) for row in rows}

    def learn(
        self, session: Session, person: str, facts: Mapping[str, tuple[Any, bool]], source: Source = "said"
    ) -> None:
        """Keeps facts as (value, personal); a personal value is a vault token of the person's own, and the value
        that it replaces is deleted.  Joins the session.  KeyError for somebody unknown."""
        row = session.scalar(select(PersonRow).where(PersonRow.public == person).with_for_update())
        if row is None:
            raise KeyError(person)
        for fact, (value, personal) in facts.items():
            self._forget_fact(session, row.id, fact, keep=value)
            session.add(
                ProfileFactRow(
                    person_id=row.id,
                    fact=fact,
                    value=self._sealed.close(value, context("profile_fact.value", row.id, fact)),
                    personal=personal,
                    source=source,
                    as_of=self._clock(),
                )
            )
        session.flush()

    def forget(self, session: Session, person: str) -> None:
        """Deletes profile, errands, their values and documents, and the consents tied to no case.  Joins.

        Cases stay; who files them cuts their link.
        """
        self._errands.forget(session, person)
        self._consents.forget(session, person)
        self._vault.forget(session, person)
        self._documents.forget(session, person)
        session.execute(delete(PersonRow).where(PersonRow.public == person))

    def forget_fact(self, person: str, fact: str) -> None:
        """Deletes one fact with its value; nothing if it is not known."""
        with Session(self._engine) as session, session.begin():
            known = session.scalar(select(PersonRow.id).where(PersonRow.public == person))
            if known is not None:
                self._forget_fact(session, known, fact)

    def export(self, person: str) -> dict[str, Any]:
        """All that is kept of ``person``, in plain JSON: for their own eyes only."""
        return {
            "profile": {
                fact.id: {"value": self._plain(fact.value), "source": fact.source, "as_of": fact.as_of.isoformat()}
                for fact in self.profile(person).values()
            },
            "errands": [
                {"kind": each.kind, "subject": each.subject, "state": self._plain(each.state)}
                for each in self._errands.of_person(person)
            ],
            "consents": [
                {
                    "application": each.application,
                    "version": each.version,
                    "words": each.words,
                    "on_behalf": each.on_behalf,
                    "given": each.given.isoformat(),
                    "withdrawn": each.withdrawn.isoformat() if each.withdrawn else None,
                }
                for each in self._consents.of(person)
            ],
        }

    def _known(self, conversation: str) -> str | None:
        with reading(self._engine) as session:
            return session.scalar(select(PersonRow.public).where(PersonRow.conversation == conversation))

    def _forget_fact(self, session: Session, person: int, fact: str, keep: object = None) -> None:
        which = (ProfileFactRow.person_id == person, ProfileFactRow.fact == fact)
        row = session.scalar(select(ProfileFactRow).where(*which))
        if row is None:
            return
        value = self._fact(row).value
        if row.personal and value != keep:
            self._vault.discard(session, value)
        session.delete(row)
        session.flush()

    def _fact(self, row: ProfileFactRow) -> ProfileFact:
        value = self._sealed.open(row.value, context("profile_fact.value", row.person_id, row.fact))
        source: Source = row.source  # type: ignore[assignment]  # only learn() writes it
        return ProfileFact(row.fact, value, row.personal, source, row.as_of)

    def _plain(self, value: Any) -> Any:
        """``value`` with what its tokens stand for; files are named."""
        if isinstance(value, dict):
            return {key: self._plain(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._plain(each) for each in value]
        try:
            if is_token(value):
                return self._vault.get(value)
            return self._documents.name(value) if is_document(value) else value
        except KeyError:
            return None
