"""The console's own pages in a real browser: by keyboard, read by axe, in light and dark, narrow and wide."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from casework.staff.staff import COMMAND_LINE
from tests.page.conftest import PATIENCE_MS, browser  # noqa: F401  # a fixture

from .conftest import PASSWORD, ServedConsole

SIZES = {"wide": (1280, 800), "narrow": (768, 1024)}
SCREENSHOTS = os.environ.get("YUNJIU_SCREENSHOTS")
"""A folder to keep pictures of every page in, for somebody to look at."""


@pytest.fixture
def page(request: pytest.FixtureRequest, shared: ServedConsole) -> Iterator[Page]:
    """At the end, that nothing went wrong unnoticed: a refused style, an exception."""
    chromium: Browser = request.getfixturevalue("browser")
    scheme, (width, height) = getattr(request, "param", ("light", SIZES["wide"]))
    context = chromium.new_context(
        base_url=str(shared.client.base_url),
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        locale="zh-CN",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert wrong == []


def sign_in(page: Page, login: str) -> None:
    page.goto("/console/account")
    page.locator("[name=login]:focus").wait_for()  # autofocus comes with the first frame, which may be after the load
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    assert page.locator("[name=login]").input_value() == login
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="我的账号").or_(page.get_by_role("alert")).first.wait_for()
    assert page.get_by_role("heading", name="我的账号").is_visible(), page.locator("main").inner_text()


def fine(page: Page, name: str) -> None:
    """Nothing for axe to find, and nothing wider than the screen."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(
    "page",
    [("light", SIZES["wide"]), ("dark", SIZES["narrow"]), ("light", SIZES["narrow"]), ("dark", SIZES["wide"])],
    ids=["light-wide", "dark-narrow", "light-narrow", "dark-wide"],
    indirect=True,
)
def test_every_page_can_be_read_by_everybody(shared: ServedConsole, page: Page, request: pytest.FixtureRequest) -> None:
    look = request.node.callspec.id
    boss = shared.staff("administrator", name="李管理")
    shared.staff("agent", "530102", "5303", name="张坐席")
    page.goto("/console/sign-in")
    fine(page, f"sign-in {look}")
    page.get_by_label("登录名").fill("nobody")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    page.get_by_role("alert").filter(has_text="登录名或密码不对").wait_for()
    fine(page, f"sign-in wrong {look}")
    sign_in(page, boss.login)
    fine(page, f"account {look}")
    for name, path in {
        "password": "/console/password",
        "code": "/console/account/code",
        "settings": "/console/settings",
        "staff": "/console/settings/staff",
        "staff new": "/console/settings/staff/new",
        "staff edit": f"/console/settings/staff/{boss.id}",
        "audit": "/console/audit",
        "assist": "/console/assist",
        "marks": "/console/marks",
        "conversations": "/console/conversations",
        "health": "/console/health",
        "nothing here": "/console/nowhere",
    }.items():
        page.goto(path)
        fine(page, f"{name} {look}")


def test_the_code_is_set_up_and_asked_for(shared: ServedConsole, page: Page) -> None:
    staff = shared.staff()
    sign_in(page, staff.login)
    page.get_by_role("link", name="打开验证码").click()
    totp = pyotp.TOTP(page.locator(".code").inner_text().replace(" ", ""))
    picture = page.get_by_role("img", name="二维码")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 50")
    page.get_by_label("6 位数字").fill(totp.at(int(time.time()) - 30))
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="验证码打开了").wait_for()
    page.get_by_role("button", name="退出").click()
    page.get_by_label("登录名").fill(staff.login)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="验证码").wait_for()
    page.locator("[name=code]:focus").wait_for()
    fine(page, "sign-in code")
    page.keyboard.type(totp.now())
    page.keyboard.press("Enter")
    page.get_by_role("navigation").get_by_role("link", name="办件").wait_for()


def test_an_administrator_makes_an_account_by_keyboard_and_mouse(shared: ServedConsole, page: Page) -> None:
    sign_in(page, shared.staff("administrator").login)
    page.goto("/console/settings/staff")
    page.get_by_role("link", name="新增账号").click()
    page.get_by_label("登录名").fill("zhang.san")
    page.get_by_label("姓名").fill("张三")
    page.get_by_text("曲靖市", exact=True).click()
    page.get_by_label("麒麟区").check()
    page.get_by_role("button", name="保存").click()
    page.get_by_role("heading", name="一次性密码").wait_for()
    fine(page, "one-time password")
    made = shared.desk.staff.of("zhang.san")
    assert made is not None and made.areas == ("530302",)


def test_hours_are_set_and_what_is_wrong_is_said(shared: ServedConsole, page: Page) -> None:
    sign_in(page, shared.staff("administrator").login)
    page.goto("/console/settings")
    page.get_by_label("周一").fill("随便")
    page.get_by_role("button", name="保存开放时间").click()
    page.get_by_role("alert").filter(has_text="看不懂").wait_for()
    fine(page, "hours wrong")
    page.get_by_label("周一").fill("08:30-12:00 14:00-17:30")
    page.get_by_role("button", name="保存开放时间").click()
    page.get_by_role("status").filter(has_text="改好了").wait_for()
    shared.desk.opening_hours.set(None)


def test_the_log_is_checked_without_leaving_the_page(shared: ServedConsole, page: Page) -> None:
    shared.desk.staff.add("sun.wu", "孙五", "agent", ["53"], PASSWORD, COMMAND_LINE)
    sign_in(page, shared.staff("supervisor").login)
    page.goto("/console/audit")
    page.get_by_label("对象（编号）").fill("sun.wu")
    page.get_by_role("button", name="查", exact=True).click()
    page.get_by_role("cell", name="新增账号").wait_for()
    page.get_by_role("button", name="检查记录是否完整").click()
    page.get_by_text("完整，共").wait_for()
    assert "subject=sun.wu" in page.url
    fine(page, "audit checked")


def test_the_skip_link_leads_to_the_content(shared: ServedConsole, page: Page) -> None:
    sign_in(page, shared.staff().login)
    page.goto("/console/account")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
