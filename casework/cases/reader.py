"""From a case's rows to its fold and to what others see of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases.lifecycle import EVENT_WORDS, allowed
from casework.cases.standing import Happened, Standing, fold
from casework.cases.tables import CaseEventRow, CaseRow
from casework.cases.view import CaseView, EventView
from casework.cases.working_days import local_day
from casework.store.database import Sealed, context
from policy_kb.procedures import Application


class CaseReader:
    """Joins the caller's session; opens what is sealed, and changes nothing."""

    def __init__(self, sealed: Sealed, applications: Mapping[str, Application], clock: Callable[[], datetime]) -> None:
        self._sealed = sealed
        self._applications = applications
        self._clock = clock

    def standing(self, session: Session, case: CaseRow) -> Standing:
        """The fold of the case's events, from the events themselves."""
        return self._fold(case, self._events(session, [case])[case.id])

    def view(self, session: Session, case: CaseRow) -> CaseView:
        return self.views(session, [case])[0]

    def views(self, session: Session, cases: Sequence[CaseRow]) -> list[CaseView]:
        """In the order of ``cases``, with one query for all their events."""
        events = self._events(session, cases)
        return [self._view(case, events[case.id]) for case in cases]

    def answers(self, case: CaseRow) -> dict[str, Any]:
        """Field id → JSON; tokens where personal."""
        return dict(self._sealed.open(case.answers, context("case", case.public_id)))

    def _events(self, session: Session, cases: Sequence[CaseRow]) -> dict[int, list[CaseEventRow]]:
        found: dict[int, list[CaseEventRow]] = {case.id: [] for case in cases}
        wanted = select(CaseEventRow).where(CaseEventRow.case_id.in_(list(found))).order_by(CaseEventRow.sequence)
        for row in session.scalars(wanted):
            found[row.case_id].append(row)
        return found

    def _fold(self, case: CaseRow, events: Sequence[CaseEventRow]) -> Standing:
        application = self._applications.get(case.application)
        history = (Happened(event.kind, local_day(event.at), self._details(event)) for event in events)
        return fold(history, case.working_days, application.time_limit.runs_from if application else "filed")

    def _view(self, case: CaseRow, events: Sequence[CaseEventRow]) -> CaseView:
        standing = self._fold(case, events)
        application = self._applications.get(case.application)  # None for a kind that is no longer offered
        outcomes: Mapping[Any, str] = application.outcomes if application else {}
        decided = standing.status in ("granted", "refused", "closed")
        return CaseView(
            reference=case.reference,
            application=case.application,
            status=standing.status,
            filed_on=case.filed_on,
            due_on=case.due_on,
            overdue=case.due_on is not None and case.due_on < local_day(self._clock()),
            history=tuple(self._event(event) for event in events),
            may=allowed(standing.status, "applicant"),
            missing=standing.missing,
            reason=standing.reason,
            person=case.person,
            county=case.county,
            case=case.public_id,
            title=application.title if application else case.application,
            outcome=outcomes.get(standing.decision) if decided and standing.decision else None,
            due_provisional=case.due_provisional,
        )

    def _event(self, event: CaseEventRow) -> EventView:
        details = self._details(event)
        return EventView(
            kind=event.kind,
            at=event.at,
            day=local_day(event.at),
            role=event.by_role,
            by=event.by,
            words=EVENT_WORDS[event.kind],
            note=details.get("missing") or details.get("reason"),
        )

    def _details(self, event: CaseEventRow) -> dict[str, Any]:
        return dict(self._sealed.open(event.details, context("case_event", event.case_id, event.sequence)))
