"""The plan: what others wait for comes first, every step quotes its clause, and nobody is told to be entitled."""

from __future__ import annotations

import asyncio
import secrets
from random import Random
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

import policy_kb
from actions.checking.known import to_json
from actions.planning import MOST_SHOWN, MakePlan, Planner
from casework.desk import Desk
from policy_kb.eligibility import Evaluator
from policy_kb.reply import ENVELOPE
from tests.actions.conftest import TODAY
from tests.policy_kb.eligibility.people import person

KNOWLEDGE = policy_kb.load()
EVALUATOR = Evaluator(KNOWLEDGE)
PLANNER = Planner(KNOWLEDGE, EVALUATOR)
PEOPLE = [person(Random(seed), TODAY, dont_know=0.2) for seed in range(20)]


def plan(desk: Desk, facts: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Messages and events for somebody of whom ``facts`` are known."""
    conversation = secrets.token_hex(16)
    desk.learn(desk.people.of(conversation), {fact: to_json(value) for fact, value in facts.items()})
    tracker = Tracker(conversation, {}, {"text": "/plan"}, [], False, None, {}, "action_listen")
    dispatcher = CollectingDispatcher()
    events = asyncio.run(MakePlan(desk, KNOWLEDGE, EVALUATOR, lambda: TODAY).run(dispatcher, tracker, {}))
    return [each for message in dispatcher.messages for each in message[ENVELOPE]["messages"]], events


def test_without_anything_known_the_check_comes_first(desk: Desk) -> None:
    messages, events = plan(desk, {})
    assert [event["name"] for event in events] == ["action_what_can_i_get"]
    assert len(messages) == 1


def test_who_is_not_registered_registers_first(desk: Desk) -> None:
    facts = {"work": "none", "registered": False, "able_to_work": True, "job_wish": "clear", "age": 52, "sex": "female"}
    steps = PLANNER.plan(facts, TODAY).steps
    assert steps[0].measure == "unemployment-registration"
    assert steps[0].first
    assert len(steps) > 1


@pytest.mark.parametrize("each", PEOPLE, ids=range(len(PEOPLE)))
def test_a_remedy_comes_before_what_waits_for_it(each: Any) -> None:
    steps = [step.measure for step in PLANNER.plan(each.facts, TODAY).steps]
    verdicts = EVALUATOR.judge(each.facts, TODAY, measures=EVALUATOR.personal)
    wanted = {first for one in verdicts.values() if one.outcome == "no" for first in one.remedies}
    assert set(steps[: len(wanted & set(steps))]) <= wanted
    for step in steps:
        assert step in wanted or verdicts[step].outcome in ("yes", "needs_review")
    assert len(steps) == len(set(steps))


@pytest.mark.parametrize("each", PEOPLE[:8], ids=range(8))
def test_every_step_quotes_and_promises_nothing(desk: Desk, each: Any) -> None:
    messages, _ = plan(desk, each.facts)
    *steps, closing = messages
    assert len(steps) <= MOST_SHOWN
    sources = "".join("".join(KNOWLEDGE.source_text(source).split()) for source in KNOWLEDGE.sources)
    for number, step in enumerate(steps, start=1):
        assert step["text"].startswith(f"第 {number} 件：")
        assert step["citations"]
        for cited in step["citations"]:
            if cited["notice"]:
                assert "".join(cited["quote"].split()) in sources
        for promise in ("您符合", "已认定", "您有资格", "一定能领"):
            assert promise not in step["text"]
    assert "以办理单位认定为准" in closing["text"]
