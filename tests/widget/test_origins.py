"""The real application in front of a real browser: a page that is allowed, and one that is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.app.conftest import FakeEngine, Served, settings_of
from tests.page.test_page import button, said, say

from .conftest import Site, SiteServer


@pytest.fixture
def allowed_site(strange_site: Site, tmp_path: Path) -> Iterator[Site]:
    """``strange_site`` stays a stranger; this one is in the settings."""
    engine = FakeEngine()
    with SiteServer.running() as site:
        app = Served(settings_of(engine, f"sqlite:///{tmp_path}/app.db", widget_origins=site.address))
        site.script = strange_site.script = str(app.client.base_url.join("/widget.js"))
        yield site
        app.stop()
    engine.close()


def test_an_allowed_page_speaks_with_the_application(allowed_site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    allowed_site.open(page)
    button(page, "问云就").click()
    say(page, "你好")
    expect(said(page, "assistant")).to_have_count(1)
    allowed_site.open(page)
    button(page, "问云就").click()
    expect(said(page, "person")).to_have_text(["你好"])
    expect(said(page, "assistant")).to_have_count(1)


def test_a_stranger_gets_nothing(allowed_site: Site, strange_site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    strange_site.open(page)
    button(page, "问云就").click()
    expect(page.get_by_role("dialog", name="云就")).to_contain_text("云就暂时打不开")
    asked = "fetch(new URL('/api/v1/web/conversations', document.scripts[0].src), {method: 'POST'})"
    assert page.evaluate(f"{asked}.then(() => 'answered', () => 'refused')") == "refused"
