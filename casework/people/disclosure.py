"""What was hidden shown to somebody entitled to see it: never without a line in the audit log."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.audit import Audit
from casework.people.documents import Document, DocumentRow, Documents
from casework.people.privacy import mask
from casework.people.vault import Vault, VaultRow

MOST_WORDS = 200


@dataclass(frozen=True)
class Asked:
    """Who asks, in which role, about which case or person, and why, in their own words."""

    by: str
    role: str
    subject: str
    why: str


class Disclosures:
    """The answer is given only once the record of it is committed."""

    def __init__(self, vault: Vault, documents: Documents, audit: Audit) -> None:
        self._vault = vault
        self._documents = documents
        self._audit = audit
        self._engine = vault.engine

    def value(self, token: str, owner: str, field: str, asked: Asked) -> str:
        """The value of ``token``; KeyError unless it goes with ``owner``, a case's or a person's public id.

        ValueError without a reason.
        """
        why = _reason(asked)
        value = self._vault.get(token)
        with Session(self._engine) as session, session.begin():
            mine = VaultRow.token == token, VaultRow.owner == owner
            if session.scalar(select(VaultRow.id).where(*mine)) is None:
                raise KeyError(token)
            self._audit.record(session, asked.by, asked.role, "revealed", asked.subject, {"field": field, "why": why})
        return value

    def document(self, token: str, owner: str, asked: Asked) -> Document:
        """KeyError unless the file goes with ``owner``."""
        with Session(self._engine) as session, session.begin():
            mine = DocumentRow.token == token, DocumentRow.owner == owner
            if session.scalar(select(DocumentRow.id).where(*mine)) is None:
                raise KeyError(token)
            self._audit.record(session, asked.by, asked.role, "read_document", asked.subject, {"document": token})
        return self._documents.get(token)

    def note(self, action: str, asked: Asked, **details: str | int) -> None:
        """Records what was looked for or taken away in bulk: a search by number, an export."""
        with Session(self._engine) as session, session.begin():
            self._audit.record(session, asked.by, asked.role, action, asked.subject, details)


def _reason(asked: Asked) -> str:
    """The log is never changed again, so what looks like a personal value does not get into it."""
    why = mask(asked.why.strip()[:MOST_WORDS]).text
    if not why:
        raise ValueError("a value is shown for a reason")
    return why
