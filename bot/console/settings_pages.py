"""Settings, for administrators: the staff, and when people are there to take a conversation over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.console.access import Administrator
from bot.console.pages import go, render
from bot.console.parts import parts
from casework.conversations.opening_hours import WEEKDAYS, Hours, WrongHours, read_spans, write_spans
from casework.staff.staff import Staff

router = APIRouter()

Text = Annotated[str, Form()]
_OFF = "休"


@router.get("/settings")
def settings(request: Request, administrator: Administrator, done: str = "") -> Response:
    console = parts(request)
    hours = console.desk.opening_hours.get()
    values = {
        "week": [write_spans(spans) for spans in hours.week] if hours else [""] * 7,
        "days": _write_days(hours) if hours else "",
    }
    return _form(request, values, hours is not None, done=done)


@router.post("/settings/opening-hours")
def set_opening_hours(
    request: Request, administrator: Administrator, week: Annotated[list[str], Form()], days: Text = ""
) -> Response:
    """Nothing in any field takes the hours back: nobody is promised any more."""
    try:
        if len(week) != len(WEEKDAYS):
            raise WrongHours("请把一周七天都写上；不上班的那天空着。")
        hours = Hours(tuple(read_spans(text) for text in week), _read_days(days))
    except WrongHours as error:
        return _form(request, {"week": week, "days": days}, True, 422, wrong=str(error))
    kept = hours if any(hours.week) or hours.days else None
    console = parts(request)
    console.desk.opening_hours.set(kept)
    _record(request, administrator, kept)
    return go(request, "/console/settings?done=hours")


def _record(request: Request, administrator: Staff, hours: Hours | None) -> None:
    desk = parts(request).desk
    week = [write_spans(spans) for spans in hours.week] if hours else []
    with Session(desk.engine) as session, session.begin():
        actor, role = administrator.login, administrator.role
        desk.audit.record(session, actor, role, "opening_hours_set", "opening hours", {"week": week})


def _read_days(text: str) -> dict[date, Any]:
    """A line a day: “2026-10-01 休” or “2026-10-10 09:00-12:00”.  WrongHours."""
    return dict(_read_day(line) for line in text.splitlines() if line.strip())


def _read_day(line: str) -> tuple[date, Any]:
    day, _, spans = line.strip().partition(" ")
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise WrongHours(f"“{line.strip()}”看不懂。请写成 2026-10-01 {_OFF}，或者 2026-10-10 09:00-12:00。") from None
    return on, () if spans.strip() == _OFF else read_spans(spans)


def _write_days(hours: Hours) -> str:
    return "\n".join(f"{day.isoformat()} {write_spans(spans) or _OFF}" for day, spans in sorted(hours.days.items()))


def _form(
    request: Request, values: Mapping[str, Any], are_set: bool, status: int = 200, wrong: str = "", done: str = ""
) -> Response:
    week = list(zip(WEEKDAYS, [*values["week"], *[""] * 7], strict=False))
    provider = parts(request).provider
    return render(
        request,
        "settings.html",
        status,
        week=week,
        days=values["days"],
        are_set=are_set,
        wrong=wrong,
        done=done,
        issuer=provider.issuer if provider else "",
    )
