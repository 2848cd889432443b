"""The widget on a page of another origin, in a real Chromium: from the button to a printed receipt."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Request, expect

from bot.channels.web import PAGE
from tests.page.page_server import PageServer, message
from tests.page.test_cases import receipt
from tests.page.test_page import box, button, expect_said, said, say

from .conftest import Site

MOST_BYTES = 60_000
OWN = ("index.html", "page.css", "favicon.svg")
"""Files of our own page alone."""
EXAMPLE = Path(__file__).parents[2] / "examples" / "widget" / "index.html"
HOSTILE = """
body * { display: none !important; font-size: 40px !important; visibility: hidden !important; color: red !important }
yunjiu-widget, yunjiu-widget * { display: none !important; opacity: 0 !important; transform: scale(9) !important;
  position: static !important; width: 1px !important; height: 1px !important; pointer-events: none !important;
  clip-path: inset(50%) !important; direction: rtl !important; z-index: -1 !important }
* { font-size: 40px !important; line-height: 9 !important; letter-spacing: 1em !important; text-transform: uppercase;
  margin: 50px !important; user-select: none !important; filter: invert(1) !important;
  border: 9px solid lime !important }
body { transform: rotate(2deg); overflow: hidden }
"""


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 800})
    site.open(page)
    return page


def launcher(page: Page) -> Locator:
    return page.locator("yunjiu-widget .launcher")


def panel(page: Page) -> Locator:
    return page.get_by_role("dialog", name="云就")


def open_widget(page: Page) -> None:
    launcher(page).click()
    box(page).wait_for()


def focused(page: Page) -> Any:
    """The class or id of what has the focus, through all the shadows."""
    return page.evaluate(
        """() => { let at = document.activeElement;
        while (at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
        return at.id || at.className || at.tagName; }"""
    )


# ---- what is loaded


def test_all_of_it_is_small() -> None:
    files = [path for path in PAGE.iterdir() if path.is_file() and path.name not in OWN]
    assert {"widget.js", "yunjiu-chat.js", "yunjiu-chat.css"} <= {path.name for path in files}
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < MOST_BYTES


def test_nothing_is_asked_for_before_it_is_opened(context: BrowserContext, site: Site, server: PageServer) -> None:
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    site.open(page)
    page.wait_for_load_state("networkidle")
    assert asked == [f"{site.address}/", f"{site.address}/site.css", site.script]
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    open_widget(page)
    page.wait_for_load_state("networkidle")
    assert {url.split("/")[2] for url in asked[3:]} == {server.address.split("/")[2]}
    assert server.script.known == set()


# ---- opening and closing


def test_a_conversation_on_a_page_of_another_origin(page: Page, site: Site, server: PageServer) -> None:
    open_widget(page)
    expect(panel(page)).to_be_visible()
    say(page, "失业登记怎么办")
    expect_said(page, "assistant", ["答：失业登记怎么办"])
    server.script.note("agent", "", [message("我是工作人员。", kind="handoff")])
    expect_said(page, "agent", ["我是工作人员。"])
    assert page.evaluate("Object.values(localStorage)").count("signed-1") == 1
    site.open(page)
    open_widget(page)
    expect_said(page, "assistant", ["答：失业登记怎么办"])


def test_keyboard_alone(page: Page, server: PageServer) -> None:
    launcher(page).focus()
    page.keyboard.press("Enter")
    box(page).wait_for()
    expect(box(page)).to_be_focused()
    page.keyboard.type("hello")
    page.keyboard.press("Enter")
    expect_said(page, "assistant", ["答：hello"])
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    assert focused(page) == "launcher"
    page.keyboard.press("Space")
    expect(box(page)).to_be_focused()
    button(page, "关闭").focus()
    page.keyboard.press("Enter")
    expect(panel(page)).to_be_hidden()
    assert focused(page) == "launcher"


def test_the_focus_goes_back_to_where_it_was(page: Page) -> None:
    page.evaluate("document.querySelector('#ask').addEventListener('click', () => Yunjiu.open())")
    page.locator("#ask").click()
    expect(box(page)).to_be_focused()
    page.keyboard.press("Escape")
    assert focused(page) == "ask"


def test_on_a_phone_it_fills_the_window_and_keeps_the_focus(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    open_widget(page)
    assert panel(page).bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 640}
    for _ in range(16):
        page.keyboard.press("Tab")
        assert focused(page) in ("BODY", "log") or page.evaluate("document.activeElement.localName") == "yunjiu-widget"
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(panel(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(launcher(page)).to_be_visible()


def test_calls_and_events_for_the_page(page: Page, server: PageServer) -> None:
    page.evaluate(
        """() => { window.seen = [];
        for (const name of ['yunjiu-opened', 'yunjiu-closed', 'yunjiu-message'])
          document.addEventListener(name, (event) => window.seen.push([name, event.detail])); }"""
    )
    for call in ("open", "open", "toggle", "toggle", "close", "close", "open"):
        page.evaluate(f"Yunjiu.{call}()")
    say(page, "我叫张三")
    expect(said(page, "assistant")).to_have_count(1)
    seen = page.evaluate("window.seen")
    opening = ["yunjiu-opened", "yunjiu-closed"]
    assert [name for name, _ in seen] == [*opening, *opening, "yunjiu-opened", "yunjiu-message", "yunjiu-message"]
    assert [detail["from"] for _, detail in seen[5:]] == ["person", "assistant"]
    assert "张三" not in str(seen)


def test_what_comes_while_it_is_closed_is_told_at_the_button(page: Page, server: PageServer) -> None:
    open_widget(page)
    say(page, "你好")
    expect(said(page, "assistant")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(launcher(page)).to_have_accessible_name("问云就")
    server.script.note("agent", "", [message("您在吗？", kind="handoff")])
    expect(launcher(page)).to_have_accessible_name("问云就（有新消息）")
    open_widget(page)
    expect_said(page, "agent", ["您在吗？"])
    page.keyboard.press("Escape")
    expect(launcher(page)).to_have_accessible_name("问云就")


# ---- attributes


def test_attributes(page: Page, site: Site, server: PageServer) -> None:
    server.script.county = {"code": "530102", "name": "云南省昆明市五华区"}
    site.attributes = {
        "colour": "#7a1f1f", "position": "left", "greeting": "五华区人社局欢迎您", "county": "530102", "language": "en",
    }  # fmt: skip
    site.open(page)
    button(page, "Ask Yunjiu").click()
    expect(page.get_by_text("五华区人社局欢迎您")).to_be_visible()
    edge = page.get_by_role("dialog", name="Yunjiu").bounding_box()
    assert edge and edge["x"] < 100
    page.get_by_label("Write your question").fill("你好")
    button(page, "Send").click()
    expect_said(page, "assistant", ["答：你好"])
    expect(page.get_by_text("This page belongs to 云南省昆明市五华区")).to_be_visible()
    assert server.script.counties == ["530102"]
    ground = "node => getComputedStyle(node).backgroundColor"
    assert page.locator(".send").evaluate(ground) == "rgb(122, 31, 31)"
    button(page, "Close").click()
    assert launcher(page).evaluate(ground) == "rgb(122, 31, 31)"


@pytest.mark.parametrize(
    ("colour", "ink"), [("#ffee00", "rgb(0, 0, 0)"), ("#05b", "rgb(255, 255, 255)"), ("red;}", "")]
)
def test_any_colour_can_be_read(page: Page, site: Site, colour: str, ink: str) -> None:
    site.attributes = {"colour": colour}
    site.open(page)
    styles = launcher(page).evaluate("node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]")
    assert styles[0] == (ink or "rgb(255, 255, 255)")
    if not ink:
        assert styles[1] == "rgb(11, 86, 136)"


# ---- the page around it


def test_a_hostile_style_does_not_reach_it_and_none_leaks(page: Page, site: Site, server: PageServer) -> None:
    open_widget(page)
    say(page, "你好")
    expect(said(page, "assistant")).to_have_count(1)
    looks = """node => ['fontSize', 'lineHeight', 'color', 'letterSpacing', 'direction', 'textTransform', 'filter',
      'visibility', 'userSelect'].map(name => getComputedStyle(node)[name])"""
    parts = [".send", ".message.assistant .text", ".greeting", ".close"]
    before = [page.locator(part).evaluate(looks) for part in parts]
    place = panel(page).bounding_box()
    site.style = HOSTILE
    site.open(page)
    expect(launcher(page)).to_be_visible()
    button_box = launcher(page).bounding_box()
    assert button_box and button_box["x"] + button_box["width"] == 1280 - 16
    open_widget(page)
    expect(said(page, "assistant")).to_be_visible()
    assert [page.locator(part).evaluate(looks) for part in parts] == before
    assert panel(page).bounding_box() == place
    site.style = ""
    site.open(page)
    words = """() => [...document.querySelectorAll('body, body *')].map(node => {
      const style = getComputedStyle(node); return [...style].map(name => style[name]).join(); })"""
    launcher(page).focus()
    plain = page.evaluate(words)
    open_widget(page)
    say(page, "再见")
    expect(said(page, "assistant")).to_have_count(2)
    page.keyboard.press("Escape")
    assert page.evaluate(words) == plain
    assert page.evaluate("Object.keys(window).filter(name => /yunjiu/i.test(name))") == ["Yunjiu"]


def test_a_strict_policy_is_enough(context: BrowserContext, site: Site, server: PageServer) -> None:
    ours = server.address
    site.policy = (
        f"default-src 'none'; img-src data:; script-src {ours}; style-src 'self' {ours}; connect-src {ours};"
        " base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.add_init_script("window.print = function () { console.info(document.body.innerText) }")
    site.open(page)
    open_widget(page)
    server.script.answers["交"] = [message("先说一句。"), receipt()]
    say(page, "交")
    expect(said(page, "assistant")).to_have_count(2)
    # A message is waited for, not a condition: polling one evaluates a string, which this policy forbids.
    with page.expect_console_message(lambda said: said.type == "info") as printed:
        button(page, "打印").click()
    assert "1234 5678 9012" in printed.value.text
    assert "先说一句" not in printed.value.text
    assert "某市人社局" not in printed.value.text
    with page.expect_file_chooser() as chooser:
        button(page, "发照片或 PDF").click()
    chooser.value.set_files({"name": "证件.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xd9"})
    expect(said(page, "assistant")).to_have_count(3)
    assert wrong == []


def test_a_page_that_carries_it_twice_has_one(page: Page, site: Site) -> None:
    site.body += f"<script src='{site.script}'></script>"
    site.open(page)
    assert page.locator("yunjiu-widget").count() == 1


def test_the_example_works(context: BrowserContext, site: Site, server: PageServer) -> None:
    page = context.new_page()
    site.whole = EXAMPLE.read_text().replace("http://127.0.0.1:8000", server.address)
    site.open(page)
    button(page, "问问云就").click()
    say(page, "你好")
    expect_said(page, "assistant", ["答：你好"])


# ---- what goes wrong


def test_a_page_that_is_not_allowed_is_told_so_kindly(page: Page, site: Site, server: PageServer) -> None:
    server.allowed.clear()
    site.open(page)
    launcher(page).click()
    expect(panel(page)).to_contain_text("云就暂时打不开")
    page.keyboard.press("Escape")
    expect(launcher(page)).to_be_visible()


def test_opened_offline_it_can_be_tried_again(page: Page) -> None:
    page.context.set_offline(True)
    launcher(page).click()
    expect(panel(page)).to_contain_text("云就暂时打不开")
    page.context.set_offline(False)
    button(page, "再试一次").click()
    expect(box(page)).to_be_focused()


def test_a_failure_in_the_middle_can_be_tried_again(page: Page) -> None:
    """A browser may remember that a module was not to be had."""
    lost: list[Request] = []

    def lose_once(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request)
        route.abort()

    page.route("**/yunjiu-chat-words.js*", lose_once)
    launcher(page).click()
    expect(panel(page)).to_contain_text("云就暂时打不开")
    button(page, "再试一次").click()
    expect(box(page)).to_be_focused()


def test_offline_and_back_with_two_tabs(page: Page, context: BrowserContext, site: Site, server: PageServer) -> None:
    other = context.new_page()
    site.open(other)
    open_widget(page)
    open_widget(other)
    say(page, "一")
    expect_said(other, "person", ["一"])
    expect_said(other, "assistant", ["答：一"])
    context.set_offline(True)
    server.script.cut()
    say(page, "二")
    expect(page.locator(".trouble")).to_contain_text("网络不通")
    server.script.note("agent", "", [message("您在吗？", kind="handoff")])
    context.set_offline(False)
    for tab in (page, other):
        expect_said(tab, "person", ["一", "二"])
        expect_said(tab, "agent", ["您在吗？"])
        expect_said(tab, "assistant", ["答：一", "答：二"])
    assert {turn["conversation_id"] for turn in server.script.heard} == {"signed-1"}
