"""Who saw and did what, for supervisors; and whether the record is whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.console import areas as places
from bot.console.access import Problem, Supervisor
from bot.console.audit_words import ACTIONS, DETAILS, NAMES, ROLES, VALUES
from bot.console.pages import is_htmx, render
from bot.console.parts import parts
from casework.audit import Wanted, Whole
from casework.cases.working_days import CHINA

router = APIRouter()

A_PAGE = 50


@router.get("/audit")
def audit(
    request: Request,
    staff: Supervisor,
    actor: str = "",
    subject: str = "",
    action: str = "",
    first: str = "",
    last: str = "",
    before: int | None = None,
) -> Response:
    """``first`` and ``last``: days as the calendar in China has them."""
    chosen = {"actor": actor.strip(), "subject": subject.strip(), "action": action, "first": first, "last": last}
    log = parts(request).desk.audit
    rows = log.page(_wanted(chosen), before, A_PAGE + 1)
    shown, more = rows[:A_PAGE], len(rows) > A_PAGE
    asked = {name: value for name, value in chosen.items() if value}
    older = f"/console/audit?{urlencode({**asked, 'before': shown[-1].sequence})}" if more else ""
    newest = f"/console/audit?{urlencode(asked)}" if before is not None else ""
    kinds = {each: ACTIONS.get(each, each) for each in log.actions()}
    values = {**VALUES, **places.known(parts(request).knowledge)}
    details = {row.sequence: _details(row.details, values) for row in shown}
    return render(
        request,
        "audit.html",
        rows=shown,
        details=details,
        chosen=chosen,
        kinds=kinds,
        roles=ROLES,
        names=NAMES,
        older=older,
        newest=newest,
    )


@router.post("/audit/check")
def check(request: Request, staff: Supervisor) -> Response:
    """Reads the whole chain; that somebody had it read is on record itself."""
    desk = parts(request).desk
    found = desk.audit.verify()
    whole = isinstance(found, Whole)
    words = f"完整，共 {found.rows} 条。" if isinstance(found, Whole) else f"从第 {found.sequence} 条起断了。"
    with Session(desk.engine) as session, session.begin():
        desk.audit.record(session, staff.login, staff.role, "audit_checked", "audit", {"whole": whole})
    return render(request, "audit_check.html", bare=is_htmx(request), whole=whole, words=words)


def _wanted(chosen: Mapping[str, str]) -> Wanted:
    first, last = _day(chosen["first"]), _day(chosen["last"])
    return Wanted(
        actor=chosen["actor"] or None,
        subject=chosen["subject"] or None,
        action=chosen["action"] or None,
        first=None if first is None else _begin(first),
        end=None if last is None else _begin(last + timedelta(days=1)),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Problem(422, "日期要写成 2026-11-23 这样。") from None


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA).astimezone(UTC).replace(tzinfo=None)


def _details(details: Mapping[str, Any], values: Mapping[str, str]) -> str:
    return "；".join(f"{DETAILS.get(name, name)}：{_value(value, values)}" for name, value in details.items())


def _value(value: Any, values: Mapping[str, str]) -> str:
    match value:
        case {"from": before, "to": after}:
            return f"{_value(before, values)} → {_value(after, values)}"
        case list():
            return "、".join(_value(each, values) for each in value) or "—"
        case bool():
            return "是" if value else "否"
        case None:
            return "—"
    return values.get(str(value), str(value))
