"""What the rules said when a case was filed: kept with the case, so that it can be told why years later."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec
from sqlalchemy import Date, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.cases.tables import CaseRow
from casework.store.database import Base, Sealed, SealedColumn, context
from policy_kb.eligibility import Applicant, Outcome


class JudgementRow(Base):
    """Version and day stand beside, so that the cases that were judged by a rule are found when it turns out wrong."""

    __tablename__ = "case_judgement"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), unique=True)
    day: Mapped[date] = mapped_column(Date())
    version: Mapped[str] = mapped_column(String(12))
    judgement: Mapped[bytes] = mapped_column(SealedColumn("case_judgement", "case_id"))


class Reasoned(msgspec.Struct, frozen=True):
    """One node of the rule as it was judged.  ``sources``: clauses as “source#clause”, supplements by their id.

    Like all of a judgement it names facts and holds no answer of the person.
    """

    kind: Literal["all", "any", "not", "at_least", "leaf"]
    truth: Literal["no", "unknown", "agency", "yes"]
    fact: str | None = None
    says: str | None = None
    sources: tuple[str, ...] = ()
    children: tuple[Reasoned, ...] = ()


class Judgement(msgspec.Struct, frozen=True):
    """``decisive``: the conditions behind a no, in words.  ``live``: the facts that could still settle an unknown.
    ``trace``: None where nothing about the applicant could be judged."""

    measure: str
    applicant: Applicant
    outcome: Outcome
    day: date
    version: str
    decisive: tuple[str, ...]
    live: tuple[str, ...]
    sources: tuple[str, ...]
    trace: Reasoned | None


def keep_judgement(session: Session, sealed: Sealed, case: CaseRow, judgement: Judgement) -> None:
    """Joins the session, which has flushed the case."""
    plain: Any = msgspec.to_builtins(judgement)
    closed = sealed.close(plain, context("case_judgement", case.id))
    session.add(JudgementRow(case_id=case.id, day=judgement.day, version=judgement.version, judgement=closed))


def judgement_of(session: Session, sealed: Sealed, case: CaseRow) -> Judgement | None:
    """None for a case that was filed without one."""
    row = session.scalar(select(JudgementRow).where(JudgementRow.case_id == case.id))
    if row is None:
        return None
    return msgspec.convert(sealed.open(row.judgement, context("case_judgement", case.id)), Judgement)
