"""An invented kind of application, and the casework around it, for the tests of cases."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from casework.audit import Audit
from casework.cases.cases import Cases, Filing, Receipt
from casework.cases.ledger import Ledger
from casework.cases.notifications import Notifications
from casework.people.documents import Documents
from casework.people.vault import Vault
from casework.store.cipher import KeyRing
from policy_kb.procedures import (
    Application,
    ApplicationField,
    Choice,
    Consent,
    DecidedBy,
    FieldType,
    Section,
    TimeLimit,
)

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
NAME, IDENTITY, MOBILE = "欧阳标记", "530102198807151239", "13987654321"
"""Marked personal values, to be looked for where they must not be."""


def field(name: str, kind: FieldType, section: Section = "claim", **more: Any) -> ApplicationField:
    return ApplicationField(id=name, type=kind, label=name, prompt="？", help="。", why="。", section=section, **more)


def application(name: str, days: int | None) -> Application:
    return Application(
        id=name,
        title="试一试",
        applicant="person",
        opening="试一试。",
        consent=Consent(version="1", purpose="试", recipients="试", kept="试"),
        fields=(
            field("name", "name", "basic", personal=True),
            field("id_number", "identity", "basic", personal=True),
            field("mobile", "mobile", personal=True),
            field("last_job", "text", "history"),
            field("skills", "choices", "skills", choices=(Choice("cook", "做饭"), Choice("drive", "开车"))),
            field("wanted_wage", "amount", "wants"),
            field("photo", "file", optional=True),
        ),
        decided_by=DecidedBy(contact="12333", level="county"),
        time_limit=TimeLimit(working_days=days),
        outcomes={"granted": "登记好了", "refused": "这次没有登记上"},
        identified_by="id_number",
    )


APPLICATIONS = {each.id: each for each in (application("timed", 10), application("untimed", None))}


class Clock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


@dataclass(frozen=True)
class Room:
    """Cases and their neighbours over one database; ``clock.moment`` may be moved."""

    engine: Engine
    vault: Vault
    documents: Documents
    cases: Cases
    notifications: Notifications
    audit: Audit
    ledger: Ledger
    clock: Clock

    @classmethod
    def over(cls, engine: Engine, ring: KeyRing, moment: datetime) -> Room:
        clock = Clock(moment)
        vault, documents = Vault(engine, ring), Documents(engine, ring, clock)
        return cls(
            engine=engine,
            vault=vault,
            documents=documents,
            cases=Cases(engine, ring, vault, documents, APPLICATIONS, clock),
            notifications=Notifications(engine, ring, clock),
            audit=Audit(engine, ring, clock),
            ledger=Ledger(engine, ring),
            clock=clock,
        )

    def filing(self, person: str = "p" * 32, identity: str | None = IDENTITY, **other: Any) -> Filing:
        """A fresh errand's filing with marked personal values in the vault."""
        errand = secrets.token_hex(16)
        with Session(self.engine) as session, session.begin():
            kept = {
                name: self.vault.put(session, kind, value, errand)
                for name, kind, value in (
                    ("name", "name", NAME),
                    ("id_number", "identity", identity or IDENTITY),
                    ("mobile", "mobile", MOBILE),
                )
            }
        photo = self.documents.add(errand, "照片.png", PNG)
        answers = {**kept, "last_job": "餐馆帮厨", "skills": ["cook"], "wanted_wage": 3500, "photo": photo}
        given: dict[str, Any] = {
            "errand": errand,
            "person": person,
            "application": "timed",
            "on_behalf": "self",
            "answers": answers,
            "consent": 1,
            "identity": identity,
            "county": "530102",
            "filed_by": "applicant",
        }
        return Filing(**{**given, **other})

    def file(self, **other: Any) -> Receipt:
        return self.cases.file(self.filing(**other))
