"""The console put together: its pages under /console/, its files, and what holds for all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.console import (
    account,
    assist,
    audit_pages,
    cases,
    conversations,
    entrance,
    filing_pages,
    health,
    marks_pages,
    people,
    settings_pages,
    staff_pages,
)
from bot.console.access import HOME, Problem, SignInNeeded, guard, session_of, signed
from bot.console.pages import go, is_htmx, render
from bot.console.parts import Console

STATIC = Path(__file__).with_name("static")
OPEN = (entrance.router,)
"""Pages for who is not signed in."""
PAGES = tuple(
    each.router
    for each in (
        assist,
        filing_pages,
        conversations,
        cases,
        people,
        marks_pages,
        health,
        audit_pages,
        staff_pages,
        settings_pages,
        account,
    )
)
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def install(app: FastAPI, console: Console) -> None:
    app.state.console = console
    app.add_middleware(_StrictHeaders)
    app.add_exception_handler(SignInNeeded, _to_sign_in)
    app.add_exception_handler(Problem, _problem)
    for error, words in {
        HTTPException: "不能这样打开。",
        RequestValidationError: "填的内容不对，请回去再看一下。",
    }.items():
        _answer_as_page(app, error, words)
    app.mount("/console/static", StaticFiles(directory=STATIC), name="console-static")
    under = APIRouter(prefix="/console", dependencies=[Depends(guard)], include_in_schema=False)
    for router in OPEN:
        under.include_router(router)
    for router in PAGES:
        under.include_router(router, dependencies=[Depends(signed)])
    under.add_api_route("/{path:path}", _nothing_here, dependencies=[Depends(signed)])
    app.include_router(under)
    app.add_api_route("/console", _home, include_in_schema=False)


def _home(request: Request) -> Response:
    return go(request, HOME)


def _nothing_here(path: str) -> None:
    raise Problem(404, "没有这一页。")


async def _to_sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeeded)
    return go(request, error.place)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    template = "problem_line.html" if is_htmx(request) else "problem.html"
    page: HTMLResponse = render(request, template, error.status, words=error.words)
    return page


def _answer_as_page(app: FastAPI, kind: type[Exception], words: str) -> None:
    """Under /console an error of the framework's is a page, not what the API says."""
    elsewhere: Any = app.exception_handlers[kind]

    async def answer(request: Request, error: Exception) -> Response:
        if not _is_console(request.url.path):
            found: Response = await elsewhere(request, error)
            return found
        await run_in_threadpool(session_of, request)
        return await _problem(request, Problem(getattr(error, "status_code", 422), words))

    app.add_exception_handler(kind, answer)


def _is_console(path: str) -> bool:
    return path == "/console" or path.startswith("/console/")


class _StrictHeaders:
    """Sets the headers of every answer under /console; pages stay in no cache, files are asked for anew."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not _is_console(path):
            return await self._app(scope, receive, send)
        caching = "no-cache" if path.startswith("/console/static/") else "no-store"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update({**HEADERS, "Cache-Control": caching})
            await send(message)

        await self._app(scope, receive, send_with_headers)
