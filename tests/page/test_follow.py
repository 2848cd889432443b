"""The page follows its conversation: what others say in it appears by itself, once, whatever the network does."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from .page_server import Fault, PageServer, message
from .test_page import button, expect_said, reload, said, say, wait_until_heard


def agent_says(server: PageServer, text: str) -> None:
    server.script.note("agent", text, [message(text, kind="handoff")])


def greeted(page: Page) -> None:
    say(page, "你好")
    expect_said(page, "assistant", ["答：你好"])


def second_tab(context: BrowserContext, server: PageServer) -> Page:
    page = context.new_page()
    page.goto(server.address)
    page.locator("[role=log][aria-live=polite]").wait_for()
    return page


def wait_until_followed(page: Page, server: PageServer, times: int) -> None:
    for _ in range(200):
        if len(server.script.followed) >= times:
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"followed only {server.script.followed}")


def test_nothing_is_followed_before_there_is_a_conversation(page: Page, server: PageServer) -> None:
    assert server.script.followed == []
    greeted(page)
    wait_until_followed(page, server, 1)


def test_an_agents_words_appear_under_the_agents_name(page: Page, server: PageServer) -> None:
    greeted(page)
    agent_says(server, "我是工作人员，您讲。")
    expect_said(page, "agent", ["我是工作人员，您讲。"])
    expect(page.locator(".message.agent .author")).to_have_text("工作人员")
    expect(page.get_by_role("log")).to_contain_text("工作人员说：")
    reload(page)
    expect_said(page, "agent", ["我是工作人员，您讲。"])
    expect_said(page, "assistant", ["答：你好"])


def test_news_appear_by_themselves(page: Page, server: PageServer) -> None:
    greeted(page)
    server.script.note("assistant", "", [message("您的申请批下来了。", kind="status")])
    expect_said(page, "assistant", ["答：你好", "您的申请批下来了。"])


def test_the_owner_is_said_and_the_queue_can_be_left(page: Page, server: PageServer) -> None:
    greeted(page)
    line = page.locator(".owner")
    expect(line).to_be_hidden()
    server.script.owned_by("queue")
    expect(line).to_contain_text("正在排队等工作人员")
    button(page, "不等了，接着问云就").click()
    expect_said(page, "person", ["你好", "不等了，接着问云就"])
    assert server.script.texts() == ["你好", "/leave_queue"]
    server.script.owned_by("agent")
    expect(line).to_contain_text("工作人员接进来了")
    expect(button(page, "不等了，接着问云就")).to_have_count(0)
    server.script.owned_by("bot")
    expect(line).to_be_hidden()


def test_what_was_said_while_the_line_was_cut_comes_once(page: Page, server: PageServer) -> None:
    greeted(page)
    wait_until_followed(page, server, 1)
    agent_says(server, "一")
    expect_said(page, "agent", ["一"])
    for number, text in enumerate("二三四", 2):
        server.script.cut()
        agent_says(server, text)
        wait_until_followed(page, server, number)
    expect_said(page, "agent", ["一", "二", "三", "四"])


def test_offline_and_back_loses_nothing(page: Page, server: PageServer) -> None:
    greeted(page)
    page.context.set_offline(True)
    server.script.cut()
    agent_says(server, "您在吗？")
    page.context.set_offline(False)
    expect_said(page, "agent", ["您在吗？"])
    expect_said(page, "assistant", ["答：你好"])


def test_a_line_that_is_dead_after_a_sleep_is_taken_up_again(page: Page, server: PageServer) -> None:
    """The browser believes in a line on which nothing comes any more; the clock tells that the machine slept."""
    page.clock.install()
    reload(page)
    greeted(page)
    wait_until_followed(page, server, 1)
    before = len(server.script.followed)
    page.clock.pause_at(page.evaluate("Date.now() + 3600e3"))
    page.clock.run_for(20_000)
    wait_until_followed(page, server, before + 1)
    page.clock.resume()
    agent_says(server, "还在吗？")
    expect_said(page, "agent", ["还在吗？"])
    expect_said(page, "assistant", ["答：你好"])


def test_an_answer_that_comes_as_an_event_makes_up_for_a_lost_response(page: Page, server: PageServer) -> None:
    greeted(page)
    server.script.gate.clear()
    say(page, "我要登记")
    wait_until_heard(page, server, 2)
    page.context.set_offline(True)
    expect(page.locator(".trouble, .typing")).to_have_count(1)
    server.script.gate.set()
    page.context.set_offline(False)
    expect_said(page, "assistant", ["答：你好", "答：我要登记"])
    expect(page.locator(".trouble")).to_have_count(0)
    expect_said(page, "person", ["你好", "我要登记"])


def test_two_tabs_show_the_same_conversation(page: Page, context: BrowserContext, server: PageServer) -> None:
    other = second_tab(context, server)
    greeted(page)
    expect_said(other, "person", ["你好"])
    expect_said(other, "assistant", ["答：你好"])
    say(other, "再问一句")
    expect_said(page, "assistant", ["答：你好", "答：再问一句"])
    expect_said(page, "person", ["你好", "再问一句"])
    expect_said(other, "person", ["你好", "再问一句"])
    assert {turn["conversation_id"] for turn in server.script.heard} == {"signed-1"}


def test_a_history_that_was_not_had_comes_with_the_events(page: Page, server: PageServer) -> None:
    greeted(page)
    server.script.history_faults.append(Fault(status=503))
    reload(page)
    expect_said(page, "assistant", ["答：你好"])
    expect(page.get_by_text("以前的对话暂时没有取到")).to_have_count(0)
    say(page, "二")
    expect_said(page, "assistant", ["答：你好", "答：二"])
    expect(said(page, "person")).to_have_count(2)
