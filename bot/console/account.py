"""One's own account: password and second factor."""

from __future__ import annotations

from typing import Annotated

import segno
from anyio import to_thread
from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.console.access import SIGN_IN, Problem, Signed, SignInNeeded, session_cookie, session_of, set_cookie
from bot.console.areas import names
from bot.console.pages import go, render
from bot.console.parts import parts
from casework.staff.passwords import SHORTEST, WeakPassword
from casework.staff.second_factor import WrongCode
from casework.staff.sign_in import NotSignedIn, SignedIn
from casework.staff.staff import Doer, Staff

router = APIRouter()

ACCOUNT = "/console/account"
_WRONG_OLD = "原来的密码不对，或者账号暂时锁住了。"
_WRONG_CODE = "验证码不对。请看手机上现在显示的那一个；时间不准的话，先把手机时间校准。"


@router.get("/account")
def account(request: Request, staff: Signed, done: str = "") -> Response:
    return render(request, "account.html", areas=names(parts(request).knowledge, staff.areas), done=done)


@router.get("/password")
def password_page(request: Request, staff: Signed) -> Response:
    return _password_form(request, staff)


@router.post("/password")
async def change_password(
    request: Request,
    staff: Signed,
    old: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    if new != again:
        return _password_form(request, staff, 422, "两次写的新密码不一样。")
    console, session = parts(request), _session(request)
    change = console.desk.sign_ins.change_password
    try:
        opened = await to_thread.run_sync(change, session, old, new, limiter=console.passwords_at_once)
    except NotSignedIn:
        return _password_form(request, staff, 422, _WRONG_OLD)
    except WeakPassword as error:
        return _password_form(request, staff, 422, str(error))
    response = go(request, f"{ACCOUNT}?done=password")
    set_cookie(response, console, session_cookie(console), opened.token)
    return response


@router.get("/account/code")
def code_page(request: Request, staff: Signed) -> Response:
    return _code_form(request, staff)


@router.post("/account/code")
def turn_code_on(request: Request, staff: Signed, code: Annotated[str, Form()] = "") -> Response:
    try:
        parts(request).desk.second_factor.turn_on(staff.id, code, _session(request).session, doer(staff))
    except WrongCode:
        return _code_form(request, staff, 422, _WRONG_CODE)
    return go(request, f"{ACCOUNT}?done=code_on")


@router.post("/account/code/off")
async def turn_code_off(request: Request, staff: Signed, password: Annotated[str, Form()] = "") -> Response:
    """Wants the password, so that a screen left open is not enough."""
    console = parts(request)
    confirm = console.desk.sign_ins.confirm
    try:
        await to_thread.run_sync(confirm, _session(request), password, limiter=console.passwords_at_once)
    except NotSignedIn:
        return _code_form(request, staff, 422, "密码不对，或者账号暂时锁住了。")
    await to_thread.run_sync(console.desk.second_factor.turn_off, staff.id, doer(staff))
    return go(request, f"{ACCOUNT}?done=code_off")


def doer(staff: Staff) -> Doer:
    return Doer(staff.login, staff.role)


def _session(request: Request) -> SignedIn:
    session = session_of(request)
    if session is None:
        raise SignInNeeded(SIGN_IN)
    return session


def _password_form(request: Request, staff: Staff, status: int = 200, wrong: str = "") -> Response:
    if not staff.has_password:
        raise Problem(404, "您用统一认证登录，在这里没有密码。")
    return render(request, "password.html", status, wrong=wrong, shortest=SHORTEST, forced=staff.must_change)


def _code_form(request: Request, staff: Staff, status: int = 200, wrong: str = "") -> Response:
    if not staff.has_password:
        raise Problem(404, "您用统一认证登录，验证码由统一认证管。")
    values = {"picture": "", "secret": ""} if staff.has_code else _offer(request, staff)
    return render(request, "account_code.html", status, wrong=wrong, **values)


def _offer(request: Request, staff: Staff) -> dict[str, str]:
    try:
        offer = parts(request).desk.second_factor.offer(staff.id)
    except ValueError:
        raise Problem(409, "验证码刚刚已经打开了。请刷新这一页。") from None
    picture = segno.make(offer.address, error="m").svg_data_uri(scale=4, light="#fff", dark="#000")
    return {"picture": picture, "secret": " ".join(offer.secret[at : at + 4] for at in range(0, len(offer.secret), 4))}
