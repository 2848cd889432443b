"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.console.access import HOME, Signed, drop_cookie, local, session_cookie, session_of, set_cookie
from bot.console.pages import go, render
from bot.console.parts import parts
from casework.sign_in import NotSignedIn, SignedIn

router = APIRouter()


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = HOME) -> Response:
    session = session_of(request)
    if session is not None and not session.pending:
        return go(request, local(next))
    return render(request, "sign_in.html", next=local(next), login="", wrong=False)


@router.post("/sign-in")
def sign_in(
    request: Request,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = HOME,
) -> Response:
    console = parts(request)
    try:
        session = console.desk.sign_ins.with_password(login, password)
    except NotSignedIn:
        return render(request, "sign_in.html", 401, next=local(next), login=login, wrong=True)
    return _with_session(request, session, local(next))


@router.post("/sign-out")
def sign_out(request: Request, staff: Signed) -> Response:
    console = parts(request)
    session = session_of(request)
    if session is not None:
        console.desk.sign_ins.sign_out(session)
    response = go(request, "/console/sign-in")
    drop_cookie(response, console, session_cookie(console))
    return response


def _with_session(request: Request, session: SignedIn, place: str) -> Response:
    response = go(request, place)
    set_cookie(response, parts(request), session_cookie(parts(request)), session.token)
    return response
