"""Who may open a page: dependencies for routes.

Everything in ``app.PAGES`` needs a signed-in person and, for every unsafe method, the session's CSRF token,
without its route asking for either.  A route asks for what it needs beyond that::

    @router.get("/cases")
    def cases(request: Request, staff: Signed) -> HTMLResponse: ...

    @router.get("/audit")
    def audit(request: Request, staff: Supervisor) -> HTMLResponse: ...

What lies outside of the person's areas is answered like what does not exist: ``if not sees(county, staff): raise
Problem(404, …)``.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from starlette.requests import HTTPConnection
from starlette.responses import Response

from bot.console.parts import Console, parts
from casework.staff.sign_in import SignedIn
from casework.staff.staff import Role, Staff

HOME = "/console/assist"
SIGN_IN = "/console/sign-in"
CHANGE_PASSWORD = "/console/password"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"


class SignInNeeded(Exception):
    """Answered by sending the browser to ``place``."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


class Problem(Exception):
    """Answered by a page, or for htmx a line, that says what is wrong."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


def session_cookie(console: Console) -> str:
    """The cookie's name; the prefix has browsers refuse it from anybody but this very host over https."""
    return "__Host-yunjiu-staff" if console.https else "yunjiu-staff"


def visit_cookie(console: Console) -> str:
    """Of a browser that is not signed in: what the sign-in form's CSRF token is bound to."""
    return "__Host-yunjiu-visit" if console.https else "yunjiu-visit"


def set_cookie(response: Response, console: Console, name: str, value: str, seconds: int | None = None) -> None:
    """HttpOnly, SameSite=Lax; gone with the browser unless ``seconds`` says otherwise."""
    response.set_cookie(name, value, max_age=seconds, path="/", secure=console.https, httponly=True, samesite="lax")


def drop_cookie(response: Response, console: Console, name: str) -> None:
    response.delete_cookie(name, path="/", secure=console.https, httponly=True, samesite="lax")


def session_of(request: HTTPConnection) -> SignedIn | None:
    """The session of the request's cookie, pending or not; looked up once a request."""
    if not hasattr(request.state, "session"):
        token = request.cookies.get(session_cookie(parts(request)))
        request.state.session = parts(request).desk.sign_ins.current(token) if token else None
    session: SignedIn | None = request.state.session
    return session


def signed(request: Request) -> Staff:
    """The signed-in person; anybody else is sent to sign in, and back here afterwards."""
    session = session_of(request)
    if session is None or session.pending:
        raise SignInNeeded(f"{SIGN_IN}?next={quote(_place(request))}")
    if session.staff.must_change and request.url.path != CHANGE_PASSWORD:
        raise SignInNeeded(CHANGE_PASSWORD)
    return session.staff


Signed = Annotated[Staff, Depends(signed)]


def role(least: Role) -> Callable[[Staff], Staff]:
    """A dependency: who may act as ``least``; nobody else learns what is there."""

    def allowed(staff: Signed) -> Staff:
        if not staff.may_act_as(least):
            raise Problem(403, "您的角色不能打开这一页。需要的话，请找管理员。")
        return staff

    return allowed


Supervisor = Annotated[Staff, Depends(role("supervisor"))]
Administrator = Annotated[Staff, Depends(role("administrator"))]


def sees(county: str | None, staff: Staff) -> bool:
    """Whether a place lies in the person's areas; what has no place is seen by all."""
    return staff.sees(county)


def csrf_token(request: HTTPConnection) -> str:
    """Bound to the session, or before sign-in to the visit."""
    console = parts(request)
    bound = request.cookies.get(session_cookie(console)) if session_of(request) else visit(request)
    return console.ring.hash(bound or "", "console csrf")


def visit(request: HTTPConnection) -> str:
    """The random name of a browser that is not signed in; :func:`bot.console.pages.render` gives it its cookie."""
    if not hasattr(request.state, "visit"):
        kept = request.cookies.get(visit_cookie(parts(request)), "")
        request.state.visit = kept if len(kept) >= 32 else secrets.token_urlsafe(32)
    name: str = request.state.visit
    return name


def _looked_up(request: Request) -> None:
    """In a thread, before what is asynchronous asks for it."""
    session_of(request)


async def guard(request: Request, _session: Annotated[None, Depends(_looked_up)]) -> None:
    """The CSRF token, for every unsafe method: in the form's field or in the header."""
    if request.method in SAFE_METHODS:
        return
    given = request.headers.get(CSRF_HEADER)
    if given is None and request.headers.get("Content-Type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        given = str((await request.form()).get(CSRF_FIELD, ""))
    if not hmac.compare_digest((given or "").encode(), csrf_token(request).encode()):
        raise Problem(403, "这一页放得太久了，或者不是从云就打开的。请刷新后再试一次。")


def local(place: str) -> str:
    """``place`` if it is a page of the console, and the first page if it leads anywhere else."""
    split = urlsplit(place)
    strange = split.scheme or split.netloc or "\\" in place or not place.isprintable()
    return HOME if strange or not split.path.startswith("/console/") or "//" in split.path else place


def _place(request: Request) -> str:
    if request.method not in SAFE_METHODS or "HX-Request" in request.headers:
        return HOME
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query
