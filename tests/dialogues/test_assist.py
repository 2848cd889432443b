"""The agents' assist and line, with the real engine: the same answer on every channel, and a take-over to its end."""

from __future__ import annotations

import subprocess
import sys
from datetime import time
from typing import Any

import httpx
import pytest

from casework.conversations.opening_hours import Hours
from casework.desk import open_desk
from casework.store.cipher import KeyRing
from casework.store.database import open_database
from tests.console.conftest import PASSWORD, Visitor

from .conftest import ROOT, Stack

ALWAYS = Hours((((time(0), time(23, 59)),),) * 7)


@pytest.fixture(scope="module")
def agent(stack: Stack) -> Visitor:
    command = [sys.executable, "-m", "casework", "add-administrator", "first", "管理员"]
    subprocess.run(command, cwd=ROOT, env=stack.environment, input=f"{PASSWORD}\n{PASSWORD}\n", text=True, check=True)
    visitor = Visitor(httpx.URL(stack.client.base_url))
    assert visitor.sign_in("first").status_code == 303
    yield visitor
    visitor.close()


def open_hours(stack: Stack, hours: Hours | None) -> None:
    secret = stack.environment["YUNJIU_SESSION_SECRET"]
    engine = open_database(stack.environment["YUNJIU_DATABASE_URL"])
    open_desk(engine, KeyRing.parse(stack.environment["YUNJIU_DATA_KEY"], secret), secret).opening_hours.set(hours)
    engine.dispose()


def suggested(agent: Visitor, typed: str) -> str:
    agent.get("/assist")
    return agent.htmx("POST", "/assist", data={"text": typed}).text


@pytest.mark.parametrize("question", ["失业金要什么材料", "创业补贴给多少", "失业斤咋个领"])
def test_the_same_question_gets_the_same_answer(stack: Stack, agent: Visitor, conversation: str, question: str) -> None:
    answer: dict[str, Any] = stack.say(question, conversation)[0]
    page = suggested(agent, question)
    first_line = answer["text"].splitlines()[0]
    assert first_line in page
    assert answer["citations"][0]["quote"] in page


def test_fragments_are_enough_and_what_is_out_of_scope_says_so(agent: Visitor) -> None:
    assert "失业保险金" in suggested(agent, "厂倒了 失业金")
    assert "没有找到" in suggested(agent, "身份证掉了去哪里补办")
    assert 'class="card"' not in suggested(agent, "  ")


def test_a_take_over_from_asking_to_giving_back(stack: Stack, agent: Visitor, conversation: str) -> None:
    open_hours(stack, ALWAYS)
    stack.say("失业金怎么领", conversation)
    queued = stack.say("我要找人工", conversation)
    assert [message["kind"] for message in queued] == ["handoff"]
    assert "排在最前面" in queued[0]["text"]
    assert "还在排队" in stack.say("我的情况有点复杂", conversation)[0]["text"]
    page = agent.get("/conversations").text
    assert "我要找人工" in page
    sender = page.split("/console/conversations/")[-1].split('"')[0]
    assert agent.post(f"/conversations/{sender}/take").status_code == 303
    assert stack.say("在吗", conversation) == []
    assert agent.post(f"/conversations/{sender}/say", {"text": "您好"}).status_code == 303
    assert agent.post(f"/conversations/{sender}/back").status_code == 303
    open_hours(stack, None)
    assert stack.say("要什么材料", conversation)[0]["measures"] == ["unemployment-benefit"]
