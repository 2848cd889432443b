"""Asking for a person: a place in the queue where somebody is there, and never a promise where nobody is."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime, time
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

import policy_kb
from actions.checking.conversation import ALL, beginning
from actions.handoff import LeaveQueue, TalkToHuman
from actions.loop import Errands
from actions.resuming import Resume
from casework.cases.working_days import CHINA
from casework.conversations.log import PERSON
from casework.conversations.opening_hours import Hours
from casework.desk import Desk
from policy_kb.reply import ENVELOPE

KNOWLEDGE = policy_kb.load()
MONDAY, EVENING = datetime(2026, 11, 23, 9, tzinfo=CHINA), datetime(2026, 11, 23, 20, tzinfo=CHINA)
WEEKDAYS = Hours((((time(8, 30), time(17)),),) * 5 + ((), ()))


class Caller:
    """Somebody who has said a few things and asks for a person."""

    def __init__(self, desk: Desk, *said: str) -> None:
        self.desk = desk
        key = desk.log.key(secrets.token_hex(8))
        desk.log.append(key, PERSON, "在吗", [])
        self.sender = desk.log.sender(key)
        self.said = [{"event": "user", "text": text} for text in (*said, "/talk_to_human")]

    def asks(self, at: datetime = MONDAY) -> list[dict[str, Any]]:
        resume = Resume(Errands(self.desk, {}), KNOWLEDGE)
        return self._run(TalkToHuman(self.desk, resume, lambda: at))

    def leaves(self) -> list[dict[str, Any]]:
        return self._run(LeaveQueue(self.desk))

    def _run(self, action: TalkToHuman | LeaveQueue) -> list[dict[str, Any]]:
        tracker = Tracker(self.sender, {}, {"text": "/talk_to_human"}, self.said, False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        asyncio.run(action.run(dispatcher, tracker, {}))
        return dispatcher.messages


def words(messages: list[dict[str, Any]]) -> str:
    return "\n".join(each["text"] for message in messages for each in message[ENVELOPE]["messages"])


@pytest.fixture
def opened(desk: Desk) -> Desk:
    desk.opening_hours.set(WEEKDAYS)
    yield desk
    desk.opening_hours.set(None)


def test_where_no_hours_are_set_nobody_is_promised(desk: Desk) -> None:
    caller = Caller(desk)
    assert [message["response"] for message in caller.asks()] == ["utter_handoff"]
    assert desk.handovers.owner(caller.sender).kind == "bot"


def test_a_place_in_the_queue_and_back(opened: Desk) -> None:
    first, second = Caller(opened), Caller(opened)
    assert "排在最前面" in words(first.asks())
    assert "前面还有 1 位" in words(second.asks())
    assert "不排队了" in words(first.leaves())
    assert opened.handovers.owner(first.sender).kind == "bot"
    assert "排在最前面" in words(second.asks())
    second.leaves()


def test_after_hours_the_next_opening_is_named(opened: Desk) -> None:
    caller = Caller(opened)
    assert "明天 08:30 上班" in words(caller.asks(EVENING))
    assert "11月30日（周一） 08:30" in words(caller.asks(datetime(2026, 11, 28, 12, tzinfo=CHINA)))
    caller.leaves()


def test_the_summary_has_what_was_said_and_what_is_under_way(opened: Desk) -> None:
    caller = Caller(opened, "厂子关了", "失业金咋领")
    person = opened.people.of(caller.sender)
    opened.learn(person, {"county": "530102"})
    opened.errands.begin(caller.sender, person, "check", ALL, beginning({}))
    caller.asks()
    handover = opened.handovers.get(caller.sender)
    assert handover is not None
    assert handover.county == "530102"
    assert handover.reason == "失业金咋领"
    assert handover.summary.splitlines() == ["说过：厂子关了", "说过：失业金咋领", "正在办：“能享受什么”问到一半"]
    caller.leaves()


def test_with_an_agent_on_the_line_nobody_queues_again(opened: Desk) -> None:
    caller = Caller(opened)
    caller.asks()
    opened.handovers.take(caller.sender, "wang", "agent")
    assert "已经接进来了" in words(caller.asks())
    caller.leaves()
    assert opened.handovers.owner(caller.sender).agent == "wang"
