"""The ledger: what applications say about people out of work, as facts that can be listed by place and day.

The notice's 四清 (1.2) are four of the sections that an application's fields may have; whatever kind of
application has fields in them writes facts.  Values are sealed, and personal ones are vault tokens besides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Engine, ForeignKey, String, UniqueConstraint, delete, exists, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.cases.tables import CaseRow
from casework.store.cipher import KeyRing
from casework.store.database import Base, Sealed, SealedColumn, context, reading
from policy_kb.procedures import Application

SECTIONS = ("basic", "history", "skills", "wants")


class LedgerFactRow(Base):
    """One answer of one case; ``field`` is the application's id of it."""

    __tablename__ = "ledger_fact"
    __table_args__ = (UniqueConstraint("case_id", "field"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    section: Mapped[str] = mapped_column(String(16))
    field: Mapped[str] = mapped_column(String(64))
    value: Mapped[bytes] = mapped_column(SealedColumn("ledger_fact", "case_id", "field"))


_HAS_FACTS = exists().where(LedgerFactRow.case_id == CaseRow.id)


@dataclass(frozen=True)
class LedgerFact:
    """``value`` is the answer's JSON; a vault or document token where it is personal."""

    section: str
    field: str
    value: Any


@dataclass(frozen=True)
class LedgerLine:
    """One case's facts, in the order of :data:`SECTIONS`."""

    reference: str
    application: str
    status: str
    county: str | None
    filed_on: date
    facts: tuple[LedgerFact, ...]


class Ledger:
    def __init__(self, engine: Engine, ring: KeyRing) -> None:
        self._engine = engine
        self._sealed = Sealed(ring)

    def write(self, session: Session, case: CaseRow, application: Application, answers: Mapping[str, Any]) -> None:
        """Writes the facts among ``answers``; one that is there already is replaced.  Joins the session."""
        sections = {field.id: field.section for field in application.fields if field.section in SECTIONS}
        facts = {field: value for field, value in answers.items() if field in sections}
        session.execute(
            delete(LedgerFactRow).where(LedgerFactRow.case_id == case.id, LedgerFactRow.field.in_(list(facts)))
        )
        session.add_all(
            LedgerFactRow(
                case_id=case.id,
                section=sections[field],
                field=field,
                value=self._sealed.close(value, context("ledger_fact", case.id, field)),
            )
            for field, value in facts.items()
        )

    def ledger(
        self, county: str | None, first: date, last: date, after: str | None = None, most: int = 100
    ) -> list[LedgerLine]:
        """The cases with facts that were filed in ``county`` (None: anywhere) from ``first`` to ``last`` inclusive.

        By day of filing, ``most`` at a time; ``after`` is the reference of the last line that was read before.
        """
        wanted = select(CaseRow).where(CaseRow.filed_on.between(first, last), _HAS_FACTS)
        if county is not None:
            wanted = wanted.where(CaseRow.county == county)
        with reading(self._engine) as session:
            before = session.scalar(select(CaseRow).where(CaseRow.reference == after)) if after else None
            if before is not None:
                wanted = wanted.where(tuple_(CaseRow.filed_on, CaseRow.id) > (before.filed_on, before.id))
            cases = session.scalars(wanted.order_by(CaseRow.filed_on, CaseRow.id).limit(most)).all()
            facts = self._facts(session, [case.id for case in cases])
        return [
            LedgerLine(case.reference, case.application, case.status, case.county, case.filed_on, facts[case.id])
            for case in cases
        ]

    def _facts(self, session: Session, cases: list[int]) -> dict[int, tuple[LedgerFact, ...]]:
        rows = session.scalars(
            select(LedgerFactRow).where(LedgerFactRow.case_id.in_(cases)).order_by(LedgerFactRow.id)
        ).all()
        ordered = sorted(rows, key=lambda row: SECTIONS.index(row.section))
        facts: dict[int, list[LedgerFact]] = {case: [] for case in cases}
        for row in ordered:
            facts[row.case_id].append(self._fact(row))
        return {case: tuple(found) for case, found in facts.items()}

    def _fact(self, row: LedgerFactRow) -> LedgerFact:
        value = self._sealed.open(row.value, context("ledger_fact", row.case_id, row.field))
        return LedgerFact(row.section, row.field, value)
