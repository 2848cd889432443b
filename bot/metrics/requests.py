"""Every request of an app: counted by its route, and joined to the turn that it belongs to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from fastapi import Request
from itsdangerous import Signer
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.logs import TURN_HEADER, join_turn
from bot.metrics.catalogue import OTHER
from bot.metrics.metrics import Metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
ACTIONS = "/actions/"
"""Only what holds the engine's token gets anywhere here; only here a turn may be one that somebody else began."""
LAG_EVERY_SECONDS = 1.0
ENGINE_EVERY_SECONDS = 5.0


class Requests:
    """ASGI middleware, around all others."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        join_turn(Headers(scope=scope).get(TURN_HEADER) if scope["path"].startswith(ACTIONS) else None)
        answered = False

        async def counted(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start" and not answered:
                answered = True
                self._metrics.request(_method(scope), route_of(scope), message["status"])
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception:
            if not answered:
                self._metrics.request(_method(scope), route_of(scope), 500)
            raise


def route_of(scope: Scope) -> str:
    """The template of the route that took the request; the folder for files; ``other`` where nothing is.

    A route knows its template without the prefix of the router that it was put into.  That is what stands before
    the first place in the address from which the route matches.
    """
    route = scope.get("route")
    if not isinstance(route, Route):
        mounted: str = scope.get("root_path", "")
        return mounted or OTHER
    path: str = scope["path"]
    starts = (index for index, letter in enumerate(path) if letter == "/" and route.path_regex.match(path[index:]))
    return path[: next(starts, 0)] + route.path_format


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in METHODS else OTHER


def browser_channel(request: Request, conversation_id: str) -> str:
    """A page's conversation has an id that we signed; a widget's page is somebody else's."""
    signer: Signer = request.app.state.signer
    if not signer.validate(conversation_id):
        return "api"
    return "widget" if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") else "web"


async def watch_loop(metrics: Metrics) -> None:
    """How late this process's event loop wakes up, for as long as it runs."""
    while True:
        due = time.perf_counter() + LAG_EVERY_SECONDS
        await asyncio.sleep(LAG_EVERY_SECONDS)
        metrics.loop_lag(max(time.perf_counter() - due, 0.0))


async def watch_engine(metrics: Metrics, is_ready: Callable[[], Awaitable[bool]]) -> None:
    while True:
        metrics.engine_up(await is_ready())
        await asyncio.sleep(ENGINE_EVERY_SECONDS)
