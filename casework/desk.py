"""Everything that casework keeps, opened once: what the actions, the worker and the pages work with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from casework.audit import Audit
from casework.cases.cases import Cases
from casework.cases.notifications import NotificationRow, Notifications
from casework.conversations.addresses import Addresses
from casework.conversations.calls import Calls
from casework.conversations.handovers import Handovers
from casework.conversations.inbox import Inbox
from casework.conversations.log import ConversationLog, ConversationRow, batched
from casework.conversations.marks import Marks
from casework.conversations.opening_hours import OpeningHours
from casework.exchange.delivery import Bureau, Courier
from casework.people.consents import Consents
from casework.people.documents import Documents
from casework.people.errands import Errands
from casework.people.people import People, PersonRow, Source
from casework.people.plans import Plans
from casework.people.vault import Vault
from casework.staff.passwords import Passwords
from casework.staff.second_factor import SecondFactor
from casework.staff.sign_in import SignIns
from casework.staff.staff import StaffAccounts
from casework.store.cipher import KeyRing
from casework.store.database import Sealed, reading
from policy_kb.procedures import Application


@dataclass(frozen=True)
class News:
    """What happened to a person's case, in words for that person."""

    id: int
    text: str
    reference: str
    application: str


@dataclass(frozen=True)
class Desk:
    """The parts of casework over one database, and the few commands that need several of them at once."""

    engine: Engine
    vault: Vault
    people: People
    plans: Plans
    errands: Errands
    consents: Consents
    documents: Documents
    cases: Cases
    notifications: Notifications
    log: ConversationLog
    handovers: Handovers
    opening_hours: OpeningHours
    audit: Audit
    staff: StaffAccounts
    second_factor: SecondFactor
    sign_ins: SignIns
    sealed: Sealed
    addresses: Addresses
    inbox: Inbox
    calls: Calls
    marks: Marks

    def keep(self, kind: str, value: str, owner: str) -> str:
        """Puts a personal value into the vault; gives its token."""
        with Session(self.engine) as session, session.begin():
            return self.vault.put(session, kind, value, owner)

    def forget_values(self, owner: str) -> None:
        with Session(self.engine) as session, session.begin():
            self.vault.forget(session, owner)

    def give_consent(self, person: str, application: Application, words: str, on_behalf: str) -> int:
        """Records the consent with its version and wording; gives its id."""
        with Session(self.engine) as session, session.begin():
            return self.consents.give(session, person, application.id, application.consent.version, words, on_behalf)

    def remember(self, person: str, facts: Mapping[str, tuple[Any, bool]]) -> None:
        """The profile learns what was filed; personal values get tokens of the person's own."""
        plain = {
            fact: (self.vault.kind(value), self.vault.get(value))
            for fact, (value, personal) in facts.items()
            if personal
        }  # read before anything is locked for writing
        with Session(self.engine) as session, session.begin():
            own = {fact: (self.vault.put(session, *plain[fact], person), True) for fact in plain}
            others = {fact: (value, False) for fact, (value, personal) in facts.items() if not personal}
            self.people.learn(session, person, own | others)

    def learn(self, person: str, facts: Mapping[str, Any], source: Source = "said") -> None:
        """The profile keeps what an eligibility check was told; none of it is a personal value of the vault."""
        with Session(self.engine) as session, session.begin():
            self.people.learn(session, person, {fact: (value, False) for fact, value in facts.items()}, source)

    def news(self, conversation: str) -> list[News]:
        """What the person has not been told yet; see :meth:`told`."""
        pending = self.notifications.waiting_in(conversation)
        return [News(each.id, each.text, each.reference, each.application) for each in pending]

    def with_news(self, keys: Collection[str]) -> list[str]:
        """Those of the conversations, given by their keys, whose person has not been told something yet."""
        wanted = (
            select(ConversationRow.key)
            .join(PersonRow, PersonRow.conversation == ConversationRow.sender)
            .join(NotificationRow, NotificationRow.person == PersonRow.public)
            .where(NotificationRow.delivered_at.is_(None))
            .distinct()
        )
        with reading(self.engine) as session:
            return [
                key for some in batched(keys) for key in session.scalars(wanted.where(ConversationRow.key.in_(some)))
            ]

    def told(self, connection: Connection, news: Iterable[News]) -> None:
        """In the transaction that puts the news into the conversation's log: so they are told once."""
        self.notifications.deliver_along(connection, [each.id for each in news])

    def courier(self, bureau: Bureau | None) -> Courier:
        """Who delivers the outbox."""
        return Courier(self.engine, self.sealed, self.vault, self.documents, bureau)

    def export(self, conversation: str) -> dict[str, Any]:
        """All that is kept about the person behind ``conversation``, in plain JSON."""
        person = self.people.of(conversation)
        cases = [
            {"reference": case.reference, "application": case.application, "status": case.status}
            for case in self.cases.of_person(person)
        ]
        plan: Any = msgspec.to_builtins(self.plans.of(person))
        address = self.addresses.of_conversation(conversation)
        reached = {"telegram_chat": address.chat if address else None}
        return {**self.people.export(person), "cases": cases, "plan": plan, **reached}

    def forget(self, conversation: str) -> None:
        """Deletes the person behind ``conversation``: profile, drafts, values, messages.  Cases lose the link."""
        person = self.people.of(conversation)
        with Session(self.engine) as session, session.begin():
            self.cases.unlink(session, person)
            self.people.forget(session, person)
            self.handovers.forget(session, conversation)
            self.calls.forget(session, conversation)
        self.log.forget(conversation)


def open_desk(engine: Engine, ring: KeyRing, secret: str, passwords: Passwords | None = None) -> Desk:
    """All of casework over ``engine``; ``secret`` keys the hashes of conversation ids.

    ``passwords``: how those of the staff are hashed, if not at the recommended cost.
    """
    sealed = Sealed(ring)
    audit = Audit(engine, ring)
    staff = StaffAccounts(engine, audit, passwords or Passwords())
    second_factor = SecondFactor(engine, sealed, audit)
    vault = Vault(engine, ring)
    documents = Documents(engine, ring)
    notifications = Notifications(engine, ring)
    log = ConversationLog(engine, sealed, secret)
    return Desk(
        engine=engine,
        vault=vault,
        people=People(engine, vault),
        plans=Plans(engine, sealed),
        errands=Errands(engine, sealed, vault, documents),
        consents=Consents(engine, sealed),
        documents=documents,
        cases=Cases(engine, ring, vault, documents),
        notifications=notifications,
        log=log,
        handovers=Handovers(engine, sealed, audit),
        opening_hours=OpeningHours(engine),
        audit=audit,
        staff=staff,
        second_factor=second_factor,
        sign_ins=SignIns(engine, ring, audit, staff, second_factor),
        sealed=sealed,
        addresses=Addresses(engine, ring, log),
        inbox=Inbox(engine, ring),
        calls=Calls(engine, sealed),
        marks=Marks(engine, sealed, audit),
    )
