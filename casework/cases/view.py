"""A case as others see it: never with a personal value in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class CaseLine:
    """A case in a list for staff; nothing of it is about a person."""

    reference: str
    application: str
    status: str
    county: str | None
    due_on: date | None


@dataclass(frozen=True)
class EventView:
    """``note`` is what was missing, or the reason of a decision; ``by`` names staff only."""

    kind: str
    at: datetime
    day: date
    role: str
    by: str | None
    words: str
    note: str | None


@dataclass(frozen=True)
class CaseView:
    """``may``: what the applicant may do next.  ``missing``: what is awaited.  ``reason``: the last decision's.

    ``due_on`` is None where no time runs; ``due_provisional`` where a year's holidays are not published yet.
    ``outcome``: the application's own words for the decision.  ``case``: the public id, which owns the case's
    vault values and documents.  ``person`` is None once forgotten.
    """

    reference: str
    application: str
    status: str
    filed_on: date
    due_on: date | None
    overdue: bool
    history: tuple[EventView, ...]
    may: tuple[str, ...]
    missing: str | None
    reason: str | None
    person: str | None
    county: str | None
    case: str
    title: str
    outcome: str | None
    due_provisional: bool
