"""A page of another origin that carries the widget, in a real Chromium."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page

from tests.page.conftest import browser, context, server  # noqa: F401  # the fixtures of the page
from tests.page.page_server import PageServer

WORDS = (
    "<main><h1>某市人社局</h1><p>通知公告。<a href='#'>一条链接</a></p><p><button id='ask'>问一问</button></p></main>"
)


@dataclass
class Site:
    """A bureau's page, and the widget's tag in it."""

    address: str
    script: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    style: str = ""
    policy: str = ""
    body: str = WORDS
    whole: str = ""

    def html(self) -> str:
        if self.whole:
            return self.whole
        given = " ".join(f'data-{name}="{html.escape(value)}"' for name, value in self.attributes.items())
        return (
            f"<!doctype html><html lang='zh-CN'><head><meta charset='utf-8'><title>某市人社局</title>"
            f"<meta name='viewport' content='width=device-width, initial-scale=1'>"
            f"<link rel='icon' href='data:,'><link rel='stylesheet' href='/site.css'>"
            f"<script src='{self.script}' defer {given}></script></head><body>{self.body}</body></html>"
        )

    def open(self, page: Page) -> None:
        page.goto(self.address)
        page.locator("yunjiu-widget").wait_for(state="attached")


class SiteServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SiteHandler)
        self.site = Site(f"http://localhost:{self.server_address[1]}")

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Site]:
        sites = cls()
        thread = threading.Thread(target=sites.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield sites.site
        sites.shutdown()
        sites.server_close()
        thread.join()


class SiteHandler(BaseHTTPRequestHandler):
    server: SiteServer

    def do_GET(self) -> None:
        site = self.server.site
        kind, text = ("text/css", site.style) if self.path == "/site.css" else ("text/html", site.html())
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        if site.policy:
            self.send_header("Content-Security-Policy", site.policy)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def strange_site() -> Iterator[Site]:
    """A page whose origin the server has not been told of."""
    with SiteServer.running() as site:
        yield site


@pytest.fixture
def site(strange_site: Site, server: PageServer) -> Site:  # noqa: F811
    strange_site.script = f"{server.address}/widget.js"
    server.allowed.add(strange_site.address)
    return strange_site
