"""The widget on other people's pages: its script, and which pages may use it.

What a browser says of itself is believed: these rules protect the people in front of browsers.  Whoever holds
no signed id gets nothing in any case.
"""

from __future__ import annotations

from collections.abc import Collection

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.web import PAGE, SECURITY

FOR_ANY_PAGE = ("/widget.js", "/static/")
"""Files without anything of anybody in them."""
SHARED = (*FOR_ANY_PAGE, "/api/v1/chat", "/api/v1/web/")
ELSEWHERE = ("cross-site", "same-site")
_REFUSED = {"error": {"code": "origin", "message": "这个网站没有登记，用不了云就。", "hint": "见 docs/WIDGET.md。"}}

router = APIRouter(tags=["web"])


@router.get("/widget.js", include_in_schema=False)
async def script() -> FileResponse:
    headers = {**SECURITY, "Cache-Control": "no-cache"}
    return FileResponse(PAGE / "widget.js", headers=headers, media_type="text/javascript")


class Origins:
    """ASGI middleware: pages of the allowed origins may speak to the server, those of others may not.

    A request of our own page is known by ``Sec-Fetch-Site``, not by comparing addresses: a proxy may change those.
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed)
        self._shared = CORSMiddleware(
            app,
            allow_origins=sorted(self._allowed),
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type", "Last-Event-ID"],
            expose_headers=["Retry-After"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(SHARED):
            await self._app(scope, receive, send)
            return
        told = _with_policy(send, "cross-origin" if scope["path"].startswith(FOR_ANY_PAGE) else "same-origin")
        if self._is_stranger(Headers(scope=scope)):
            await JSONResponse(_REFUSED, status_code=403, headers={"Vary": "Origin"})(scope, receive, told)
        else:
            await self._shared(scope, receive, told)

    def _is_stranger(self, headers: Headers) -> bool:
        """A browser of today, showing a page of elsewhere.  One without the header just gets no permission."""
        origin = headers.get("Origin")
        return origin is not None and origin not in self._allowed and headers.get("Sec-Fetch-Site") in ELSEWHERE


def _with_policy(send: Send, policy: str) -> Send:
    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cross-Origin-Resource-Policy"] = policy
        await send(message)

    return told


def install(app: FastAPI, allowed: Collection[str]) -> None:
    """``allowed``: origins, as browsers write them (https://host, with the port if it is not the usual one)."""
    app.include_router(router)
    app.add_middleware(Origins, allowed=allowed)
