"""Lists of cases for staff: filtered, paged by key, and as fast at a million rows as at a hundred.

A list is the merge of streams, one for each combination of a place and a status (or of a place alone, where the
list is about time limits).  Every stream is a range of one index in the list's own order, so a page costs a
number of index entries that does not depend on how many cases there are.  Nothing sealed is opened for a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Engine, Select, func, select, tuple_, union_all

from casework.cases.lifecycle import TABLE
from casework.cases.references import parse
from casework.cases.tables import NO_PLACE, CaseRow
from casework.store.database import reading

PAGE = 50
MOST_COUNTED = 1000

Areas = Sequence[str] | None
"""Place code prefixes ("53", "5301", "530102"): what lies in one of them is seen, and what has no place.
None: everything."""

_KEY = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{1,18})")
_COLUMNS: tuple[Any, ...] = (
    CaseRow.id,
    CaseRow.reference,
    CaseRow.application,
    CaseRow.status,
    CaseRow.county,
    CaseRow.filed_on,
    CaseRow.due_on,
    CaseRow.due_provisional,
    CaseRow.on_behalf,
    CaseRow.events,
)

_STATUS_LOOKED_AT = CaseRow.status.concat("")
"""A condition on it leads to no index: few of the statuses have a running time, so the days' index is the one."""


@dataclass(frozen=True)
class CaseFilter:
    """What a list is about: each part that is given narrows it.  ``statuses``: any of them.  ``area``: a place
    code prefix.  Days are inclusive.  With a day of ``due`` only cases whose time runs, the most urgent first;
    else the latest filed first."""

    statuses: tuple[str, ...] = ()
    application: str | None = None
    area: str | None = None
    filed_from: date | None = None
    filed_until: date | None = None
    due_from: date | None = None
    due_until: date | None = None

    @property
    def by_due_day(self) -> bool:
        return self.due_from is not None or self.due_until is not None


@dataclass(frozen=True)
class CaseLine:
    """A case in a list; nothing of it is about a person.  ``events`` counts what has happened to it so far."""

    id: int
    reference: str
    application: str
    status: str
    county: str | None
    filed_on: date
    due_on: date | None
    due_provisional: bool
    on_behalf: str
    events: int


@dataclass(frozen=True)
class CasePage:
    """``after``: what to ask for the next page with; None on the last."""

    lines: tuple[CaseLine, ...]
    after: str | None


@dataclass(frozen=True)
class Count:
    """``more``: there are more than ``number``, and nobody counted how many."""

    number: int
    more: bool


class CaseLists:
    """Reads only, and only columns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(self, wanted: CaseFilter, areas: Areas = None, after: str | None = None, most: int = PAGE) -> CasePage:
        """A case that is filed while somebody pages is on none of the later pages; all others are there once.

        ValueError for an ``after`` that no page gave.
        """
        statement = page_statement(wanted, areas, after, most + 1)
        if statement is None:
            return CasePage((), None)
        with reading(self._engine) as session:
            found = [CaseLine(*row) for row in session.execute(statement)]
        lines = tuple(found[:most])
        return CasePage(lines, _key(lines[-1], wanted) if len(found) > most else None)

    def count(self, wanted: CaseFilter, areas: Areas = None, most: int = MOST_COUNTED) -> Count:
        """Counts no further than ``most``."""
        streams = _streams(wanted, areas)
        if not streams:
            return Count(0, more=False)
        some = union_all(*(select(CaseRow.id).where(*stream) for stream in streams)).limit(most + 1).subquery()
        with reading(self._engine) as session:
            number = session.scalar(select(func.count()).select_from(some)) or 0
        return Count(min(number, most), more=number > most)

    def find(self, reference: str, areas: Areas = None) -> CaseLine | None:
        """The case with this reference, however it is typed; None too where it lies outside ``areas``."""
        found = self.several([parse(reference) or ""], areas)
        return found[0] if found else None

    def several(self, references: Sequence[str], areas: Areas = None) -> list[CaseLine]:
        """Those of the cases (references as they are stored) that lie in ``areas``, in the order given."""
        with reading(self._engine) as session:
            rows = session.execute(select(*_COLUMNS).where(CaseRow.reference.in_(list(references))))
            found = {row.reference: CaseLine(*row) for row in rows}
        return [found[each] for each in dict.fromkeys(references) if each in found and sees(areas, found[each].county)]

    def of_person(self, person: str, most: int = 100) -> list[CaseLine]:
        """The person's cases wherever they lie, the latest first."""
        return self._lines(CaseRow.person == person, most)

    def people_of(self, identity_hash: str, areas: Areas = None, most: int = 100) -> list[str]:
        """The people who filed for the applicant with this keyed hash, of the cases in ``areas``."""
        wanted = select(CaseRow.person, CaseRow.county).where(CaseRow.identity_hash == identity_hash)
        with reading(self._engine) as session:
            rows = session.execute(wanted.order_by(CaseRow.id.desc()).limit(most)).all()
        return list(dict.fromkeys(person for person, county in rows if person is not None and sees(areas, county)))

    def _lines(self, which: ColumnElement[bool], most: int) -> list[CaseLine]:
        wanted = select(*_COLUMNS).where(which).order_by(CaseRow.id.desc()).limit(most)
        with reading(self._engine) as session:
            return [CaseLine(*row) for row in session.execute(wanted)]


def sees(areas: Areas, county: str | None) -> bool:
    """Whether staff of ``areas`` see what lies in ``county``; what has no place is seen by all."""
    return areas is None or county is None or any(county.startswith(area) for area in areas)


def page_statement(wanted: CaseFilter, areas: Areas, after: str | None, most: int) -> Select[Any] | None:
    """The query of a page; None where nothing can be in it.  The streams are read from their indexes alone, and
    only the rows of the page itself are looked up."""
    beyond = [] if after is None else [_beyond(wanted, _parsed(after))]
    key: tuple[Any, ...] = (CaseRow.due_on if wanted.by_due_day else CaseRow.filed_on, CaseRow.id)
    streams: list[Select[Any]] = [
        select(*key).where(*stream, *beyond).order_by(*_order(wanted, CaseRow)).limit(most)
        for stream in _streams(wanted, areas)
    ]
    if not streams:
        return None
    merged = _merged(streams).subquery()
    page = select(merged).order_by(*_order(wanted, merged.c)).limit(most).subquery()
    rows = select(*_COLUMNS).join(page, CaseRow.id == page.c.id)
    return rows.order_by(*_order(wanted, page.c))


def _order(wanted: CaseFilter, columns: Any) -> list[Any]:
    return [columns.due_on, columns.id] if wanted.by_due_day else [columns.filed_on.desc(), columns.id.desc()]


def _beyond(wanted: CaseFilter, key: tuple[date, int]) -> ColumnElement[bool]:
    if wanted.by_due_day:
        return tuple_(CaseRow.due_on, CaseRow.id) > key
    return tuple_(CaseRow.filed_on, CaseRow.id) < key


def _merged(streams: list[Select[Any]]) -> Select[Any] | CompoundSelect[Any]:
    if len(streams) == 1:
        return streams[0]
    return union_all(*(select(stream.subquery()) for stream in streams))


def _streams(wanted: CaseFilter, areas: Areas) -> list[list[ColumnElement[bool]]]:
    """The conditions of each stream: no case is in two of them."""
    common: list[ColumnElement[bool]] = []
    if wanted.application is not None:
        common.append(CaseRow.application == wanted.application)
    common += _between(CaseRow.filed_on, wanted.filed_from, wanted.filed_until)
    common += _between(CaseRow.due_on, wanted.due_from, wanted.due_until)
    if not wanted.by_due_day:
        status = [[CaseRow.status == each] for each in wanted.statuses or TABLE]
    else:
        status = [[_STATUS_LOOKED_AT.in_(wanted.statuses)] if wanted.statuses else []]
    return [[*place, *each, *common] for place in _places(areas, wanted.area) for each in status]


def _between(column: Any, first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    return [*([] if first is None else [column >= first]), *([] if last is None else [column <= last])]


def _places(areas: Areas, chosen: str | None) -> list[list[ColumnElement[bool]]]:
    """The conditions on the place, one list for each that is to be looked into."""
    if areas is None:
        return [_inside(chosen) if chosen else []]
    if chosen:
        inside = {chosen if chosen.startswith(area) else area for area in areas if _overlap(area, chosen)}
    else:
        inside = set(areas)
    outermost = sorted(each for each in inside if not any(each != other and each.startswith(other) for other in inside))
    places = [_inside(each) for each in outermost]
    if [] in places:
        return [[]]
    return places if chosen else [*places, [CaseRow.prefecture == NO_PLACE]]


def _overlap(area: str, chosen: str) -> bool:
    return chosen.startswith(area) or area.startswith(chosen)


def _inside(area: str) -> list[ColumnElement[bool]]:
    """No condition for the province, in which everything lies.  Prefectures and counties have columns of their own,
    which keep an index's order; codes end at the county."""
    if len(area) <= 2:
        return []
    if len(area) == 4:
        return [CaseRow.prefecture == area]
    return [CaseRow.county == area]


def _key(line: CaseLine, wanted: CaseFilter) -> str:
    day = line.due_on if wanted.by_due_day else line.filed_on
    return f"{day}.{line.id}"


def _parsed(after: str) -> tuple[date, int]:
    match = _KEY.fullmatch(after)
    if match is None:
        raise ValueError("this is no place in a list")
    return date.fromisoformat(match[1]), int(match[2])
