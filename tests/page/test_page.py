"""The chat page in a real Chromium, against a real HTTP server with the page's Content-Security-Policy."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .page_server import Fault, Json, PageServer, message

NOTICE = "云人社发〔2022〕57号"
QUOTE = "对10万元以下的创业担保贷款免除反担保要求。"
OF_NOTICE: Json = {"notice": NOTICE, "source": None, "clause": "4.1", "quote": QUOTE}
OF_LAW: Json = {"notice": None, "source": "《社会保险法》第四十五条", "clause": None, "quote": "缴费满一年。"}
EXAMPLES = ["失业登记怎么办？", "参加培训有补贴吗？", "创业担保贷款怎么申请？", "年纪大不好找工作，有什么帮扶？"]


def box(page: Page) -> Locator:
    return page.get_by_label("写下您的问题")


def say(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def said(page: Page, who: str) -> Locator:
    return page.locator(f".message.{who} .text")


def expect_said(page: Page, who: str, texts: list[str]) -> None:
    expect(said(page, who)).to_have_text(texts, use_inner_text=True)


def reload(page: Page) -> None:
    page.reload()
    page.locator("[role=log][aria-live=polite]").wait_for()


def measure(page: Page, expression: str) -> Any:
    """expression is over `chat`, the root of the component."""
    return page.evaluate(f"(() => {{ const chat = document.querySelector('yunjiu-chat').shadowRoot; {expression} }})()")


# ---- a turn


def test_a_turn_is_sent_as_the_contract_says(page: Page, server: PageServer) -> None:
    say(page, "创业补贴怎么申请")
    expect_said(page, "assistant", ["答：创业补贴怎么申请"])
    [turn] = server.script.heard
    assert set(turn) == {"conversation_id", "text", "message_id"}
    assert (turn["conversation_id"], turn["text"]) == ("signed-1", "创业补贴怎么申请")
    assert uuid.UUID(turn["message_id"]).version == 4
    expect(box(page)).to_have_value("")
    expect(box(page)).to_be_focused()


def test_the_conversation_goes_on_under_one_id(page: Page, server: PageServer) -> None:
    say(page, "一")
    say(page, "二")
    expect_said(page, "assistant", ["答：一", "答：二"])
    reload(page)
    say(page, "三")
    expect(said(page, "assistant")).to_have_count(3)
    assert {turn["conversation_id"] for turn in server.script.heard} == {"signed-1"}


def test_the_send_button_sends_and_blank_text_does_not(page: Page, server: PageServer) -> None:
    say(page, "  \n ")
    box(page).fill(" 在吗 ")
    button(page, "发送").click()
    expect_said(page, "assistant", ["答：在吗"])
    assert server.script.texts() == ["在吗"]


def test_shift_enter_is_a_new_line(page: Page, server: PageServer) -> None:
    box(page).press_sequentially("第一行")
    box(page).press("Shift+Enter")
    box(page).press_sequentially("第二行")
    box(page).press("Enter")
    expect(said(page, "assistant")).to_have_count(1)
    assert said(page, "person").inner_text() == "第一行\n第二行"
    assert server.script.texts() == ["第一行\n第二行"]


def test_all_messages_of_a_reply_are_shown_with_their_lines(page: Page, server: PageServer) -> None:
    server.script.answers["材料"] = [message("要带：\n身份证\n照片"), message("还要问什么？", kind="clarify")]
    say(page, "材料")
    expect(said(page, "assistant")).to_have_count(2)
    assert said(page, "assistant").all_inner_texts() == ["要带：\n身份证\n照片", "还要问什么？"]


def test_an_empty_reply_ends_the_waiting(page: Page, server: PageServer) -> None:
    server.script.answers["喂"] = []
    say(page, "喂")
    expect(page.get_by_text("已收到")).to_be_visible()
    expect(page.locator(".typing")).to_have_count(0)


def test_a_reference_stands_out(page: Page, server: PageServer) -> None:
    server.script.answers["确认"] = [message("已经提交。", kind="filing_receipt", reference="YJ-2022-0417")]
    say(page, "确认")
    number = page.get_by_text("YJ-2022-0417")
    expect(number).to_be_visible()
    size = number.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    assert size >= 1.4 * said(page, "assistant").evaluate("node => parseFloat(getComputedStyle(node).fontSize)")


def test_markup_is_shown_as_text(page: Page, server: PageServer) -> None:
    evil = "<img src=x onerror=\"document.title='broken'\"><b>粗</b>"
    cited = {"notice": None, "source": evil, "clause": None, "quote": evil}
    reply = message(evil, citations=[cited], buttons=[{"title": evil, "payload": "x"}], reference=evil)
    server.script.answers[evil] = [reply]
    say(page, evil)
    expect_said(page, "assistant", [evil])
    expect_said(page, "person", [evil])
    assert page.locator("yunjiu-chat img, yunjiu-chat b").count() == 0
    assert page.title() != "broken"


# ---- buttons


def test_a_button_sends_its_payload_and_shows_its_title(page: Page, server: PageServer) -> None:
    server.script.answers["登记"] = [message("哪一种？", buttons=[{"title": "失业登记", "payload": '/pick{"id":1}'}])]
    say(page, "登记")
    button(page, "失业登记").click()
    expect_said(page, "person", ["登记", "失业登记"])
    expect(said(page, "assistant")).to_have_count(2)
    assert server.script.texts()[-1] == '/pick{"id":1}'


def test_buttons_of_older_turns_can_be_pressed(page: Page, server: PageServer) -> None:
    server.script.answers["登记"] = [message("哪一种？", buttons=[{"title": "失业登记", "payload": "/one"}])]
    say(page, "登记")
    say(page, "别的")
    expect(said(page, "assistant")).to_have_count(2)
    button(page, "失业登记").click()
    expect(said(page, "assistant")).to_have_count(3)
    assert server.script.texts() == ["登记", "别的", "/one"]


def test_a_double_press_is_one_turn(page: Page, server: PageServer) -> None:
    button(page, EXAMPLES[0]).dblclick()
    expect(said(page, "assistant")).to_have_count(1)
    say(page, "完")
    expect(said(page, "assistant")).to_have_count(2)
    assert server.script.texts() == [EXAMPLES[0], "完"]


def test_the_first_screen_greets_warns_and_offers_examples(page: Page, server: PageServer) -> None:
    expect(page.get_by_role("heading", name="云就")).to_be_visible()
    expect(page.get_by_text("依据云人社发〔2022〕57号，只说文件里有的话")).to_be_visible()
    expect(page.get_by_text("问政策不用写身份证号、银行卡号")).to_be_visible()
    expect(page.get_by_role("group", name="可以这样问").get_by_role("button")).to_have_text(EXAMPLES)
    button(page, EXAMPLES[2]).click()
    expect_said(page, "person", [EXAMPLES[2]])
    expect_said(page, "assistant", [f"答：{EXAMPLES[2]}"])


# ---- citations and validity


def test_a_citation_opens_to_its_quote_by_keyboard(page: Page, server: PageServer) -> None:
    server.script.answers["反担保"] = [message("十万元以下不要反担保。", citations=[OF_NOTICE, OF_LAW])]
    say(page, "反担保")
    toggle = button(page, f"原文 第4.1条 · {NOTICE}")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    quote = page.locator(f"blockquote#{toggle.get_attribute('aria-controls')}")
    expect(quote).to_be_hidden()
    for _ in ("speak", "attach", "the second citation", "the first"):
        page.keyboard.press("Shift+Tab")
    expect(toggle).to_be_focused()
    page.keyboard.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(quote).to_have_text(QUOTE)
    expect(quote).to_be_visible()
    page.keyboard.press("Space")
    expect(quote).to_be_hidden()


def test_a_supplementary_source_is_named(page: Page, server: PageServer) -> None:
    server.script.answers["失业金"] = [message("要缴满一年。", citations=[OF_LAW])]
    say(page, "失业金")
    button(page, "依据 《社会保险法》第四十五条").click()
    expect(page.locator("blockquote")).to_have_text("缴费满一年。")


def test_the_notice_as_a_whole_has_no_clause_number(page: Page, server: PageServer) -> None:
    server.script.answers["文件"] = [message("是这份文件。", citations=[{**OF_NOTICE, "clause": "0"}])]
    say(page, "文件")
    expect(button(page, f"原文 · {NOTICE}")).to_be_visible()


@pytest.mark.parametrize(
    ("validity", "words"), [("in_force", "在执行"), ("staged", "阶段性"), ("expired", "已到期"), (None, None)]
)
def test_validity_is_said_in_words(page: Page, server: PageServer, validity: str | None, words: str | None) -> None:
    server.script.answers["补贴"] = [message("有。", validity=validity)]
    say(page, "补贴")
    expect(said(page, "assistant")).to_have_count(1)
    badges = page.locator(".badge")
    expect(badges).to_have_count(1 if words else 0)
    if words:
        expect(badges).to_contain_text(words)


# ---- the history


def test_the_history_is_there_after_a_reload(page: Page, server: PageServer) -> None:
    server.script.answers["反担保"] = [message("不要。", validity="staged", citations=[OF_NOTICE])]
    say(page, "反担保")
    expect(said(page, "assistant")).to_have_count(1)
    reload(page)
    expect_said(page, "person", ["反担保"])
    expect_said(page, "assistant", ["不要。"])
    expect(page.locator(".badge")).to_contain_text("阶段性")
    button(page, f"原文 第4.1条 · {NOTICE}").click()
    expect(page.locator("blockquote")).to_have_text(QUOTE)
    assert server.script.texts() == ["反担保"]


def test_a_pressed_button_is_remembered_by_its_title(page: Page, server: PageServer) -> None:
    server.script.answers["登记"] = [message("哪种？", buttons=[{"title": "失业登记", "payload": "/one"}])]
    say(page, "登记")
    button(page, "失业登记").click()
    expect(said(page, "assistant")).to_have_count(2)
    server.script.note("person", "/unknown", [], None)
    reload(page)
    expect_said(page, "person", ["登记", "失业登记", "（按钮）"])
    button(page, "失业登记").click()
    expect(said(page, "person")).to_have_count(4)


def test_a_conversation_that_the_server_does_not_know_is_replaced(page: Page, server: PageServer) -> None:
    say(page, "一")
    expect(said(page, "assistant")).to_have_count(1)
    server.script.known = {"other"}
    server.script.turns.clear()
    reload(page)
    expect(said(page, "person")).to_have_count(0)
    say(page, "二")
    expect_said(page, "assistant", ["答：二"])
    assert [turn["conversation_id"] for turn in server.script.heard] == ["signed-1", "signed-2"]


def test_without_its_history_the_page_still_works(page: Page, server: PageServer) -> None:
    say(page, "一")
    expect(said(page, "assistant")).to_have_count(1)
    server.script.follows = False
    server.script.history_faults.append(Fault(status=503))
    reload(page)
    expect(page.get_by_text("以前的对话暂时没有取到")).to_be_visible()
    say(page, "二")
    expect_said(page, "assistant", ["答：二"])
    assert {turn["conversation_id"] for turn in server.script.heard} == {"signed-1"}


def test_what_was_being_written_outlives_a_reload(page: Page) -> None:
    box(page).fill("我还没写完")
    reload(page)
    expect(box(page)).to_have_value("我还没写完")


def test_an_unanswered_turn_is_asked_for_again_after_a_reload(page: Page, server: PageServer) -> None:
    server.script.gate.clear()
    say(page, "慢")
    expect(page.locator(".typing")).to_be_visible()
    wait_until_heard(page, server, 1)
    reload(page)
    expect_said(page, "person", ["慢"])
    server.script.gate.set()
    expect_said(page, "assistant", ["答：慢"])
    assert len({turn["message_id"] for turn in server.script.heard}) == 1


# ---- what goes wrong


FAULTS = [
    (Fault(status=413), "这句话太长"),
    (Fault(status=422), "这句话系统认不出来"),
    (Fault(status=429, retry_after=7), "请等 7 秒，再点“重发”"),
    (Fault(status=429, retry_after=300), "请等 5 分钟"),
    (Fault(status=429), "请过一会儿"),
    (Fault(status=500), "系统出了点问题"),
    (Fault(status=503), "您写的话还在"),
    (Fault(), "网络不通"),
    (Fault(after_the_work=True), "不会重复办理"),
]


@pytest.mark.parametrize(("fault", "sentence"), FAULTS)
def test_a_failed_turn_is_kept_and_sent_again_under_its_id(
    page: Page, server: PageServer, fault: Fault, sentence: str
) -> None:
    server.script.follows = False
    server.script.faults.append(fault)
    say(page, "我要登记")
    expect(page.locator(".trouble")).to_contain_text(sentence)
    expect_said(page, "person", ["我要登记"])
    expect(page.locator(".typing")).to_have_count(0)
    button(page, "重发").click()
    expect_said(page, "assistant", ["答：我要登记"])
    expect(page.locator(".trouble")).to_have_count(0)
    first, again = server.script.heard
    assert first == again
    assert [turn["from"] for turn in server.script.turns] == ["person", "assistant"]


def test_a_failed_turn_outlives_a_reload(page: Page, server: PageServer) -> None:
    server.script.faults.append(Fault())
    say(page, "我要登记")
    expect(button(page, "重发")).to_be_visible()
    reload(page)
    expect_said(page, "person", ["我要登记"])
    button(page, "重发").click()
    expect_said(page, "assistant", ["答：我要登记"])
    assert len({turn["message_id"] for turn in server.script.heard}) == 1


def test_a_failed_turn_can_be_rewritten(page: Page, server: PageServer) -> None:
    server.script.faults.append(Fault(status=422))
    say(page, "我要登计")
    button(page, "改一改").wait_for()
    box(page).fill("快点")
    button(page, "改一改").click()
    expect(box(page)).to_have_value("我要登计\n快点")
    expect(box(page)).to_be_focused()
    expect(said(page, "person")).to_have_count(0)
    say(page, "我要登记")
    expect_said(page, "assistant", ["答：我要登记"])
    assert len({turn["message_id"] for turn in server.script.heard}) == 2


def test_turns_behind_a_failed_one_wait_for_it(page: Page, server: PageServer) -> None:
    server.script.faults.append(Fault(status=503))
    say(page, "一")
    button(page, "重发").wait_for()
    say(page, "二")
    expect(page.get_by_text("等上一句答完就发")).to_be_visible()
    button(page, "重发").click()
    expect_said(page, "assistant", ["答：一", "答：二"])
    assert server.script.texts() == ["一", "一", "二"]


def test_turns_behind_a_refused_one_go_on(page: Page, server: PageServer) -> None:
    server.script.faults.append(Fault(status=422))
    say(page, "一")
    say(page, "二")
    expect_said(page, "assistant", ["答：二"])
    button(page, "重发").click()
    expect_said(page, "assistant", ["答：二", "答：一"])
    expect_said(page, "person", ["二", "一"])


def test_a_lost_turn_is_sent_when_the_network_is_back(page: Page, server: PageServer) -> None:
    say(page, "先")
    expect(said(page, "assistant")).to_have_count(1)
    page.context.set_offline(True)
    say(page, "我要登记")
    expect(page.locator(".trouble")).to_contain_text("网络不通")
    page.context.set_offline(False)
    expect_said(page, "assistant", ["答：先", "答：我要登记"])


def test_after_a_failure_focus_stays_in_the_conversation(page: Page, server: PageServer) -> None:
    server.script.faults.append(Fault(status=503))
    say(page, "一")
    button(page, "重发").press("Enter")
    expect_said(page, "assistant", ["答：一"])
    assert measure(page, "return chat.activeElement.className") == "turn"


# ---- order


def wait_until_heard(page: Page, server: PageServer, count: int) -> None:
    for _ in range(200):
        if len(server.script.heard) >= count:
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"the server heard {server.script.texts()}")


def test_two_quick_turns_are_sent_one_after_the_other(page: Page, server: PageServer) -> None:
    server.script.gate.clear()
    say(page, "一")
    say(page, "二")
    wait_until_heard(page, server, 1)
    expect_said(page, "person", ["一", "二"])
    expect(page.locator(".typing")).to_have_count(1)
    expect(page.get_by_text("等上一句答完就发")).to_have_count(1)
    expect(box(page)).to_be_editable()
    assert server.script.texts() == ["一"]
    server.script.gate.set()
    expect_said(page, "assistant", ["答：一", "答：二"])
    assert server.script.texts() == ["一", "二"]
    expect(page.locator(".turn")).to_have_text([re.compile("一.*答：一"), re.compile("二.*答：二")])


# ---- the input


def test_enter_that_ends_a_composition_does_not_send(page: Page, server: PageServer) -> None:
    box(page).focus()
    keys = page.context.new_cdp_session(page)
    keys.send("Input.imeSetComposition", {"text": "shiye", "selectionStart": 5, "selectionEnd": 5})
    expect(box(page)).to_have_value("shiye")
    page.keyboard.press("Enter")
    keys.send("Input.insertText", {"text": "失业"})
    expect(said(page, "person")).to_have_count(0)
    box(page).fill("失业")
    page.keyboard.press("Enter")
    expect_said(page, "assistant", ["答：失业"])
    assert server.script.texts() == ["失业"]


def test_a_composition_that_only_the_key_code_tells_of_does_not_send(page: Page, server: PageServer) -> None:
    box(page).fill("失业")
    options = {"key": "Enter", "keyCode": 229, "bubbles": True, "cancelable": True}
    box(page).dispatch_event("keydown", options)
    assert server.script.texts() == []
    expect(said(page, "person")).to_have_count(0)


def test_the_counter_comes_late_and_too_much_is_not_sent(page: Page, server: PageServer) -> None:
    counter = page.locator(".counter")
    box(page).fill("字" * 1800)
    expect(counter).to_be_hidden()
    box(page).fill("😀" * 1801)
    expect(counter).to_have_text("1,801 / 2,000 字")
    say(page, "字" * 2001)
    expect(counter).to_contain_text("2,001 / 2,000 字，超过了")
    expect(box(page)).to_have_value("字" * 2001)
    expect(box(page)).to_have_attribute("aria-invalid", "true")
    assert server.script.texts() == []
    say(page, "😀" * 2000)
    expect(said(page, "assistant")).to_have_count(1)


# ---- for everybody


def test_a_screen_reader_hears_what_comes(page: Page, server: PageServer) -> None:
    log = page.get_by_role("log", name="对话")
    expect(log).to_have_attribute("aria-live", "polite")
    server.script.gate.clear()
    say(page, "你好")
    expect(page.get_by_role("status")).to_have_text("云就正在回答")
    server.script.gate.set()
    expect(log).to_contain_text("云就说：答：你好")
    expect(log).to_contain_text("您说：你好")
    expect(page.get_by_role("status")).to_have_text("")


WATCH_THE_LOG = """
window.live = [];
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  const root = attach.call(this, options);
  const note = (changes) => {
    const added = changes.some((change) => change.target.matches && change.target.matches('.turns, .turn') &&
      change.addedNodes.length);
    if (added) window.live.push(root.querySelector('[role=log]').getAttribute('aria-live'));
  };
  new MutationObserver(note).observe(root, { childList: true, subtree: true });
  return root;
};
"""


def test_the_history_is_not_read_out(page: Page, server: PageServer) -> None:
    say(page, "一")
    expect(said(page, "assistant")).to_have_count(1)
    page.add_init_script(WATCH_THE_LOG)
    reload(page)
    expect(said(page, "assistant")).to_have_count(1)
    assert page.evaluate("window.live") == ["off"]
    say(page, "二")
    expect(said(page, "assistant")).to_have_count(2)
    assert set(page.evaluate("window.live.slice(1)")) == {"polite"}


def rich(text: str) -> Json:
    choices = [{"title": "这是一个很长很长很长很长很长很长很长的选项", "payload": "a"}, {"title": "好", "payload": "b"}]
    cited = [OF_NOTICE, OF_LAW, {**OF_LAW, "source": "《" + "长" * 40 + "》"}]
    return message(text, validity="staged", citations=cited, reference="YJ-202204-" + "0" * 30, buttons=choices)


@pytest.mark.parametrize("large", [False, True])
def test_360_pixels_are_wide_enough(page: Page, server: PageServer, large: bool) -> None:
    server.script.answers["全"] = [rich("http://example.invalid/" + "a" * 120)]
    server.script.faults.append(Fault(status=503))
    if large:
        button(page, "大字").click()
    say(page, "全")
    button(page, "重发").click()
    expect(said(page, "assistant")).to_have_count(1)
    for toggle in page.locator(".citation").all():
        toggle.click()
    widths = "return [document.documentElement, chat.querySelector('.log')].map(n => n.scrollWidth)"
    assert all(width <= 360 for width in measure(page, widths))
    edges = "return [...chat.querySelectorAll('*')].map(n => n.getBoundingClientRect().right)"
    assert max(measure(page, edges)) <= 360


def test_targets_are_large_enough(page: Page, server: PageServer) -> None:
    server.script.answers["全"] = [rich("好")]
    say(page, "全")
    expect(said(page, "assistant")).to_have_count(1)
    for target in page.locator(".chat button, .chat textarea, .chat a").locator("visible=true").all():
        size = target.bounding_box()
        assert size and min(size["width"], size["height"]) >= 44, target.inner_text()


def test_the_composer_stays_at_the_bottom(page: Page, server: PageServer) -> None:
    server.script.answers["长"] = [message("一行\n" * 80)]
    say(page, "长")
    expect(said(page, "assistant")).to_have_count(1)
    row = page.locator(".composer").bounding_box()
    assert row and row["y"] + row["height"] == 640
    expect(said(page, "person")).to_be_in_viewport()


def test_a_growing_box_leaves_the_last_answer_in_view(page: Page, server: PageServer) -> None:
    server.script.answers["长"] = [message("一行\n" * 80)]
    say(page, "长")
    expect(said(page, "assistant")).to_have_count(1)
    say(page, "短")
    expect(said(page, "assistant")).to_have_count(2)
    expect(said(page, "assistant").last).to_be_in_viewport(ratio=1)
    box(page).fill("行\n" * 8)
    expect(said(page, "assistant").last).to_be_in_viewport(ratio=1)


def test_large_type_is_remembered(page: Page) -> None:
    size = "return parseFloat(getComputedStyle(chat.querySelector('.greeting')).fontSize)"
    assert measure(page, size) == 18
    button(page, "大字").click()
    reload(page)
    expect(button(page, "大字")).to_have_attribute("aria-pressed", "true")
    assert measure(page, size) == 24
    button(page, "大字").click()
    assert measure(page, size) == 18


def test_the_whole_page_is_reached_by_keyboard(page: Page) -> None:
    names = []
    for _ in range(11):
        page.keyboard.press("Tab")
        names.append(
            measure(page, "const at = chat.activeElement; return at.role || at.classList[1] || at.innerText || at.id")
        )
    assert names == ["大字", "log", *EXAMPLES, "12333", "attach", "speak", "box", "发送"]
    outline = "return getComputedStyle(chat.activeElement).outlineStyle"
    assert measure(page, outline) == "solid"


CONTRAST = """
const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const light = (rgb) => rgb.reduce((sum, v, i) => sum + channel(v) * [0.2126, 0.7152, 0.0722][i], 0);
const parse = (css) => css.match(/[\\d.]+/g).map(Number);
const ground = (n) => {
  for (; n instanceof Element; n = n.parentElement) {
    const c = parse(getComputedStyle(n).backgroundColor);
    if (c.length === 3) return c;
  }
};
const texts = [...chat.querySelectorAll('*')].filter(
  (n) => n.getClientRects().length && [...n.childNodes].some((c) => c.nodeType === 3 && c.data.trim()));
return texts.filter((n) => !n.classList.contains('heard-only')).map((n) => {
  const [a, b] = [light(parse(getComputedStyle(n).color)), light(ground(n))].sort((x, y) => y - x);
  return [n.className || n.tagName, (a + 0.05) / (b + 0.05)];
});
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(page: Page, server: PageServer, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    kinds = ["in_force", "staged", "expired"]
    server.script.answers["全"] = [{**rich("好"), "validity": kind} for kind in kinds]
    server.script.faults.append(Fault(status=503))
    say(page, "全")
    button(page, "重发").click()
    expect(said(page, "assistant")).to_have_count(3)
    button(page, f"原文 第4.1条 · {NOTICE}").first.click()
    server.script.faults.append(Fault(status=422))
    say(page, "错")
    expect(page.locator(".trouble")).to_be_visible()
    box(page).fill("字" * 2001)
    measured = measure(page, CONTRAST)
    assert len(measured) > 20
    assert [found for found in measured if found[1] < 4.5] == []


# ---- for embedding


def test_attributes_and_events_are_for_the_page_around_it(page: Page, server: PageServer) -> None:
    page.evaluate(
        """() => {
        window.seen = [];
        for (const name of ['yunjiu-message', 'yunjiu-error'])
          document.addEventListener(name, (event) => window.seen.push([name, event.detail]));
        document.querySelector('yunjiu-chat').setAttribute('greeting', '昆明市欢迎您');
    }"""
    )
    expect(page.get_by_text("昆明市欢迎您")).to_be_visible()
    server.script.faults.append(Fault(status=429, retry_after=9))
    say(page, "你好")
    button(page, "重发").click()
    expect(said(page, "assistant")).to_have_count(1)
    seen = page.evaluate("window.seen")
    assert [name for name, _ in seen] == ["yunjiu-message", "yunjiu-error", "yunjiu-message"]
    assert (seen[1][1]["code"], seen[1][1]["status"], seen[1][1]["retry_after"]) == ("too_many", 429, 9)
    assert (seen[2][1]["from"], seen[2][1]["text"]) == ("assistant", "答：你好")
    assert len({detail["message_id"] for _, detail in seen}) == 1


def test_without_storage_the_page_works_as_long_as_it_is_open(page: Page, server: PageServer) -> None:
    page.add_init_script(
        """for (const name of ['localStorage', 'sessionStorage'])
          Object.defineProperty(window, name, { get() { throw new Error('forbidden'); } });"""
    )
    reload(page)
    say(page, "一")
    say(page, "二")
    expect_said(page, "assistant", ["答：一", "答：二"])
    assert {turn["conversation_id"] for turn in server.script.heard} == {"signed-1"}


def test_without_javascript_the_page_says_so(browser: Browser, server: PageServer) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(server.address)
        expect(page.get_by_text("一直打不开")).to_be_visible()
        # Text assertions of Playwright skip noscript; what is in it is an element like any other.
        expect(page.locator("noscript p")).to_be_visible()
