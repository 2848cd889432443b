"""An agent takes a conversation over: the bot is silent meanwhile, and whoever follows sees everything once."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from datetime import time as clock_time
from typing import Any

import httpx
import pytest

from bot.gateway.agents import AgentLine
from casework.conversations.handovers import NotYours
from casework.conversations.opening_hours import Hours
from casework.desk import Desk
from tests.app.conftest import FakeEngine, Served


class Follower:
    """Reads a conversation's events on a thread of its own."""

    def __init__(self, app: Served, conversation: str, after: int = 0) -> None:
        self.events: list[tuple[str, Any]] = []
        self._came = threading.Condition()
        self._url = f"{app.client.base_url}/api/v1/web/conversations/{conversation}/events"
        self._client = httpx.Client(timeout=30)
        self._after = after
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        headers = {"Last-Event-ID": str(self._after)} if self._after else {}
        try:
            with self._client.stream("GET", self._url, headers=headers) as answer:
                name = "message"
                for line in answer.iter_lines():
                    if line.startswith("event:"):
                        name = line.split(":", 1)[1].strip()
                    elif line.startswith("data:"):
                        with self._came:
                            self.events.append((name, json.loads(line.split(":", 1)[1])))
                            self._came.notify_all()
                        name = "message"
        except (httpx.HTTPError, RuntimeError):
            return  # closed by the test

    def wait(self, count: int) -> list[tuple[str, Any]]:
        with self._came:
            assert self._came.wait_for(lambda: len(self.events) >= count, 10), self.events
            return list(self.events)

    def turns(self, count: int) -> list[dict[str, Any]]:
        def those() -> list[dict[str, Any]]:
            return [data for name, data in self.events if name == "message"]

        with self._came:
            assert self._came.wait_for(lambda: len(those()) >= count, 10), self.events
            return those()

    def close(self) -> None:
        self._client.close()


class Line:
    """What the console does, done from a test's thread in the app's own event loop."""

    def __init__(self, app: Served, conversation: str) -> None:
        self.agents: AgentLine = app.app.state.agents
        self.desk: Desk = self.agents.desk
        self.sender = self.desk.log.sender(self.desk.log.key(conversation))

    def take(self, agent: str = "wang") -> None:
        asyncio.run(self.agents.take(self.sender, agent, "agent"))

    def say(self, text: str, agent: str = "wang", message_id: str | None = None) -> int:
        return asyncio.run(self.agents.say(self.sender, agent, text, message_id))

    def hand_back(self, agent: str = "wang") -> None:
        asyncio.run(self.agents.hand_back(self.sender, agent, "agent"))


@pytest.fixture
def conversation(app: Served) -> str:
    return str(app.client.post("/api/v1/web/conversations").json()["conversation_id"])


@pytest.fixture
def follower(app: Served, conversation: str) -> Iterator[Follower]:
    follower = Follower(app, conversation)
    yield follower
    follower.close()


def test_a_follower_sees_every_turn_once_and_in_order(app: Served, conversation: str, follower: Follower) -> None:
    for number in range(5):
        app.chat(f"第{number}句", conversation, f"m{number}")
    turns = follower.turns(10)
    assert [turn["sequence"] for turn in turns] == list(range(1, 11))
    assert [turn["reply_to"] for turn in turns] == [None, "m0", None, "m1", None, "m2", None, "m3", None, "m4"]
    assert follower.events[0] == ("owner", {"owner": "bot"})
    late = Follower(app, conversation, after=7)
    assert [turn["sequence"] for turn in late.turns(3)] == [8, 9, 10]
    late.close()


def test_a_stranger_follows_nothing(app: Served, conversation: str) -> None:
    for wrong in ("someone", conversation[:-1] + ("a" if conversation[-1] != "a" else "b")):
        assert app.client.get(f"/api/v1/web/conversations/{wrong}/events").status_code == 404


def test_while_an_agent_has_it_the_bot_is_silent(
    app: Served, engine: FakeEngine, conversation: str, follower: Follower
) -> None:
    app.chat("你好", conversation)
    line = Line(app, conversation)
    line.take()
    asked = len(engine.turns)
    assert app.chat("在吗？", conversation).json()["messages"] == []
    line.say("您好，我是工作人员。", message_id="c1")
    line.say("您好，我是工作人员。", message_id="c1")
    assert len(engine.turns) == asked
    line.hand_back()
    assert app.chat("再问一个", conversation).json()["messages"][0]["text"] == "收到：再问一个"
    turns = follower.turns(8)
    authors = ["person", "assistant", "agent", "person", "agent", "assistant", "person", "assistant"]
    assert [turn["from"] for turn in turns] == authors
    assert turns[4]["messages"][0]["text"] == "您好，我是工作人员。"
    assert [data["owner"] for name, data in follower.events if name == "owner"] == ["bot", "agent", "bot"]
    history = app.client.get(f"/api/v1/web/conversations/{conversation}/messages").json()["turns"]
    assert [turn["sequence"] for turn in history] == [turn["sequence"] for turn in turns]


def test_what_the_bot_was_about_to_say_is_not_said_after_a_take_over(
    app: Served, engine: FakeEngine, conversation: str
) -> None:
    app.chat("你好", conversation)
    line, said = Line(app, conversation), []
    engine.arrived.clear()
    engine.behaviour = "gated"
    talking = threading.Thread(target=lambda: said.append(app.chat("慢慢想", conversation).json()["messages"]))
    talking.start()
    assert engine.arrived.wait(10)
    line.take()
    engine.gate.set()
    talking.join()
    assert said == [[]]
    turns = app.client.get(f"/api/v1/web/conversations/{conversation}/messages").json()["turns"]
    assert [turn["from"] for turn in turns] == ["person", "assistant", "person", "agent"]


def test_who_waits_is_told_so_and_may_leave(app: Served, engine: FakeEngine, conversation: str) -> None:
    app.chat("你好", conversation)
    line = Line(app, conversation)
    line.desk.opening_hours.set(Hours((((clock_time(0), clock_time(23, 59)),),) * 7))
    line.desk.handovers.ask(line.sender, "找人", None, "")
    asked = len(engine.turns)
    waiting = app.chat("我的情况是这样", conversation).json()["messages"]
    assert [message["kind"] for message in waiting] == ["handoff"]
    assert "排在最前面" in waiting[0]["text"]
    assert len(engine.turns) == asked
    app.chat("不等了，接着问云就", conversation)
    assert engine.turns[-1][1] == "/leave_queue"


def test_only_the_owner_speaks(app: Served, conversation: str) -> None:
    app.chat("你好", conversation)
    line = Line(app, conversation)
    line.take()
    with pytest.raises(NotYours):
        line.say("插一句", agent="zhao")


def test_an_open_stream_does_not_keep_the_app_from_stopping(app: Served, conversation: str, follower: Follower) -> None:
    follower.wait(1)
    begun = time.monotonic()
    app.stop()
    assert not app.thread.is_alive()
    assert time.monotonic() - begun < 9
