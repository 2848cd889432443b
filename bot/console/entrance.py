"""Signing in and out: by password and code, or by what an OpenID provider says."""

from __future__ import annotations

import base64
import binascii
import json
import logging
from typing import Annotated
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.console.access import (
    HOME,
    SIGN_IN,
    Problem,
    drop_cookie,
    local,
    session_cookie,
    session_of,
    set_cookie,
)
from bot.console.openid import Asked, NotVouched, Provider
from bot.console.pages import go, render
from bot.console.parts import Console, parts
from casework.staff.sign_in import NotSignedIn, SignedIn
from casework.store.cipher import CannotOpen

router = APIRouter()
logger = logging.getLogger("yunjiu.console")

CODE = "/console/sign-in/code"
OPENID_SECONDS = 600
MOST_WAITING = 40
"""Sign-ins that may wait for their turn; more are told to come back, since each takes a while on purpose."""


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = HOME) -> Response:
    session = session_of(request)
    if session is not None and not session.pending:
        return go(request, local(next))
    return _form(request, next, "")


@router.post("/sign-in")
async def sign_in(
    request: Request,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = HOME,
) -> Response:
    console = parts(request)
    limiter = console.passwords_at_once
    if limiter.statistics().tasks_waiting >= MOST_WAITING:
        raise Problem(503, "正在登录的人太多，请过一会儿再试。")
    try:
        session = await to_thread.run_sync(console.desk.sign_ins.with_password, login, password, limiter=limiter)
    except NotSignedIn:
        return _form(request, next, login, 401, wrong=True)
    place = f"{CODE}?next={quote(local(next))}" if session.pending else local(next)
    return await to_thread.run_sync(_with, request, session, place)


@router.get("/sign-in/code")
def code_page(request: Request, next: str = HOME) -> Response:
    session = session_of(request)
    if session is None or not session.pending:
        return go(request, f"{SIGN_IN}?next={quote(local(next))}")
    return render(request, "sign_in_code.html", next=local(next), wrong=False)


@router.post("/sign-in/code")
def sign_in_with_code(
    request: Request, code: Annotated[str, Form()] = "", next: Annotated[str, Form()] = HOME
) -> Response:
    session = session_of(request)
    if session is None or not session.pending:
        return go(request, f"{SIGN_IN}?next={quote(local(next))}")
    try:
        opened = parts(request).desk.sign_ins.with_code(session, code)
    except NotSignedIn:
        return render(request, "sign_in_code.html", 401, next=local(next), wrong=True)
    return _with(request, opened, local(next))


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    console = parts(request)
    session = session_of(request)
    if session is not None:
        console.desk.sign_ins.sign_out(session)
    response = go(request, SIGN_IN)
    drop_cookie(response, console, session_cookie(console))
    return response


@router.get("/openid")
def to_provider(request: Request, next: str = HOME) -> Response:
    """Sends the browser to the provider; what it has to bring back goes with it, sealed."""
    console = parts(request)
    scheme = "https" if console.https else request.url.scheme
    asked = Asked.anew(f"{scheme}://{request.headers['host']}/console/openid/back", local(next))
    try:
        response = go(request, _provider(console).address(asked))
    except NotVouched as error:
        raise _refused(error) from None
    sealed = console.ring.close(json.dumps(asked.as_json()).encode(), "openid")
    set_cookie(response, console, _asked_cookie(console), base64.urlsafe_b64encode(sealed).decode(), OPENID_SECONDS)
    return response


@router.get("/openid/back")
def from_provider(request: Request, state: str = "", code: str = "") -> Response:
    console = parts(request)
    try:
        asked = _asked(request, console)
        session = console.desk.sign_ins.by_provider(_provider(console).login(asked, state, code))
    except (NotVouched, NotSignedIn) as error:
        raise _refused(error) from None
    response = _with(request, session, local(asked.next))
    drop_cookie(response, console, _asked_cookie(console))
    return response


def _form(request: Request, place: str, login: str, status: int = 200, wrong: bool = False) -> Response:
    provider = parts(request).provider is not None
    return render(request, "sign_in.html", status, next=local(place), login=login, wrong=wrong, provider=provider)


def _with(request: Request, session: SignedIn, place: str) -> Response:
    """On with the new session; what the browser had before ends."""
    console, before = parts(request), session_of(request)
    if before is not None:
        console.desk.sign_ins.drop(before)
    response = go(request, place)
    set_cookie(response, console, session_cookie(console), session.token)
    return response


def _provider(console: Console) -> Provider:
    if console.provider is None:
        raise Problem(404, "没有这一页。")
    return console.provider


def _asked_cookie(console: Console) -> str:
    return "__Host-yunjiu-openid" if console.https else "yunjiu-openid"


def _asked(request: Request, console: Console) -> Asked:
    try:
        sealed = base64.urlsafe_b64decode(request.cookies.get(_asked_cookie(console), ""))
        return Asked(**json.loads(console.ring.open(sealed, "openid")))
    except (CannotOpen, binascii.Error, ValueError):
        raise NotVouched("the browser was not sent to the provider from here") from None


def _refused(error: Exception) -> Problem:
    logger.warning("sign-in by OpenID refused: %s", error)
    return Problem(403, "统一认证没有通过，或者您的账号还没有在云就登记。请从登录页再试一次；还不行，请找管理员。")
