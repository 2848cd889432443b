"""What is said about each measure, and which reply a conversation gets."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

import policy_kb
from bot.engine.answers.conversation import Conversation, read
from bot.engine.answers.generator import as_response
from bot.engine.answers.policy import SOURCE, VALIDITY, PolicyAnswers
from bot.engine.answers.replies import Replies
from policy_kb import ASPECTS
from policy_kb.reply import ENVELOPE, Message

TODAY = date(2026, 11, 23)
KNOWLEDGE = policy_kb.load()
ANSWERS = PolicyAnswers(KNOWLEDGE)
EVERY_ANSWER = [(measure, aspect) for measure in KNOWLEDGE.measures for aspect in (None, *ASPECTS, VALIDITY, SOURCE)]


def plain(text: str) -> str:
    return re.sub(r"\s", "", text)


NOTICE = plain(KNOWLEDGE.source_text("yunrenshefa-2022-57"))


@pytest.mark.parametrize(("measure", "aspect"), EVERY_ANSWER)
def test_every_answer_keeps_the_promises(measure: str, aspect: str | None) -> None:
    message = ANSWERS.answer(measure, aspect, TODAY)
    assert message.kind == "policy_answer"
    assert message.measures == (measure,)
    assert message.citations
    assert any(citation.notice for citation in message.citations)
    for citation in message.citations:
        assert citation.quote
        assert (citation.notice is None) != (citation.source is None)
        if citation.notice:
            assert plain(citation.quote) in NOTICE
    assert message.validity == KNOWLEDGE.validity(measure, TODAY)
    assert 2 <= len(message.buttons) <= 5
    if message.validity == "expired":
        assert "已到期" in message.text
    if message.validity == "staged":
        assert "阶段性" in message.text


def test_the_pilot_ended_with_2022() -> None:
    assert ANSWERS.answer("hiring-subsidy", None, date(2022, 12, 31)).validity == "staged"
    message = ANSWERS.answer("hiring-subsidy", None, date(2023, 1, 1))
    assert message.validity == "expired"
    assert "2022年年底" in message.text


def test_an_application_says_that_it_cannot_be_filed_here_yet() -> None:
    assert "递交申请" in ANSWERS.answer("startup-loan", "steps", TODAY, applying=True).text


def tracker(*turns: tuple[dict[str, Any], Message | None]) -> DialogueStateTracker:
    """Alternating user parse data and the assistant's single message, the last without one."""
    found = DialogueStateTracker("someone", slots=[])
    for parsed, reply in turns:
        found.update(ActionExecuted("action_listen"))
        found.update(UserUttered(parsed.get("text", "x"), parsed.get("intent"), parsed.get("entities"), parsed))
        if reply is not None:
            response = {"messages": [reply.as_dict()], "understood": parsed.get("understood", True)}
            found.update(BotUttered(reply.text, metadata={ENVELOPE: response}))
    return found


def asked(text: str, intent: str, *measures: tuple[str, float], aspect: str | None = None) -> dict[str, Any]:
    ranking = [{"id": each, "confidence": chance} for each, chance in measures]
    return {
        "text": text,
        "intent": {"name": intent, "confidence": 0.9},
        "asks": [{"text": text, "measures": ranking, "aspect": aspect}],
    }


BENEFIT = ANSWERS.answer("unemployment-benefit", None, TODAY)
LATEST = asked("那要什么材料", "ask_aspect", ("training-catalogue", 0.2), ("startup-loan", 0.1), aspect="materials")


def reply(said: Conversation, response: str) -> list[Message]:
    return list(Replies(KNOWLEDGE, lambda: TODAY).composers[response](said).messages)


def test_a_follow_up_keeps_the_measure() -> None:
    said = read(tracker((asked("失业金", "ask_policy", ("unemployment-benefit", 0.9)), BENEFIT), (LATEST, None)))
    assert said.focus == ("unemployment-benefit",)
    [message] = reply(said, "utter_follow_up")
    assert message.measures == ("unemployment-benefit",)
    assert "材料" in message.text


def test_a_follow_up_to_nothing_asks_what_about() -> None:
    [message] = reply(read(tracker((LATEST, None))), "utter_follow_up")
    assert message.kind == "clarify"
    assert message.buttons


CLOSE = asked("开店的钱", "ask_policy", ("startup-subsidy", 0.31), ("startup-loan", 0.29), ("price-subsidy", 0.01))


def test_close_readings_are_asked_back() -> None:
    [message] = reply(read(tracker((CLOSE, None))), "utter_policy_answer")
    assert message.kind == "clarify"
    assert message.measures == ("startup-subsidy", "startup-loan")
    assert [button.title for button in message.buttons] == [KNOWLEDGE.measure(each).label for each in message.measures]


def test_yes_takes_the_first_reading() -> None:
    [question] = reply(read(tracker((CLOSE, None))), "utter_policy_answer")
    yes = {"text": "是呢", "intent": {"name": "affirm", "confidence": 0.9}}
    [message] = reply(read(tracker((CLOSE, question), (yes, None))), "utter_affirm")
    assert message.measures == ("startup-subsidy",)


@pytest.mark.parametrize("text", ["补贴", "那个补贴还有没得", "补贴怎么申请"])
def test_a_word_with_several_readings_is_asked_back_however_sure(text: str) -> None:
    parsed = asked(text, "ask_policy", ("price-subsidy", 0.99), ("startup-subsidy", 0.01))
    [message] = reply(read(tracker((parsed, None))), "utter_policy_answer")
    assert message.kind == "clarify"
    assert "startup-subsidy" in message.measures


@pytest.mark.parametrize("response", ["utter_policy_answer", "utter_out_of_scope", "utter_follow_up"])
@pytest.mark.parametrize("text", ["多少钱呢", "能给多少", "去哪点办", "一个月多少工资"])
def test_a_bare_question_leans_on_what_was_answered(text: str, response: str) -> None:
    bare = asked(text, "whatever", ("startup-loan", 0.99), aspect="amount")
    said = read(tracker((asked("失业金", "ask_policy", ("unemployment-benefit", 0.9)), BENEFIT), (bare, None)))
    [message] = reply(said, response)
    assert message.measures == ("unemployment-benefit",)


def test_a_named_measure_leaves_what_was_answered() -> None:
    other = asked("低保要什么材料", "ask_policy", ("subsistence-allowance", 0.7), aspect="materials")
    said = read(tracker((asked("失业金", "ask_policy", ("unemployment-benefit", 0.9)), BENEFIT), (other, None)))
    [message] = reply(said, "utter_policy_answer")
    assert message.measures == ("subsistence-allowance",)


def test_a_comparison_answers_both() -> None:
    parsed = asked("失业金和失业补助金有什么区别", "ask_policy", ("unemployment-assistance", 0.9))
    messages = reply(read(tracker((parsed, None))), "utter_policy_answer")
    assert {message.measures[0] for message in messages} == {"unemployment-benefit", "unemployment-assistance"}


def test_a_button_says_which_measure_and_part() -> None:
    parsed = {
        "text": "/ask_policy",
        "intent": {"name": "ask_policy", "confidence": 1.0},
        "entities": [{"entity": "measure", "value": "startup-loan"}, {"entity": "aspect", "value": "amount"}],
    }
    [message] = reply(read(tracker((parsed, None))), "utter_policy_answer")
    assert message == ANSWERS.answer("startup-loan", "amount", TODAY)


def test_an_invented_button_is_not_understood() -> None:
    parsed = {
        "text": "/ask_policy",
        "intent": {"name": "ask_policy", "confidence": 1.0},
        "entities": [{"entity": "measure", "value": "free-money"}],
    }
    [message] = reply(read(tracker((parsed, None))), "utter_policy_answer")
    assert message.kind == "clarify"


def test_the_second_failure_brings_the_menu_and_a_person() -> None:
    strange = {"text": "?", "intent": {"name": "out_of_scope", "confidence": 0.9}, "understood": False}
    first = reply(read(tracker((strange, None))), "utter_out_of_scope")
    assert [message.kind for message in first] == ["out_of_scope"]
    second = reply(read(tracker((strange, first[0]), (strange, None))), "utter_out_of_scope")
    assert [message.kind for message in second] == ["out_of_scope", "handoff", "clarify"]


def test_distress_gets_people_and_numbers_first() -> None:
    said = read(tracker(({"text": "不想活了", "intent": {"name": "distress", "confidence": 0.9}}, None)))
    first, second = reply(said, "utter_distress")
    assert first.kind == "handoff"
    for number in ("120", "110", "12356", "12333"):
        assert number in first.text
    assert second.measures == ("temporary-relief",)


def test_a_notice_ends_the_focus() -> None:
    over = Message(text="好，从头来。", kind="notice")
    said = read(
        tracker(
            (asked("失业金", "ask_policy", ("unemployment-benefit", 0.9)), BENEFIT),
            ({"text": "重来", "intent": {"name": "start_over", "confidence": 0.9}}, over),
            (LATEST, None),
        )
    )
    assert said.focus == ()


def test_menu_offers_only_what_exists() -> None:
    said = read(tracker(({"text": "?", "intent": {"name": "help", "confidence": 0.9}}, None)))
    [message] = reply(said, "utter_menu")
    assert len(message.buttons) == len(KNOWLEDGE.menu)


def test_the_response_serves_rasa_and_the_gateway() -> None:
    from bot.engine.answers.replies import Reply

    response = as_response(Reply((BENEFIT, ANSWERS.answer("startup-loan", None, TODAY))))
    assert BENEFIT.text in response["text"]
    assert [each["measures"] for each in response[ENVELOPE]["messages"]] == [["unemployment-benefit"], ["startup-loan"]]
