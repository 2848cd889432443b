"""Voice input where the browser has it: what was heard goes into the box, and is sent by the person's own hand."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .page_server import PageServer
from .test_page import box, button, reload

EAR = """window.SpeechRecognition = class extends EventTarget {
  start() { window.ear = this; }
  stop() { this.dispatchEvent(new Event('end')); }
  hear(text) { const event = new Event('result'); event.results = [[{ transcript: text }]]; this.dispatchEvent(event); }
  fail(error) { const event = new Event('error'); event.error = error; this.dispatchEvent(event); this.stop(); }
};"""


def test_what_was_heard_is_read_before_it_is_sent(page: Page, server: PageServer) -> None:
    page.add_init_script(EAR)
    reload(page)
    box(page).fill("我想问，")
    button(page, "语音输入").click()
    expect(button(page, "语音输入")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("请说。说完字会写在框里")).to_be_visible()
    assert page.evaluate("window.ear.lang") == "zh-CN"
    page.evaluate("window.ear.hear('失业登记怎么办'); window.ear.stop()")
    expect(box(page)).to_have_value("我想问，失业登记怎么办")
    expect(box(page)).to_be_focused()
    expect(button(page, "语音输入")).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".spoken")).to_be_hidden()
    assert server.script.texts() == []


def test_what_was_not_heard_is_told(page: Page) -> None:
    page.add_init_script(EAR)
    reload(page)
    for error, sentence in (("no-speech", "没有听清"), ("not-allowed", "浏览器不让用麦克风")):
        button(page, "语音输入").click()
        page.evaluate(f"window.ear.fail('{error}')")
        expect(page.locator(".spoken")).to_contain_text(sentence)
    button(page, "语音输入").click()
    button(page, "语音输入").click()
    expect(page.locator(".spoken")).to_be_hidden()


def test_without_it_there_is_no_button(page: Page) -> None:
    page.add_init_script("delete window.SpeechRecognition; delete window.webkitSpeechRecognition")
    reload(page)
    expect(box(page)).to_be_visible()
    expect(button(page, "语音输入")).to_have_count(0)
