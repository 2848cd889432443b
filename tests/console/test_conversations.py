"""The queue and an agent's line, over real HTTP: taken over, answered, given back; hidden from other areas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time

import pytest
from markupsafe import escape

from bot.console.replies import canned_replies
from bot.settings import Settings
from casework.conversations.opening_hours import Hours
from tests.console.conftest import ServedConsole, Visitor

ALWAYS = Hours((((time(0), time(23, 59)),),) * 7)
EVIL = "<script>alert(1)</script>“厂子”"


@pytest.fixture
def line(settings: Settings) -> Iterator[ServedConsole]:
    served = ServedConsole(settings)
    served.desk.opening_hours.set(ALWAYS)
    yield served
    served.stop()


@pytest.fixture
def agent(line: ServedConsole) -> Visitor:
    return line.signed_in("agent", "5301", login="kunming")


def asks(line: ServedConsole, words: str = "厂子关了", county: str | None = "530102") -> tuple[str, str]:
    """Somebody who said something and waits for a person: the conversation's id, and its sender."""
    conversation = line.client.post("/api/v1/web/conversations").json()["conversation_id"]
    line.chat(words, conversation)
    sender = line.desk.log.sender(line.desk.log.key(conversation))
    line.desk.handovers.ask(sender, words, county, f"说过：{words}")
    return conversation, sender


def test_who_waits_is_seen_taken_over_answered_and_given_back(line: ServedConsole, agent: Visitor) -> None:
    conversation, sender = asks(line)
    page = agent.get("/conversations")
    assert "等人接的（1）" in page.text and "厂子关了" in page.text and "昆明市五华区" in page.text
    home = f"/conversations/{sender}"
    assert "在排队" in agent.get(home).text
    assert agent.post(f"{home}/take").headers["location"] == f"/console{home}"
    assert "我接着的（1）" in agent.get("/conversations/lists").text
    assert line.chat("在吗", conversation).json()["messages"] == []
    assert agent.post(f"{home}/say", {"text": "您好，我是工作人员。", "message_id": "a"}).status_code == 303
    agent.post(f"{home}/say", {"text": "您好，我是工作人员。", "message_id": "a"})
    said = line.client.get(f"/api/v1/web/conversations/{conversation}/messages").json()["turns"]
    assert [turn["messages"][0]["text"] for turn in said if turn["from"] == "agent"][1:] == ["您好，我是工作人员。"]
    assert "在吗" in agent.get(f"{home}/turns").text
    assert agent.post(f"{home}/back").status_code == 303
    assert line.chat("又问", conversation).json()["messages"][0]["text"] == "收到：又问"


def test_a_measure_goes_along_with_its_quote(line: ServedConsole, agent: Visitor) -> None:
    conversation, sender = asks(line)
    agent.post(f"/conversations/{sender}/take")
    agent.post(f"/conversations/{sender}/say", {"text": "按这一条办：", "measure": "startup-subsidy"})
    last = line.client.get(f"/api/v1/web/conversations/{conversation}/messages").json()["turns"][-1]["messages"][0]
    assert last["text"].startswith("按这一条办：")
    assert last["measures"] == ["startup-subsidy"]
    assert last["citations"][0]["quote"] in last["text"]


def test_quotes_are_found_by_search_and_go_along_with_where_they_are_from(line: ServedConsole, agent: Visitor) -> None:
    conversation, sender = asks(line)
    home = f"/conversations/{sender}"
    agent.post(f"{home}/take")
    found = agent.htmx("POST", f"{home}/quotes", data={"search": "失业金怎么领"}).text
    keys = re.findall(r'name="quote" value="([^"]+)" form="say"', found)
    assert keys and keys[0].startswith("unemployment-benefit:")
    agent.get(home)
    agent.post(
        f"{home}/say", {"text": "通知这样写：", "quote": [keys[0], keys[0], "nothing:x:0", "unemployment-benefit::99"]}
    )
    last = line.client.get(f"/api/v1/web/conversations/{conversation}/messages").json()["turns"][-1]["messages"][0]
    (cited,) = last["citations"]
    assert last["text"].startswith("通知这样写：\n\n原文（") and last["text"].count(cited["quote"]) == 1
    assert cited["notice"] and last["measures"] == ["unemployment-benefit"]
    assert "没有找到原文" in agent.htmx("POST", f"{home}/quotes", data={"search": EVIL}).text


def test_what_is_written_already_is_offered_and_is_plain(line: ServedConsole, agent: Visitor) -> None:
    _, sender = asks(line)
    agent.post(f"/conversations/{sender}/take")
    page = agent.get(f"/conversations/{sender}").text
    for reply in canned_replies():
        assert str(escape(reply.text)) in page
        assert len(reply.text) < 120 and not re.search(r"\d{5,}(?<!12333)", reply.text), "no numbers without a source"


def test_assist_begins_with_what_the_person_said(line: ServedConsole, agent: Visitor) -> None:
    _, sender = asks(line, "厂子垮了，我55岁")
    home = f"/conversations/{sender}"
    agent.get(home)
    assert agent.post(f"{home}/assist").status_code == 409
    agent.post(f"{home}/take")
    call = agent.post(f"{home}/assist").headers["location"].removeprefix("/console")
    page = agent.get(call).text
    assert "厂子垮了，我55岁" in page and "年龄：55岁" in page
    assert agent.post(f"{home}/assist").headers["location"].endswith(call)
    assert agent.post(f"{call}/file", {"measure": "unemployment-benefit"}).status_code == 303
    person = line.desk.people.of(sender)
    (errand,) = line.desk.errands.of_person(person)
    assert line.desk.errands.current(sender) is None, "the person's own conversation is not in the middle of it"
    assert agent.post(f"{call}/end").headers["location"] == f"/console{home}"
    assert [each.id for each in line.desk.errands.saved(person)] == [errand.id]


def test_who_no_longer_has_the_conversation_files_nothing_in_it(line: ServedConsole, agent: Visitor) -> None:
    _, sender = asks(line)
    home = f"/conversations/{sender}"
    agent.post(f"{home}/take")
    agent.get(home)
    call = agent.post(f"{home}/assist").headers["location"].removeprefix("/console")
    agent.post(f"{call}/file", {"measure": "unemployment-benefit"})
    agent.post(f"{home}/back")
    assert agent.get(f"{call}/form").status_code == 409
    assert agent.post(f"{call}/file", {"measure": "startup-loan"}).status_code == 409
    assert agent.post(f"{call}/form/consent", {"whose": "self", "errand": "x"}).status_code == 409


def test_a_page_says_when_the_conversation_went_to_somebody_else(line: ServedConsole, agent: Visitor) -> None:
    _, sender = asks(line)
    agent.post(f"/conversations/{sender}/take")
    assert "刚换了人答" not in agent.get(f"/conversations/{sender}/turns?held=true").text
    agent.post(f"/conversations/{sender}/pass")
    assert "刚换了人答" in agent.get(f"/conversations/{sender}/turns?held=true").text


def test_who_is_forgotten_is_in_no_call_any_more(line: ServedConsole, agent: Visitor) -> None:
    _, sender = asks(line)
    agent.post(f"/conversations/{sender}/take")
    agent.get(f"/conversations/{sender}")
    call = agent.post(f"/conversations/{sender}/assist").headers["location"].removeprefix("/console")
    line.desk.forget(sender)
    assert agent.get(call).status_code == 404


@pytest.mark.parametrize("path", ["", "/turns", "/events"])
def test_other_areas_do_not_exist(line: ServedConsole, path: str) -> None:
    _, sender = asks(line)
    stranger = line.signed_in("agent", "5329")
    assert "等人接的（0）" in stranger.get("/conversations").text
    assert stranger.get(f"/conversations/{sender}{path}").status_code == 404
    for step in ("take", "say", "back", "pass", "quotes", "assist"):
        assert stranger.post(f"/conversations/{sender}/{step}", {"text": "x"}).status_code == 404
    assert stranger.get("/conversations/nobody").status_code == 404
    assert line.desk.handovers.owner(sender).kind == "queue"


def test_of_two_agents_one_gets_it(line: ServedConsole, agent: Visitor) -> None:
    _, sender = asks(line)
    other = line.signed_in("agent", "5301", login="second", name="赵敏")
    agent.post(f"/conversations/{sender}/take")
    assert other.post(f"/conversations/{sender}/take").status_code == 409
    assert other.post(f"/conversations/{sender}/say", {"text": "我来"}).status_code == 409
    assert other.post(f"/conversations/{sender}/back").status_code == 409
    assert agent.post(f"/conversations/{sender}/pass", {"to": "nobody"}).status_code == 422
    assert agent.post(f"/conversations/{sender}/pass", {"to": "second"}).status_code == 303
    assert line.desk.handovers.owner(sender).agent == "second"
    assert other.post(f"/conversations/{sender}/pass").status_code == 303
    assert line.desk.handovers.owner(sender).kind == "queue"


def test_an_empty_or_endless_answer_is_not_sent(line: ServedConsole, agent: Visitor) -> None:
    _, sender = asks(line)
    agent.post(f"/conversations/{sender}/take")
    assert agent.post(f"/conversations/{sender}/say", {"text": "  "}).status_code == 422
    assert agent.post(f"/conversations/{sender}/say", {"text": "长" * 2001}).status_code == 413


def test_a_callers_words_are_words(line: ServedConsole, agent: Visitor) -> None:
    _, sender = asks(line, EVIL)
    for path in ("/conversations", f"/conversations/{sender}", f"/conversations/{sender}/turns"):
        page = agent.get(path).text
        assert EVIL not in page and str(escape(EVIL)) in page


def test_reading_and_taking_over_are_on_record(line: ServedConsole, agent: Visitor) -> None:
    _, sender = asks(line)
    agent.get(f"/conversations/{sender}")
    agent.post(f"/conversations/{sender}/take")
    entries = line.desk.cases._audit.about(sender)
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("take_conversation", "kunming"),
        ("read_conversation", "kunming"),
    ]


def test_the_lists_are_told_of_a_change(line: ServedConsole, agent: Visitor) -> None:
    with agent.http.stream("GET", "/console/conversations/events", timeout=15) as stream:
        lines = (each for each in stream.iter_lines() if each.startswith("event:"))
        assert next(lines) == "event: changed"
        asks(line)
        assert next(lines) == "event: changed"


def test_without_hours_the_page_says_that_nobody_is_sent_here(line: ServedConsole, agent: Visitor) -> None:
    assert "现在在值班时间" in agent.get("/conversations").text
    line.desk.opening_hours.set(None)
    assert "还没有设值班时间" in agent.get("/conversations").text
