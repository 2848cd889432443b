"""An agent who has never seen the console: takes over, answers, files for the person and hands back, in Chromium."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

import policy_kb
from casework.desk import Desk, open_desk
from casework.staff.passwords import Passwords
from casework.staff.staff import COMMAND_LINE
from casework.store.cipher import KeyRing
from casework.store.database import open_database
from tests.actions.persona import answer
from tests.console.conftest import CHEAP, PASSWORD
from tests.page.conftest import PATIENCE_MS, browser  # noqa: F401  # a fixture

from .conftest import Stack
from .test_assist import ALWAYS

BENEFIT = policy_kb.load().applications["unemployment-benefit"]
SOMEBODY = 951
SCREENSHOTS = os.environ.get("YUNJIU_SCREENSHOTS")


@pytest.fixture
def desk(stack: Stack) -> Iterator[Desk]:
    """What the stack keeps, seen from beside it; somebody is on duty."""
    secret = stack.environment["YUNJIU_SESSION_SECRET"]
    engine = open_database(stack.environment["YUNJIU_DATABASE_URL"])
    passwords: Passwords = CHEAP
    desk = open_desk(engine, KeyRing.parse(stack.environment["YUNJIU_DATA_KEY"], secret), secret, passwords)
    desk.opening_hours.set(ALWAYS)
    desk.staff.add("newcomer", "周新", "agent", ["53"], PASSWORD, COMMAND_LINE)
    yield desk
    desk.opening_hours.set(None)
    engine.dispose()


@pytest.fixture
def page(stack: Stack, desk: Desk, browser: Browser) -> Iterator[Page]:  # noqa: F811
    """At the front door; at the end, that nothing went wrong unnoticed."""
    context = browser.new_context(
        base_url=str(stack.client.base_url), locale="zh-CN", viewport={"width": 1280, "height": 800}
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto("/console/")
    page.get_by_label("登录名").fill("newcomer")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    yield page
    context.close()
    assert SCREENSHOTS or wrong == []  # a picture is taken with a style of Playwright's own


def fine(page: Page, name: str) -> None:
    """Nothing for axe to find, and nothing wider than a desk's or a telephone's screen."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        if SCREENSHOTS:
            page.screenshot(path=Path(SCREENSHOTS) / f"{name} {width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 800})


def fill_by_keyboard(page: Page) -> None:
    """From the field that has the focus through all of them; what is there already is passed over."""
    for field in BENEFIT.fields:
        here = page.locator(f"#in-{field.id}")
        expect(here).to_be_focused()
        if field.type in ("choice", "yes_no"):
            if here.input_value() == "":
                page.keyboard.press("ArrowDown")
        elif here.input_value() == "":
            page.keyboard.type(answer(field, SOMEBODY))
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="填好了")).to_be_focused()
    page.keyboard.press("Enter")


def test_from_taking_over_to_handing_back(stack: Stack, desk: Desk, page: Page, conversation: str) -> None:
    stack.say("厂子垮了，我在昆明五华，失业金怎么领", conversation)
    stack.say("我要找人工", conversation)

    page.get_by_role("link", name="会话").click()
    fine(page, "conversations")
    page.get_by_role("link", name="打开").last.click()
    page.get_by_role("button", name="接管").click()
    words = page.get_by_label("回一句")
    expect(words).to_be_focused()
    page.get_by_role("button", name="打招呼").click()
    expect(words).to_have_value(re.compile("我是工作人员"))
    page.get_by_label("要找什么").fill("失业金要什么材料")
    page.locator("#quotes").get_by_role("checkbox").first.check()
    fine(page, "conversation")
    page.get_by_role("button", name="发出去").click()
    log = page.get_by_role("region", name="说过的话")
    expect(log).to_contain_text("我是工作人员")
    expect(log).to_contain_text("原文（云人社发")
    assert stack.say("您帮我办吧", conversation) == []
    expect(log).to_contain_text("您帮我办吧")

    page.get_by_role("button", name="用坐席助手替他办").click()
    expect(page.get_by_text("没工作的原因：单位关了、破产了")).to_be_visible()
    notes = page.get_by_label("对方说的")
    expect(notes).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type("\n五十五岁 失业金")
    expect(page.get_by_text("年龄：55岁")).to_be_visible()
    fine(page, "assist")
    page.get_by_role("region", name="下一句问").get_by_role("button").first.click()
    expect(page.get_by_role("region", name="听到的")).to_contain_text("您记的")
    page.get_by_role("region", name="失业保险金").get_by_role("button", name="有用").click()
    expect(page.get_by_text("记下了：有用")).to_be_visible()
    page.get_by_role("region", name="失业保险金").get_by_role("button", name="替对方申请").click()
    expect(page.get_by_role("button", name="给自己办")).to_be_focused()
    fine(page, "consent")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="填好了")).to_be_visible()
    fine(page, "form")
    fill_by_keyboard(page)
    send = page.get_by_role("button", name="都对，交上去")
    expect(send).to_be_focused()
    fine(page, "review")
    page.keyboard.press("Enter")
    reference = page.locator(".reference").inner_text().replace(" ", "")
    fine(page, "filed")
    page.get_by_role("button", name="把编号发给对方").click()
    expect(log).to_contain_text("替您交上去了")
    page.get_by_role("button", name="交回云就").click()
    expect(page.get_by_role("heading", name="我接着的（0）")).to_be_visible()

    case = desk.cases.by_reference(reference)
    assert case is not None and (case.history[0].role, case.history[0].by) == ("agent", "newcomer")
    assert case.person == desk.people.of(desk.log.sender(desk.log.key(conversation)))
    told = stack.say("查进度", conversation)
    assert reference in told[0]["text"].replace(" ", ""), told
    assert desk.marks.page(settled=False)[0].measure == "unemployment-benefit"
