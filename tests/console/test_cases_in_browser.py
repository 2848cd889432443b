"""Cases and people in a real browser: by keyboard alone, and nothing for axe to find in any state."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

import policy_kb
from bot.console.casework_parts import REASONS
from tests.page.conftest import PATIENCE_MS, browser  # noqa: F401  # a fixture

from .case_files import EVIL, MOBILE, audited, file, served
from .conftest import PASSWORD, ServedConsole


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedConsole]:
    with served(tmp_path_factory.mktemp("browser")) as console:
        console.staff("supervisor", login="chief")
        yield console


@pytest.fixture
def page(console: ServedConsole, browser: Browser) -> Iterator[Page]:  # noqa: F811
    """Signed in, at the list of cases; at the end, that nothing went wrong unnoticed."""
    context = browser.new_context(base_url=str(console.client.base_url), locale="zh-CN", viewport=WIDE)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.goto("/console/sign-in?next=/console/cases")
    page.get_by_label("登录名").fill("chief")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("/cases") and "sign-in" not in url)
    yield page
    context.close()
    assert wrong == []


WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 400, "height": 800}


def sound(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []


def tab_to(page: Page, name: str) -> None:
    """Goes on with the Tab key until the control with this accessible name, or this text, has the focus."""
    focused = ""
    for _ in range(120):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => { const here = document.activeElement;
              const label = here.labels?.[0]?.childNodes[0]?.textContent;
              return (here.getAttribute("aria-label") || label || here.textContent || "").trim(); }"""
        )
        if focused == name:
            return
    raise AssertionError(f"no Tab leads to “{name}”, but to “{focused}”")


def test_a_list_is_filtered_and_worked_through_by_keyboard(console: ServedConsole, page: Page) -> None:
    counties = [place.code for place in policy_kb.load().places if len(place.code) == 6]
    county = counties[-1]
    three = [file(console.desk, county) for _ in range(3)]
    file(console.desk, counties[0], kind="gig-market")
    page.goto("/console/cases")
    sound(page)
    tab_to(page, "地方")
    page.keyboard.press("End")
    page.wait_for_url(re.compile(f"area={county}"))
    expect(page.locator(".cases tbody tr")).to_have_count(3)
    tab_to(page, f"选 {_spoken(three[2].reference)}")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    tab_to(page, "做什么")
    page.keyboard.press("ArrowDown")
    tab_to(page, "先看一看会怎样")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("会办 2 件")
    sound(page)
    tab_to(page, "确认，受理 2 件")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("办了 2 件")
    sound(page)
    tab_to(page, "回到列表")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"area={county}"))
    expect(page.locator(".cases tbody tr", has_text="已受理")).to_have_count(2)


def test_a_case_is_decided_and_a_value_shown_by_keyboard(console: ServedConsole, page: Page) -> None:
    filed = file(console.desk, kind="unemployment-registration", last_job=EVIL)
    page.goto(f"/console/cases/{filed.reference}")
    sound(page)
    tab_to(page, "显示手机号")
    page.keyboard.press("Enter")
    expect(page.locator("#value-mobile")).to_contain_text("请先选一个查看的原因")
    page.get_by_label("查看个人信息的原因").focus()
    page.keyboard.press("ArrowDown")
    tab_to(page, "显示手机号")
    page.keyboard.press("Enter")
    expect(page.locator("#value-mobile")).to_have_text(MOBILE)
    assert audited(console.desk, filed.reference)[0].details == {"field": "mobile", "why": REASONS[0]}
    sound(page)
    tab_to(page, "退回补材料")
    page.keyboard.press("Enter")
    tab_to(page, "还缺什么材料")
    page.keyboard.type("身份证照片")
    tab_to(page, "退回补材料")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("办好了：退回补材料")
    expect(page.locator("#history + ol")).to_contain_text("身份证照片")
    sound(page)


def test_a_page_is_turned_over_by_keyboard_and_the_focus_stays_with_the_list(
    console: ServedConsole, page: Page
) -> None:
    made = [file(console.desk, "532502", kind="gig-market").reference for _ in range(52)]
    page.goto("/console/cases?area=532502")
    page.get_by_role("link", name="下一页").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("after="))
    expect(page.locator("#list")).to_be_focused()
    expect(page.locator(".cases tbody tr")).to_have_count(2)
    tab_to(page, _spoken(made[1]))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{made[0]}")
    page.go_back()
    expect(page.locator(".cases tbody tr")).to_have_count(2)


def test_a_refusal_by_the_server_is_said_beside_its_form(console: ServedConsole, page: Page) -> None:
    filed = file(console.desk)
    page.goto(f"/console/cases/{filed.reference}")
    console.desk.cases.act(filed.reference, "remind", "applicant", filed.person, {})
    page.get_by_role("button", name="受理").click()
    expect(page.get_by_role("alert").first).to_contain_text("新进展")
    sound(page)


def test_a_person_is_found_by_keyboard_and_their_words_do_nothing(console: ServedConsole, page: Page) -> None:
    filed = file(console.desk, kind="unemployment-registration", name=EVIL, last_job=EVIL)
    console.desk.learn(filed.person, {"last_employer": EVIL})
    page.goto("/console/people")
    sound(page)
    page.keyboard.type(filed.reference)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/people/{filed.person}")
    sound(page)
    page.get_by_label("查看个人信息的原因").focus()
    page.keyboard.press("ArrowDown")
    tab_to(page, "显示姓名")
    page.keyboard.press("Enter")
    expect(page.locator("#value-name")).to_have_text(EVIL)
    assert page.locator("main script, main img").count() == 0


def test_nothing_is_wrong_with_it_in_the_dark_and_narrow(console: ServedConsole, page: Page) -> None:
    filed = file(console.desk, known={"registered": False})
    console.desk.cases.act(filed.reference, "return", "agent", "wang", {"missing": "照片"})
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(NARROW)
    for place in ("cases?status=all", f"cases/{filed.reference}", "people", f"people/{filed.person}"):
        page.goto(f"/console/{place}")
        sound(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], place


def _spoken(reference: str) -> str:
    return f"{reference[:4]} {reference[4:8]} {reference[8:]}"
