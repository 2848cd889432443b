"""axe-core finds nothing in any state of the widget, nor of the page, whose modules it shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.page.page_server import Fault, PageServer, message
from tests.page.test_cases import receipt, review
from tests.page.test_page import button, rich, said, say

from .conftest import Site

STEP = message("第 2 步，共 7 步\n去社区登记。", kind="guide_step")


def prepared(server: PageServer) -> None:
    kinds = ("in_force", "staged", "expired")
    server.script.answers["全"] = [{**rich("好"), "validity": kind} for kind in kinds]
    server.script.answers["办"] = [STEP, review(), receipt(), message("没办成。", kind="error")]


def states(page: Page, server: PageServer) -> Iterator[str]:
    """Brings an open conversation from one state into the next."""
    yield "open"
    say(page, "全")
    expect(said(page, "assistant")).to_have_count(3)
    yield "answer"
    page.locator(".citation").first.click()
    yield "drawer"
    say(page, "办")
    expect(said(page, "assistant")).to_have_count(7)
    yield "review and receipt"
    server.script.owned_by("queue")
    expect(page.locator(".owner")).to_be_visible()
    server.script.note("agent", "", [message("我是工作人员。", kind="handoff")])
    expect(said(page, "agent")).to_have_count(1)
    server.script.faults.append(Fault(status=503))
    say(page, "字" * 1900)
    expect(page.locator(".trouble")).to_be_visible()
    yield "trouble, in the queue"


def violations(page: Page) -> list[Any]:
    results = Axe().run(page).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in results]


@pytest.mark.parametrize(
    ("width", "scheme", "large"),
    [(1280, "light", False), (1280, "dark", True), (360, "dark", False), (360, "light", True)],
)
def test_the_widget(
    context: BrowserContext, site: Site, server: PageServer, width: int, scheme: Any, large: bool
) -> None:
    prepared(server)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 720})
    page.emulate_media(color_scheme=scheme)
    site.open(page)
    found = {"closed": violations(page)}
    page.locator("yunjiu-widget .launcher").click()
    page.locator(".chat").wait_for()
    if large:
        button(page, "大字").click()
    for state in states(page, server):
        found[state] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert {state: each for state, each in found.items() if each} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page(context: BrowserContext, server: PageServer, scheme: Any) -> None:
    prepared(server)
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.goto(server.address)
    page.locator("[role=log][aria-live=polite]").wait_for()
    found = {state: violations(page) for state in states(page, server)}
    assert {state: each for state, each in found.items() if each} == {}


def test_the_widget_that_cannot_be_opened(context: BrowserContext, site: Site, server: PageServer) -> None:
    server.allowed.clear()
    page = context.new_page()
    site.open(page)
    page.locator("yunjiu-widget .launcher").click()
    expect(button(page, "再试一次")).to_be_visible()
    assert violations(page) == []
