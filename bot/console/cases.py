"""Cases: lists with filters, and lists as files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from bot.console import case_bulk, case_page
from bot.console.access import Problem, Signed, Supervisor
from bot.console.casework_parts import Room, room
from bot.console.csv_file import download, table
from bot.console.pages import go, render
from bot.console.parts import parts
from bot.console.shown import ON_BEHALF, SECTION_NAMES, days_left, status
from casework.cases.bulk import ACTIONS
from casework.cases.ledger import SECTIONS, Ledger, LedgerLine
from casework.cases.lifecycle import OPEN, STATUS_WORDS, TABLE
from casework.cases.lists import CaseFilter, CaseLine
from casework.cases.references import parse
from casework.cases.working_days import add_working_days, local_day
from casework.store.database import now
from policy_kb import KnowledgeBase

MOST_EXPORTED = 20_000
MOST_IN_LEDGER = 1000
AT_A_TIME = 500
DUE_CHOICES = {"overdue": "已超期", "0": "今天到期", "2": "2 个工作日内", "5": "5 个工作日内", "10": "10 个工作日内"}
NO_SUCH_FILTER = "没有这样的筛选。请从表单里选。"

router = APIRouter()


class Chosen(BaseModel):
    """The form above the list as it was filled in, and with it the address of the list."""

    model_config = ConfigDict(frozen=True)

    status: str = "open"
    kind: str = ""
    area: str = ""
    filed_from: str = ""
    filed_until: str = ""
    due: str = ""
    reference: str = ""
    after: str = ""

    def filter(self, today: date) -> CaseFilter:
        """A :class:`Problem` for what the form does not offer."""
        if self.status not in (*TABLE, "open", "all") or self.due not in (*DUE_CHOICES, ""):
            raise Problem(422, NO_SUCH_FILTER)
        if self.area.strip("0123456789") or not self.kind.isprintable():
            raise Problem(422, NO_SUCH_FILTER)
        statuses = {"open": tuple(each for each in TABLE if each in OPEN), "all": ()}.get(self.status, (self.status,))
        first, last = self._due(today)
        return CaseFilter(
            statuses=statuses,
            application=self.kind or None,
            area=self.area or None,
            filed_from=_day(self.filed_from),
            filed_until=_day(self.filed_until),
            due_from=first,
            due_until=last,
        )

    def query(self, **more: str) -> str:
        """The list's address, from its first page on unless ``after`` is given."""
        given = {**self.model_dump(exclude={"after", "reference"}), **more}
        return urlencode({name: value for name, value in given.items() if value})

    def _due(self, today: date) -> tuple[date | None, date | None]:
        if self.due == "overdue":
            return None, today - timedelta(days=1)
        if not self.due:
            return None, None
        return today, add_working_days(today, int(self.due)).day if int(self.due) else today


@router.get("/cases")
def cases(request: Request, staff: Signed, chosen: Annotated[Chosen, Query()]) -> Response:
    here = room(request, staff)
    if chosen.reference.strip():
        return _jump(request, here, chosen.reference)
    wanted, today = chosen.filter(_today()), _today()
    try:
        page = here.lists.page(wanted, staff.areas, chosen.after or None)
    except ValueError:
        raise Problem(404, "没有这一页。请从第一页看起。") from None
    return render(
        request,
        "cases.html",
        chosen=chosen,
        page=page,
        count=here.lists.count(wanted, staff.areas),
        days_left=lambda line: days_left(line.due_on, today),
        overdue=lambda line: line.due_on is not None and line.due_on < today,
        words=here.words,
        status_words=status,
        on_behalf=ON_BEHALF,
        statuses=STATUS_WORDS,
        kinds={each.id: each.title for each in parts(request).knowledge.applications.values()},
        areas=_areas(parts(request).knowledge, staff.areas),
        due_choices=DUE_CHOICES,
        actions=ACTIONS,
        year_begins=date(today.year, 1, 1),
        today=today,
    )


def _jump(request: Request, here: Room, reference: str) -> Response:
    """To the case with the reference that was typed."""
    if parse(reference) is None:
        raise Problem(422, "编号是 12 位数字，请对一对有没有输错。")
    return go(request, f"/console/cases/{here.case(reference).reference}")


def _areas(knowledge: KnowledgeBase, areas: tuple[str, ...]) -> Mapping[str, str]:
    """The places to choose from: those that lie in the staff member's areas."""
    return {
        place.code: place.name if place.parent is None else f"　{place.name}"
        for place in knowledge.places
        if any(place.code.startswith(area) for area in areas)
    }


@router.post("/cases/export")
def export(request: Request, staff: Supervisor, chosen: Annotated[Chosen, Form()]) -> Response:
    here, wanted = room(request, staff), chosen.filter(_today())
    lines: list[CaseLine] = []
    after = None
    while len(lines) < MOST_EXPORTED:
        page = here.lists.page(wanted, staff.areas, after, AT_A_TIME)
        lines += page.lines
        if (after := page.after) is None:
            break
    here.disclosures.note("exported_list", here.asked("cases"), filter=chosen.query(), rows=len(lines))
    header = ("编号", "种类", "状态", "县（市、区）", "递交日期", "办理期限", "怎么递交的")
    rows = (
        (
            line.reference,
            here.words.kind(line.application),
            status(line.status),
            here.words.place(line.county),
            line.filed_on,
            line.due_on,
            ON_BEHALF.get(line.on_behalf, line.on_behalf),
        )
        for line in lines
    )
    return download(f"cases-{_today()}.csv", table(header, rows))


@router.post("/cases/ledger")
def ledger(
    request: Request, staff: Supervisor, filed_from: Annotated[str, Form()], filed_until: Annotated[str, Form()]
) -> Response:
    """The ledger of the staff member's areas; personal values stay masked."""
    first, last = _day(filed_from), _day(filed_until)
    if first is None or last is None:
        raise Problem(422, "导出台账要写从哪天到哪天。")
    here = room(request, staff)
    lines = _ledger(Ledger(here.desk.engine, parts(request).ring), parts(request).knowledge, here, first, last)
    if len(lines) > MOST_IN_LEDGER:
        raise Problem(422, f"这段时间超过 {MOST_IN_LEDGER} 件，请把日期分短一些再导出。")
    here.disclosures.note("exported_ledger", here.asked("ledger"), first=str(first), last=str(last), rows=len(lines))
    header = ("编号", "种类", "状态", "县（市、区）", "递交日期", *(SECTION_NAMES[each] for each in SECTIONS))
    return download(f"ledger-{first}-{last}.csv", table(header, (_ledger_row(here, line) for line in lines)))


def _ledger(ledger: Ledger, knowledge: KnowledgeBase, here: Room, first: date, last: date) -> list[LedgerLine]:
    whole = any(len(area) <= 2 for area in here.staff.areas)
    counties: list[str | None] = [None] if whole else [*_areas(knowledge, here.staff.areas)]
    found: list[LedgerLine] = []
    for county in counties:
        found += ledger.ledger(county, first, last, most=MOST_IN_LEDGER + 1 - len(found))
        if len(found) > MOST_IN_LEDGER:
            break
    return found


def _ledger_row(here: Room, line: LedgerLine) -> tuple[object, ...]:
    answers = here.words.answers(line.application, {fact.field: fact.value for fact in line.facts})
    by_section = {
        each: "；".join(f"{one.label}：{one.text}" for one in answers if one.section == SECTION_NAMES[each])
        for each in SECTIONS
    }
    kind, place = here.words.kind(line.application), here.words.place(line.county)
    return line.reference, kind, status(line.status), place, line.filed_on, *by_section.values()


def _today() -> date:
    return local_day(now())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Problem(422, "日期要写成 2026-01-31 这样。") from None


router.include_router(case_bulk.router)
router.include_router(case_page.router)
