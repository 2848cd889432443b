"""The tables of cases: the case, which caches the fold of its events, and the events."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.database import Base, SealedColumn

NO_PLACE = ""
"""The prefecture of a case without a place: not NULL, for which PostgreSQL does not keep an index's order."""

_OPEN = text("status IN ('accepted', 'appealed', 'completed', 'filed', 'returned')")
_TIMED = text("due_on IS NOT NULL")


def _prefecture(context: Any) -> str:
    county: str | None = context.get_current_parameters()["county"]
    return NO_PLACE if county is None else county[:4]


def _listed(name: str, *columns: str) -> Index:
    """An index whose ranges are in the order of lists, the latest filed at the end."""
    return Index(name, *columns, "status", "filed_on", "id")


def _due(name: str, *columns: str) -> Index:
    return Index(name, *columns, "due_on", "id", sqlite_where=_TIMED, postgresql_where=_TIMED)


class CaseRow(Base):
    """``errand`` makes filing idempotent.  ``person`` is cut when the person is forgotten.  ``events`` counts
    them, and is the lock under which the next one gets its number.  Status and due day are the cached fold,
    ``working_days`` the time limit as it was when the case was filed.  ``prefecture`` is where the county lies:
    lists are sorted by place."""

    __tablename__ = "case"
    __table_args__ = (
        Index("one_open_case", "application", "identity_hash", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("case_by_county", "county", "filed_on"),
        Index("case_by_identity", "identity_hash"),
        _listed("case_list"),
        _listed("case_list_by_kind", "application"),
        _listed("case_list_by_prefecture", "prefecture"),
        _listed("case_list_by_prefecture_and_kind", "prefecture", "application"),
        _listed("case_list_by_county", "county"),
        _listed("case_list_by_county_and_kind", "county", "application"),
        _due("case_due_by_kind", "application"),
        _due("case_due_by_prefecture", "prefecture"),
        _due("case_due_by_prefecture_and_kind", "prefecture", "application"),
        _due("case_due_by_county", "county"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    errand: Mapped[str] = mapped_column(String(32), unique=True)
    person: Mapped[str | None] = mapped_column(String(32), index=True)
    application: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    county: Mapped[str | None] = mapped_column(String(12))
    prefecture: Mapped[str] = mapped_column(String(4), default=_prefecture, server_default=NO_PLACE)
    on_behalf: Mapped[str] = mapped_column(String(8))
    identity_hash: Mapped[str | None] = mapped_column(String(64))
    consent: Mapped[int | None]
    answers: Mapped[bytes] = mapped_column(SealedColumn("case", "public_id"))
    events: Mapped[int]
    filed_at: Mapped[datetime]
    filed_on: Mapped[date] = mapped_column(Date())
    working_days: Mapped[int | None]
    due_on: Mapped[date | None] = mapped_column(Date(), index=True)
    due_provisional: Mapped[bool]


class CaseEventRow(Base):
    """``by`` names staff only: an applicant is the case's person, and is forgotten with that one link."""

    __tablename__ = "case_event"
    __table_args__ = (UniqueConstraint("case_id", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    sequence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    by_role: Mapped[str] = mapped_column(String(16))
    by: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[bytes] = mapped_column(SealedColumn("case_event", "case_id", "sequence"))
