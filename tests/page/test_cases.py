"""What the page does about applications: files, news, the review, the receipt on paper, one's own data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import PATIENCE_MS
from .page_server import Fault, Json, PageServer, message
from .test_page import CONTRAST, button, expect_said, measure, reload, said, say

PHOTO = b"\xff\xd8\xff\x00\r\n\r\n\xff\xd9"
MEGABYTE = 1024 * 1024
REVIEW = "请您看一遍，对了就点“确认提交”。\n· 姓名：李*\n· 失业原因：合同到期\n没有续签\n· 常住地：昆明市五华区"


def choose(page: Page, name: str = "证件.jpg", content: bytes = PHOTO) -> None:
    with page.expect_file_chooser() as chooser:
        button(page, "发照片或 PDF").click()
    chooser.value.set_files({"name": name, "mimeType": "image/jpeg", "buffer": content}, timeout=4 * PATIENCE_MS)


def review() -> Json:
    titles = ["确认提交", "改姓名", "改失业原因", "改常住地", "先存着", "不办了"]
    return message(REVIEW, kind="filing_review", buttons=[{"title": each, "payload": f"/{each}"} for each in titles])


def receipt() -> Json:
    text = "交上去了。受理编号：1234 5678 9012（请记下来，查进度用）"
    choices = [{"title": "查进度", "payload": "/status"}]
    return message(text, kind="filing_receipt", reference="123456789012", buttons=choices)


# ---- files


def test_a_file_is_sent_and_its_answer_shown(page: Page, server: PageServer) -> None:
    choose(page)
    expect_said(page, "assistant", ["收到一份文件。"])
    expect_said(page, "person", ["〔证件.jpg〕"])
    expect(page.locator(".note")).to_have_count(0)
    assert server.script.files == [("signed-1", "证件.jpg", PHOTO)]


def test_a_file_goes_into_the_conversation_that_is_there(page: Page, server: PageServer) -> None:
    say(page, "你好")
    expect(said(page, "assistant")).to_have_count(1)
    choose(page)
    choose(page)
    expect(said(page, "assistant")).to_have_count(3)
    assert [conversation for conversation, _, _ in server.script.files] == ["signed-1", "signed-1"]


def test_a_file_that_is_too_large_is_refused_without_a_request(page: Page, server: PageServer) -> None:
    choose(page, "大.jpg", b"x" * (10 * MEGABYTE + 1))
    expect(page.locator(".trouble")).to_have_text("这个文件超过 10 MB，发不了。请换一张小一点的照片。")
    expect(button(page, "重发")).to_have_count(0)
    choose(page, "正好.jpg", b"x" * 10 * MEGABYTE)
    expect_said(page, "assistant", ["收到一份文件。"])
    assert [(name, len(content)) for _, name, content in server.script.files] == [("正好.jpg", 10 * MEGABYTE)]


FAULTS = [
    (Fault(status=503), "文件没有发成"),
    (Fault(), "网络不通，文件"),
    (Fault(status=429, retry_after=7), "请等 7 秒"),
]


@pytest.mark.parametrize(("fault", "sentence"), FAULTS)
def test_a_failed_file_can_be_sent_again(page: Page, server: PageServer, fault: Fault, sentence: str) -> None:
    server.script.faults.append(fault)
    choose(page)
    expect(page.locator(".trouble")).to_contain_text(sentence)
    button(page, "重发").click()
    expect_said(page, "assistant", ["收到一份文件。"])
    expect(page.locator(".trouble")).to_have_count(0)
    expect(said(page, "person")).to_have_count(1)
    first, again = server.script.files
    assert first == again


@pytest.mark.parametrize(("status", "sentence"), [(422, "这个文件打不开"), (413, "这个文件太大")])
def test_a_refused_file_is_not_offered_again(page: Page, server: PageServer, status: int, sentence: str) -> None:
    server.script.faults.append(Fault(status=status))
    choose(page)
    expect(page.locator(".trouble")).to_contain_text(sentence)
    expect(button(page, "重发")).to_have_count(0)


# ---- news


def ask_often(page: Page, server: PageServer) -> None:
    """Where events do not get through."""
    server.script.follows = False
    server.script.cut()
    page.locator("yunjiu-chat").evaluate("chat => chat.setAttribute('news-every', '0.05')")


def wait_until_asked(page: Page, server: PageServer, times: int) -> None:
    for _ in range(200):
        if len(server.script.asked_for_news) >= times:
            return
        page.wait_for_timeout(20)
    raise AssertionError("the page does not ask for news")


def test_news_arrive_on_an_open_page(page: Page, server: PageServer) -> None:
    say(page, "你好")
    expect(said(page, "assistant")).to_have_count(1)
    ask_often(page, server)
    wait_until_asked(page, server, 2)
    server.script.news = [message("您的申请批下来了。", kind="status")]
    expect_said(page, "assistant", ["答：你好", "您的申请批下来了。"])
    expect(said(page, "assistant").last).to_be_in_viewport()
    reload(page)
    expect_said(page, "assistant", ["答：你好", "您的申请批下来了。"])
    assert set(server.script.asked_for_news) == {"signed-1"}


def test_in_the_middle_of_a_turn_nothing_is_asked(page: Page, server: PageServer) -> None:
    say(page, "你好")
    expect(said(page, "assistant")).to_have_count(1)
    server.script.gate.clear()
    say(page, "慢")
    expect(page.locator(".typing")).to_be_visible()
    page.locator("yunjiu-chat").evaluate("chat => chat.askForNews()")
    assert server.script.asked_for_news == []
    server.script.gate.set()
    expect(said(page, "assistant")).to_have_count(2)
    page.locator("yunjiu-chat").evaluate("chat => chat.askForNews()")
    assert server.script.asked_for_news == ["signed-1"]


# ---- one's own data


def test_ones_data_can_be_had_once_there_is_a_conversation(page: Page, server: PageServer) -> None:
    link = page.get_by_role("link", name="导出我的资料")
    expect(link).to_have_count(0)
    say(page, "你好")
    expect(link).to_have_attribute("href", "/api/v1/web/conversations/signed-1/my-data")
    reload(page)
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "yunjiu-my-data.json"
    assert json.loads(Path(download.value.path()).read_text()) == {"conversation": "signed-1"}


def test_there_is_no_data_of_a_conversation_that_the_server_does_not_know(page: Page, server: PageServer) -> None:
    say(page, "你好")
    expect(page.get_by_role("link", name="导出我的资料")).to_be_visible()
    server.script.known = {"other"}
    reload(page)
    expect(page.get_by_role("link", name="导出我的资料")).to_have_count(0)


# ---- review and receipt


def test_a_review_lists_each_answer_under_its_label(page: Page, server: PageServer) -> None:
    server.script.answers["办"] = [review()]
    say(page, "办")
    expect_said(page, "assistant", ["请您看一遍，对了就点“确认提交”。"])
    expect(page.locator("dt")).to_have_text(["姓名", "失业原因", "常住地"])
    expect(page.locator("dd")).to_have_text(["李*", "合同到期\n没有续签", "昆明市五华区"], use_inner_text=True)
    button(page, "确认提交").click()
    expect(said(page, "assistant")).to_have_count(2)
    assert server.script.texts() == ["办", "/确认提交"]


def test_a_receipt_number_is_large_and_in_fours(page: Page, server: PageServer) -> None:
    server.script.answers["交"] = [receipt()]
    say(page, "交")
    number = page.locator(".reference strong")
    expect(number).to_have_text("1234 5678 9012")
    size = "node => parseFloat(getComputedStyle(node).fontSize)"
    assert number.evaluate(size) >= 1.6 * said(page, "assistant").evaluate(size)
    lines = "node => Math.round(node.clientHeight / parseFloat(getComputedStyle(node).lineHeight))"
    assert number.evaluate(lines) == 1


def test_only_the_receipt_is_printed(page: Page, server: PageServer) -> None:
    page.evaluate("() => { window.printed = 0; window.print = () => { window.printed += 1; }; }")
    server.script.answers["交"] = [message("先说一句。"), receipt()]
    say(page, "你好")
    say(page, "交")
    expect(button(page, "打印")).to_have_count(1)
    button(page, "打印").click()
    assert page.evaluate("window.printed") == 1
    page.emulate_media(media="print")
    expect(page.locator(".message:visible")).to_have_count(1)
    expect(page.locator(".message:visible")).to_contain_text("1234 5678 9012")
    for hidden in (".head", ".composer", ".welcome", ".message button"):
        expect(page.locator(f"yunjiu-chat {hidden}:visible")).to_have_count(0)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".message:visible")).to_have_count(5)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_review_and_receipt_have_contrast_and_room(page: Page, server: PageServer, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    server.script.answers["全"] = [review(), receipt()]
    say(page, "全")
    expect(said(page, "assistant")).to_have_count(2)
    assert [found for found in measure(page, CONTRAST) if found[1] < 4.5] == []
    button(page, "大字").click()
    edges = "return [...chat.querySelectorAll('*')].map(n => n.getBoundingClientRect().right)"
    assert max(measure(page, edges)) <= 360
    for target in page.locator(".chat button, .chat textarea, .chat a").locator("visible=true").all():
        size = target.bounding_box()
        assert size and min(size["width"], size["height"]) >= 44, target.inner_text()


@pytest.mark.parametrize(
    ("large", "lines"),
    [(False, [[".attach", ".speak", "textarea", ".send"]]), (True, [[".attach", ".speak"], ["textarea", ".send"]])],
)
def test_attach_box_and_send_stand_in_lines(page: Page, large: bool, lines: list[list[str]]) -> None:
    if large:
        button(page, "大字").click()
    edges = "r => [Math.round(r.top), Math.round(r.bottom)]"
    for line in lines:
        boxes = f"return {line}.map(s => chat.querySelector(s).getBoundingClientRect())"
        assert len({tuple(each) for each in measure(page, f"{boxes}.map({edges})")}) == 1
    assert measure(page, "return chat.querySelector('textarea').offsetWidth") > 115


def test_the_plan_is_a_link_once_there_is_a_conversation(page: Page, server: PageServer) -> None:
    plan = page.get_by_role("link", name="我的计划")
    expect(plan).to_be_hidden()
    say(page, "给我排个计划")
    expect(said(page, "assistant")).to_have_count(1)
    expect(plan).to_have_attribute("href", "/api/v1/web/conversations/signed-1/plan")
    expect(plan).to_have_attribute("target", "_blank")
