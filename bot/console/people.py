"""People: found by a case or an ID number, and all that is kept of one on one page."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.console.access import Problem, Signed
from bot.console.casework_parts import REASONS, Room, reason, room
from bot.console.pages import go, render
from bot.console.shown import SOURCE_NAMES, days_left, status
from bot.plans.pages import PlanSheets, printed
from bot.plans.printing import NoFont
from bot.plans.sheet import Sheet
from casework.cases.lists import CaseLine
from casework.cases.references import parse
from casework.cases.working_days import local_day
from casework.people.people import ProfileFact
from casework.people.privacy import is_resident_id
from casework.store.database import now

NOBODY = "没有这个人，或者不在您的区域。"
ERRANDS = {"filing": "在填", "guide": "在看的办事步骤", "check": "在对照的条件"}

router = APIRouter()


@router.get("/people")
def search_page(request: Request, staff: Signed) -> Response:
    return _search(request, room(request, staff))


@router.post("/people")
def search(
    request: Request,
    staff: Signed,
    reference: Annotated[str, Form()] = "",
    identity: Annotated[str, Form()] = "",
) -> Response:
    """The ID number comes in the body: an address is kept in histories and logs."""
    here = room(request, staff)
    if reference.strip():
        return _by_reference(request, here, reference)
    if identity.strip():
        return _by_identity(request, here, identity)
    return _search(request, here, 422, problem="请填办件编号，或者身份证号。")


@router.get("/people/{person}")
def person_page(request: Request, staff: Signed, person: str) -> Response:
    here = room(request, staff)
    cases, hidden, profile = _visible(here, person)
    here.disclosures.note("read_person", here.asked(person))
    conversation = here.desk.people.conversation(person)
    today = local_day(now())
    return render(
        request,
        "person.html",
        person=person,
        facts=here.words.facts(profile.values()),
        sources=SOURCE_NAMES,
        cases=cases,
        hidden=hidden,
        errands=here.desk.errands.of_person(person),
        errand_words=ERRANDS,
        news=here.desk.notifications.of(person),
        consents=here.desk.consents.of(person),
        conversation=conversation,
        plan=here.desk.plans.of(person),
        words=here.words,
        status_words=status,
        days_left=lambda line: days_left(line.due_on, today),
        reasons=REASONS,
    )


@router.get("/people/{person}/plan")
def plan_page(request: Request, staff: Signed, person: str) -> Response:
    """The person's plan as it was told; what it was made from stands, masked, on the page before."""
    here = room(request, staff)
    return render(request, "person_plan.html", person=person, sheet=_sheet(request, here, person))


@router.get("/people/{person}/plan.pdf")
async def plan_pdf(request: Request, staff: Signed, person: str) -> Response:
    here = room(request, staff)
    shown = await asyncio.to_thread(_sheet, request, here, person)
    if not shown.steps:
        raise Problem(404, "这个人还没有排过计划。")
    try:
        return await printed(shown)
    except NoFont as error:
        raise Problem(503, str(error)) from None


@router.post("/people/{person}/reveal")
def reveal(
    request: Request,
    staff: Signed,
    person: str,
    field: Annotated[str, Form()],
    why: Annotated[str, Form()] = "",
    other: Annotated[str, Form()] = "",
) -> Response:
    here = room(request, staff)
    _, _, profile = _visible(here, person)
    asked_for = reason(why, other)
    try:
        value = here.disclosures.value(str(profile[field].value), person, field, here.asked(person, asked_for))
    except KeyError:
        raise Problem(404, "这一项不在了。") from None
    return render(request, "revealed.html", value=value, back=f"/console/people/{person}")


def _sheet(request: Request, here: Room, person: str) -> Sheet:
    _visible(here, person)
    here.disclosures.note("read_plan", here.asked(person))
    sheets: PlanSheets = request.app.state.plans
    return replace(sheets.of_person(person), told=())


def _by_reference(request: Request, here: Room, reference: str) -> Response:
    if parse(reference) is None:
        return _search(request, here, 422, problem="编号是 12 位数字，请对一对有没有输错。")
    view = here.desk.cases.by_reference(here.case(reference).reference)
    if view is None or view.person is None:
        return _search(request, here, 404, problem="这件申请的本人已经要求删除了自己的资料，只留下办件。")
    return go(request, f"/console/people/{view.person}")


def _by_identity(request: Request, here: Room, identity: str) -> Response:
    hashed = here.desk.cases.identity_hash(identity)
    people = here.lists.people_of(hashed, here.staff.areas)
    here.disclosures.note("searched_identity", here.asked(hashed), found=len(people))
    if len(people) == 1:
        return go(request, f"/console/people/{people[0]}")
    if people:
        found = [(person, _seen(here, here.lists.of_person(person))) for person in people]
        return _search(request, here, found=found)
    plain = "".join(identity.split())
    doubt = "" if len(plain) != 18 or is_resident_id(plain) else "这个身份证号的校验位不对，请核对。"
    return _search(request, here, 404, problem=f"您的区域里没有用这个号码递交过的申请。{doubt}")


def _search(
    request: Request,
    here: Room,
    code: int = 200,
    problem: str = "",
    found: list[tuple[str, list[CaseLine]]] | None = None,
) -> Response:
    return render(
        request, "people.html", code, problem=problem, found=found or [], words=here.words, status_words=status
    )


def _seen(here: Room, lines: list[CaseLine]) -> list[CaseLine]:
    return [line for line in lines if here.staff.sees(line.county)]


def _visible(here: Room, person: str) -> tuple[list[CaseLine], int, dict[str, ProfileFact]]:
    """The cases that may be seen, how many others there are, and the profile; a Problem where nothing of the
    person lies in the staff member's areas."""
    if not person.isalnum() or here.desk.people.conversation(person) is None:
        raise Problem(404, NOBODY)
    lines, profile = here.lists.of_person(person), here.desk.people.profile(person)
    cases = _seen(here, lines)
    county = profile["county"].value if "county" in profile else None
    lives_here = here.staff.sees(county if isinstance(county, str) else None) and (county is not None or not lines)
    if not cases and not lives_here:
        raise Problem(404, NOBODY)
    return cases, len(lines) - len(cases), profile
