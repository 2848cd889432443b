"""Accounts of the staff, for administrators.  Nobody gives more areas than he has, nor touches who has more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.console import areas as places
from bot.console.access import Administrator, Problem
from bot.console.account import doer
from bot.console.pages import ROLE_NAMES, go, render
from bot.console.parts import Console, parts
from casework.staff.passwords import one_time_password
from casework.staff.staff import PROVINCE, Staff, WrongStaff

router = APIRouter()

LIST = "/console/settings/staff"
Text = Annotated[str, Form()]
Areas = Annotated[list[str], Form()]


@router.get("/settings/staff")
def staff_list(request: Request, administrator: Administrator, done: str = "") -> Response:
    console = parts(request)
    shown = [
        (each, places.names(console.knowledge, each.areas), places.within(each.areas, administrator))
        for each in console.desk.staff.all()
    ]
    locked = console.desk.sign_ins.locked()
    return render(request, "staff_list.html", people=shown, locked=locked, done=done)


@router.get("/settings/staff/new")
def new_staff(request: Request, administrator: Administrator) -> Response:
    return _form(request, administrator, None, {"role": "agent", "areas": []})


@router.post("/settings/staff/new")
def add_staff(
    request: Request,
    administrator: Administrator,
    login: Text = "",
    name: Text = "",
    role: Text = "",
    areas: Areas = [],  # noqa: B006  # FastAPI copies it
    by: Text = "password",
) -> Response:
    console, given = parts(request), {"login": login, "name": name, "role": role, "areas": areas, "by": by}
    password = None if by == "openid" and console.provider else one_time_password()
    try:
        _may_give(console, areas, administrator)
        made = console.desk.staff.add(login, name, role, areas, password, doer(administrator), must_change=True)
    except WrongStaff as error:
        return _form(request, administrator, None, given, 422, str(error))
    if password is None:
        return go(request, f"{LIST}?done=added")
    return render(request, "staff_password.html", person=made, password=password)


@router.get("/settings/staff/{staff_id}")
def edit_staff(request: Request, administrator: Administrator, staff_id: int) -> Response:
    person = _person(parts(request), staff_id, administrator)
    return _form(request, administrator, person, {"name": person.name, "role": person.role, "areas": person.areas})


@router.post("/settings/staff/{staff_id}")
def change_staff(
    request: Request,
    administrator: Administrator,
    staff_id: int,
    name: Text = "",
    role: Text = "",
    areas: Areas = [],  # noqa: B006  # FastAPI copies it
    active: Annotated[bool, Form()] = False,
) -> Response:
    console = parts(request)
    person = _person(console, staff_id, administrator)
    try:
        _may_give(console, areas, administrator)
        console.desk.staff.change(staff_id, name, role, areas, active, doer(administrator))
    except WrongStaff as error:
        return _form(request, administrator, person, {"name": name, "role": role, "areas": areas}, 422, str(error))
    return go(request, f"{LIST}?done=changed")


@router.post("/settings/staff/{staff_id}/password")
def reset_password(request: Request, administrator: Administrator, staff_id: int) -> Response:
    console = parts(request)
    person = _person(console, staff_id, administrator)
    password = console.desk.staff.reset_password(staff_id, doer(administrator))
    return render(request, "staff_password.html", person=person, password=password)


@router.post("/settings/staff/{staff_id}/code-off")
def turn_code_off(request: Request, administrator: Administrator, staff_id: int) -> Response:
    """For who has lost his phone."""
    console = parts(request)
    _person(console, staff_id, administrator)
    console.desk.second_factor.turn_off(staff_id, doer(administrator))
    return go(request, f"{LIST}?done=code_off")


def _person(console: Console, staff_id: int, administrator: Staff) -> Staff:
    person = console.desk.staff.get(staff_id)
    if person is None or not places.within(person.areas, administrator):
        raise Problem(404, "没有这个账号。")
    return person


def _may_give(console: Console, areas: list[str], administrator: Staff) -> None:
    if not set(areas) <= places.known(console.knowledge).keys() or not places.within(areas, administrator):
        raise WrongStaff("只能选您自己负责的地区里面的地方。")


def _form(
    request: Request,
    administrator: Staff,
    person: Staff | None,
    given: Mapping[str, object],
    status: int = 200,
    wrong: str = "",
) -> Response:
    console = parts(request)
    return render(
        request,
        "staff_form.html",
        status,
        person=person,
        given={"login": "", "name": "", "by": "password", **given},
        wrong=wrong,
        roles=ROLE_NAMES,
        prefectures=places.choices(console.knowledge, administrator),
        whole=administrator.sees(PROVINCE),
        provider=console.provider is not None,
    )
