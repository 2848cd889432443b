"""Cases: filed once, moved on by the table of :mod:`casework.cases.lifecycle`, and looked up."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework.audit import Audit
from casework.cases.filing import Filing, OpenCase, OpenCaseExists, Receipt, check_answers, check_county
from casework.cases.judgements import Judgement, judgement_of, keep_judgement
from casework.cases.ledger import Ledger
from casework.cases.lifecycle import OPEN, NotAllowed, step
from casework.cases.notifications import Notifications
from casework.cases.reader import CaseReader
from casework.cases.references import new_reference, parse
from casework.cases.tables import CaseRow
from casework.cases.view import CaseLine, CaseView, EventView
from casework.cases.working_days import add_working_days, local_day
from casework.cases.writer import CaseWriter, Keepers
from casework.people.documents import Documents
from casework.people.vault import Vault
from casework.store.cipher import KeyRing
from casework.store.database import Sealed, context, now, reading
from policy_kb import load
from policy_kb.procedures import Application

__all__ = [
    "CaseLine",
    "CaseView",
    "Cases",
    "EventView",
    "Filing",
    "NotAllowed",
    "OpenCase",
    "OpenCaseExists",
    "Receipt",
]

T = TypeVar("T")

_TRIES = 5
"""Each try meets what another process has just committed; a second one is enough but for a drawn reference."""
_NOT_FOUND = "没有找到这个编号的申请，请对一对 12 位数字。"
_NOT_YOURS = "这件申请不是在这里递交的，只有递交的人能这样做。"
_MOVED_ON = "这件申请刚有了新进展，请先看一看，再决定办不办。"
_ANOTHER_OPEN = "同一种申请您还有一件正在办，等那一件有了结果再申请复核。"


class Cases:
    """Safe to call from several threads and processes.  ``applications``: the knowledge base's, unless given."""

    def __init__(
        self,
        engine: Engine,
        ring: KeyRing,
        vault: Vault,
        documents: Documents,
        applications: Mapping[str, Application] | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._engine = engine
        self._ring = ring
        self._sealed = Sealed(ring)
        self._applications = load().applications if applications is None else applications
        self._clock = clock
        self._reader = CaseReader(self._sealed, self._applications, clock)
        self._ledger = Ledger(engine, ring)
        self._audit = Audit(engine, ring, clock)
        self._notifications = Notifications(engine, ring, clock)
        keepers = Keepers(vault, documents, self._notifications, self._audit)
        self._writer = CaseWriter(self._sealed, self._reader, keepers, clock)

    def file(self, filing: Filing) -> Receipt:
        """Makes the case with all that belongs to it, or gives the receipt of the case that the errand made before.

        OpenCaseExists where the same applicant has an open case of this kind.  KeyError for an unknown kind,
        ValueError for answers that do not fit it.
        """
        check_answers(self._applications[filing.application], filing.answers)
        check_county(filing.county)
        return self._again_if_overtaken(lambda session: self._file(session, filing))

    def open_case(self, application: str, identity: str, person: str) -> OpenCase | None:
        """The open case of the applicant with this (plain) number, if there is one."""
        with reading(self._engine) as session:
            return self._open_case(session, application, self.identity_hash(identity), person)

    def by_reference(self, reference: str) -> CaseView | None:
        """Whoever asks; see :func:`casework.cases.lifecycle.public_statement` for what a stranger may be told."""
        with reading(self._engine) as session:
            case = self._find(session, reference)
            return None if case is None else self._reader.view(session, case)

    def of_person(self, person: str) -> list[CaseView]:
        """All cases that the person filed, the latest first."""
        with reading(self._engine) as session:
            wanted = select(CaseRow).where(CaseRow.person == person).order_by(CaseRow.id.desc())
            return self._reader.views(session, session.scalars(wanted).all())

    def read(self, reference: str, role: str, by: str) -> CaseView | None:
        """For staff: as :meth:`by_reference`, and on record."""
        with Session(self._engine) as session, session.begin():
            case = self._find(session, reference)
            if case is None:
                return None
            self._audit.record(session, by, role, "read", case.reference, {})
            return self._reader.view(session, case)

    def answers(self, reference: str, role: str, by: str) -> dict[str, Any]:
        """For staff: field id → JSON, tokens where personal; on record.  KeyError for an unknown reference."""
        with Session(self._engine) as session, session.begin():
            case = self._known(session, reference)
            answers = self._reader.answers(case)
            self._audit.record(session, by, role, "read_answers", case.reference, {"fields": sorted(answers)})
            return answers

    def judgement(self, reference: str, role: str, by: str) -> Judgement | None:
        """For staff: what the rules said when it was filed, None where none did; on record.  KeyError as above."""
        with Session(self._engine) as session, session.begin():
            case = self._known(session, reference)
            self._audit.record(session, by, role, "read_judgement", case.reference, {})
            return judgement_of(session, self._sealed, case)

    def act(
        self, reference: str, action: str, role: str, by: str, details: Mapping[str, Any], seen: int | None = None
    ) -> CaseView:
        """Does one step of the table; gives the case after it.  NotAllowed says in Chinese why not.

        ``seen``: how many events the case had when whoever acts looked at it; refused if there are more by now.

        ``by``: the person's id for an applicant, who may only act on their own case; else who of the staff.
        ``details``: missing (return), reason (refuse; grant and appeal may have one), documents (add_document:
        tokens), answers (complete: field id → JSON, as in a filing).
        """
        return self._again_if_overtaken(lambda session: self._act(session, reference, action, role, by, details, seen))

    def due_soon(self, day: date, within: int = 2, county: str | None = None, most: int = 100) -> list[CaseLine]:
        """Cases whose time ends on ``day`` or within so many working days after it, the most urgent first."""
        return self._lines(county, most, CaseRow.due_on.between(day, add_working_days(day, within).day))

    def breaches(self, day: date, county: str | None = None, most: int = 100) -> list[CaseLine]:
        """Cases whose time had ended before ``day``, the longest overdue first."""
        return self._lines(county, most, CaseRow.due_on < day)

    def unlink(self, session: Session, person: str) -> int:
        """Cuts the link from cases to a forgotten person and deletes the person's notifications; gives how many cases.

        The cases stay: the law makes a bureau keep what was filed with it.  Joins the session; best as
        its last step, since every audited transaction waits until it ends.
        """
        self._notifications.forget(session, person)
        cut = update(CaseRow).where(CaseRow.person == person).values(person=None).returning(CaseRow.reference)
        references = sorted(session.scalars(cut.execution_options(synchronize_session=False)))
        for reference in references:
            self._audit.record(session, "applicant", "applicant", "unlink", reference, {})
        return len(references)

    def _file(self, session: Session, filing: Filing) -> Receipt:
        identity = self.identity_hash(filing.identity) if filing.identity else None
        found = self._open_case(session, filing.application, identity, filing.person)
        # Asked second: an open case that is committed in between is then known to be this errand's own.
        known = session.scalar(select(CaseRow).where(CaseRow.errand == filing.errand))
        if known is not None:
            return Receipt(known.reference, known.public_id, already_filed=True)
        if found is not None:
            raise OpenCaseExists(found)
        case = self._new_case(filing, identity)
        session.add(case)
        session.flush()
        self._writer.take_over(session, case, filing.answers)
        self._ledger.write(session, case, self._applications[case.application], filing.answers)
        if filing.judgement is not None:
            keep_judgement(session, self._sealed, case, filing.judgement)
        by_agent = filing.on_behalf == "agent"
        body = {"county": filing.county, "on_behalf": filing.on_behalf, "answers": dict(filing.answers)}
        self._writer.happen(session, case, "filed", "agent" if by_agent else "applicant", filing.filed_by, {}, body)
        return Receipt(case.reference, case.public_id, already_filed=False)

    def _new_case(self, filing: Filing, identity: str | None) -> CaseRow:
        public_id, at = secrets.token_hex(16), self._clock()
        return CaseRow(
            reference=new_reference(),
            public_id=public_id,
            errand=filing.errand,
            person=filing.person,
            application=filing.application,
            status="filed",
            county=filing.county,
            on_behalf=filing.on_behalf,
            identity_hash=identity,
            consent=filing.consent,
            answers=self._sealed.close(dict(filing.answers), context("case", public_id)),
            events=1,
            filed_at=at,
            filed_on=local_day(at),
            working_days=self._applications[filing.application].time_limit.working_days,
            due_on=None,
            due_provisional=False,
        )

    def _act(
        self,
        session: Session,
        reference: str,
        action: str,
        role: str,
        by: str,
        details: Mapping[str, Any],
        seen: int | None,
    ) -> CaseView:
        case = self._next_event(session, reference)
        if seen is not None and case.events != seen + 1:
            raise NotAllowed(_MOVED_ON)
        if role == "applicant" and by != case.person:
            raise NotAllowed(_NOT_YOURS)
        kind, after = step(case.status, role, action, details)  # type: ignore[arg-type]
        opens_again = after in OPEN and case.status not in OPEN
        if opens_again and self._open_case(session, case.application, case.identity_hash, case.person):
            raise NotAllowed(_ANOTHER_OPEN)
        if kind == "completed" and details.get("answers"):
            self._correct(session, case, details["answers"])
        self._writer.take_over(session, case, details)
        self._writer.happen(session, case, kind, role, by, details, {"details": dict(details)})
        return self._reader.view(session, case)

    def _next_event(self, session: Session, reference: str) -> CaseRow:
        """The case, locked by counting up its events: concurrent steps line up, and each meets the one before."""
        count_up = (
            update(CaseRow)
            .where(CaseRow.reference == parse(reference))
            .values(events=CaseRow.events + 1)
            .returning(CaseRow.id)
            .execution_options(synchronize_session=False)
        )
        found = session.scalar(count_up)
        case = None if found is None else session.get(CaseRow, found)
        if case is None:
            raise NotAllowed(_NOT_FOUND)
        return case

    def _correct(self, session: Session, case: CaseRow, answers: Mapping[str, Any]) -> None:
        application = self._applications[case.application]
        check_answers(application, answers)
        corrected = {**self._reader.answers(case), **answers}
        case.answers = self._sealed.close(corrected, context("case", case.public_id))
        self._ledger.write(session, case, application, answers)

    def _open_case(
        self, session: Session, application: str, identity: str | None, person: str | None
    ) -> OpenCase | None:
        if identity is None:
            return None
        same = CaseRow.application == application, CaseRow.identity_hash == identity
        found = session.scalar(select(CaseRow).where(*same, CaseRow.status.in_(sorted(OPEN))))
        if found is None:
            return None
        mine = found.person is not None and found.person == person
        return OpenCase(found.reference if mine else "", mine)

    def _find(self, session: Session, reference: str) -> CaseRow | None:
        return session.scalar(select(CaseRow).where(CaseRow.reference == parse(reference)))

    def _known(self, session: Session, reference: str) -> CaseRow:
        case = self._find(session, reference)
        if case is None:
            raise KeyError("no case has this reference")
        return case

    def _lines(self, county: str | None, most: int, *wanted: Any) -> list[CaseLine]:
        lines = select(CaseRow.reference, CaseRow.application, CaseRow.status, CaseRow.county, CaseRow.due_on)
        if county is not None:
            lines = lines.where(CaseRow.county == county)
        with reading(self._engine) as session:
            found = session.execute(lines.where(*wanted).order_by(CaseRow.due_on, CaseRow.id).limit(most))
            return [CaseLine(*row) for row in found]

    def identity_hash(self, identity: str) -> str:
        """The keyed hash by which the cases of an applicant are found; of the number however it is typed."""
        plain = "".join(unicodedata.normalize("NFKC", identity).split()).upper()
        return self._ring.hash(plain, "case identity")

    def _again_if_overtaken(self, work: Callable[[Session], T]) -> T:
        """One transaction; begun anew where another process was faster to what may only be there once."""
        for _ in range(_TRIES - 1):
            try:
                with Session(self._engine) as session, session.begin():
                    return work(session)
            except IntegrityError:
                continue
        with Session(self._engine) as session, session.begin():
            return work(session)
