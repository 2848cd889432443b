"""Where the numbers are read: /metrics of an app, and a port of the worker's own.

Only a scraper on the same machine gets them, or who holds the token.  What came through a proxy comes from
anywhere, so it needs the token in any case.
"""

from __future__ import annotations

import hmac
import ipaddress
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from fastapi import FastAPI, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import SecretStr

from bot.metrics.metrics import Metrics

_OF_PROXIES = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Door:
    """Who may read."""

    def __init__(self, token: SecretStr | None) -> None:
        self._expected = f"Bearer {token.get_secret_value()}" if token else None

    def admits(self, address: str, headers: Mapping[str, str]) -> bool:
        """``headers``: their names in small letters."""
        if self._expected and hmac.compare_digest(headers.get("authorization", "").encode(), self._expected.encode()):
            return True
        return _is_loopback(address) and not any(name in headers for name in _OF_PROXIES)


def install(app: FastAPI, metrics: Metrics, token: SecretStr | None) -> None:
    door = Door(token)

    @app.get("/metrics", include_in_schema=False)
    def read(request: Request) -> Response:
        if not door.admits(request.client.host if request.client else "", request.headers):
            return Response("only from this machine, or with the token\n", 401, media_type="text/plain")
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)


def serve(metrics: Metrics, host: str, port: int, token: SecretStr | None) -> Callable[[], None]:
    """The worker's /metrics, in a thread; gives what stops it."""
    server = make_server(host, port, _wsgi(metrics.registry, Door(token)), WSGIServer, _Quiet)
    threading.Thread(target=server.serve_forever, name="yunjiu-metrics", daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return stop


def _wsgi(registry: CollectorRegistry, door: Door) -> Any:
    def read(environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], Any]) -> Iterable[bytes]:
        headers = {
            name[5:].lower().replace("_", "-"): str(value) for name, value in environ.items() if name[:5] == "HTTP_"
        }
        if environ["PATH_INFO"] != "/metrics":
            start("404 Not Found", [])
            return []
        if not door.admits(environ["REMOTE_ADDR"], headers):
            start("401 Unauthorized", [])
            return []
        start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
        return [generate_latest(registry)]

    return read


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """No line for each scrape."""


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
