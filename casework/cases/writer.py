"""What every event of a case entails, in the transaction of whoever caused it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casework.audit import Audit
from casework.cases.filing import tokens
from casework.cases.lifecycle import notice
from casework.cases.notifications import Notifications
from casework.cases.reader import CaseReader
from casework.cases.tables import CaseEventRow, CaseRow
from casework.people.documents import Documents
from casework.people.vault import Vault
from casework.store.database import Sealed, context
from casework.store.outbox import enqueue


@dataclass(frozen=True)
class Keepers:
    """Who keeps what hangs on a case."""

    vault: Vault
    documents: Documents
    notifications: Notifications
    audit: Audit


class CaseWriter:
    """Joins the caller's session throughout."""

    def __init__(self, sealed: Sealed, reader: CaseReader, keep: Keepers, clock: Callable[[], datetime]) -> None:
        self._sealed = sealed
        self._reader = reader
        self._keep = keep
        self._clock = clock

    def take_over(self, session: Session, case: CaseRow, value: Mapping[str, Any]) -> None:
        """The vault values and documents named in ``value`` now go with the case."""
        found = list(tokens(value))
        self._keep.vault.hand_over(session, [token for token in found if token.startswith("v_")], case.public_id)
        self._keep.documents.hand_over(session, [token for token in found if token.startswith("d_")], case.public_id)

    def happen(
        self,
        session: Session,
        case: CaseRow,
        kind: str,
        role: str,
        by: str,
        details: Mapping[str, Any],
        body: Mapping[str, Any],
    ) -> None:
        """Writes the event, the fold's cache, and what everybody has to hear of it; ``body`` is for the bureau.

        ``case.events`` is this event's number already.
        """
        event = self._add_event(session, case, kind, role, by, details)
        standing = self._reader.standing(session, case)
        case.status = standing.status
        case.due_on = standing.due.day if standing.due else None
        case.due_provisional = bool(standing.due and standing.due.provisional)
        session.flush()
        if role != "applicant":
            self._keep.notifications.add(session, case, event, notice(kind, self._reader.view(session, case)))
        if role != "bureau":  # whose own system it came from
            self._send(session, case, event, body)
        actor = "applicant" if role == "applicant" else by
        self._keep.audit.record(session, actor, role, kind, case.reference, {"sequence": event.sequence})

    def _add_event(
        self, session: Session, case: CaseRow, kind: str, role: str, by: str, details: Mapping[str, Any]
    ) -> CaseEventRow:
        event = CaseEventRow(
            case_id=case.id,
            sequence=case.events,
            kind=kind,
            at=self._clock(),
            by_role=role,
            by=None if role == "applicant" else by,
            details=self._sealed.close(dict(details), context("case_event", case.id, case.events)),
        )
        session.add(event)
        session.flush()
        return event

    def _send(self, session: Session, case: CaseRow, event: CaseEventRow, body: Mapping[str, Any]) -> None:
        common = {
            "reference": case.reference,
            "application": case.application,
            "event": event.kind,
            "sequence": event.sequence,
            "at": event.at.isoformat() + "Z",
            "status": case.status,
        }
        kind = "case.filed" if event.kind == "filed" else "case.changed"
        enqueue(session, kind, f"{case.reference}:{event.sequence}", {**common, **body}, sealed=self._sealed)
