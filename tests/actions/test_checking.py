"""The eligibility check question by question, over errands that are kept: few questions, honest results."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random
from typing import Any

import pytest

import policy_kb
from actions.checking.conversation import ALL, SENSITIVE, CheckConversation, beginning
from actions.checking.known import all_from_json
from actions.checking.results import Results
from actions.errand import Heard
from actions.said import Said
from casework.desk import Desk
from casework.people.errands import Errand
from policy_kb.eligibility import DONT_KNOW, DontKnow, Evaluator, Known, Range
from policy_kb.reply import Message, payload
from tests.actions.conftest import TODAY
from tests.policy_kb.eligibility.people import Person, person

KNOWLEDGE = policy_kb.load()
EVALUATOR = Evaluator(KNOWLEDGE)
NOBODY = Person({})
"""Somebody who answers 不清楚 to everything."""
PEOPLE = [person(Random(seed), TODAY, dont_know=(0.0, 0.2, 0.6)[seed % 3]) for seed in range(30)]
MOST_OF_ALL = 20
MOST_OF_ONE = 6
NEVER_SAID = ("您符合", "已认定", "您有资格", "一定能领")


@dataclass
class Checker:
    """One conversation in the middle of a check."""

    desk: Desk
    subject: str = ALL
    known: dict[str, Known] = field(default_factory=dict)
    conversation: str = field(default_factory=lambda: secrets.token_hex(16))

    def __post_init__(self) -> None:
        self.check = CheckConversation(KNOWLEDGE, self.desk, EVALUATOR, lambda: TODAY)
        self.person = self.desk.people.of(self.conversation)
        state = beginning(self.known)
        self.desk.errands.begin(self.conversation, self.person, "check", self.subject, state)

    @property
    def errand(self) -> Errand:
        errand = self.desk.errands.current(self.conversation)
        assert errand is not None
        return errand

    @property
    def facts(self) -> dict[str, Known]:
        return all_from_json(KNOWLEDGE.facts, self.errand.state["facts"])

    @property
    def asked(self) -> str:
        """The id of the fact that is asked now, or “sensitive”."""
        (message,) = self.check.ask(self.errand)
        assert message.kind == "eligibility_question" and message.field is not None
        return message.field

    def say(self, text: str, intent: str = "inform", confidence: float = 0.9) -> Heard:
        heard = self.check.hear(self.errand, said(self.conversation, text, intent, confidence))
        if heard.state is not None:
            self.desk.errands.save(self.errand.id, heard.state)
        if heard.ending == "finished":
            self.desk.errands.drop(self.errand.id)
        return heard

    def press(self, title: str) -> Heard:
        (message,) = self.check.ask(self.errand)
        return self.say({each.title: each.payload for each in message.buttons}[title])

    def answer(self, someone: Person) -> Heard:
        return self.say(words(someone, self.asked))

    def until(self, fact: str, someone: Person = NOBODY) -> Checker:
        while self.asked != fact:
            assert self.answer(someone).ending == "go_on", f"{fact} is never asked"
        return self

    def finish(self, someone: Person) -> tuple[list[str], tuple[Message, ...]]:
        """What is asked until the check ends, and the messages at its end."""
        asked = []
        while True:
            asked.append(self.asked)
            heard = self.answer(someone)
            if heard.ending == "finished":
                return asked, heard.messages
            assert len(asked) < 60, asked


def said(conversation: str, text: str, intent: str, confidence: float) -> Said:
    if not text.startswith("/"):
        return Said(conversation, text, intent, confidence)
    name, brace, rest = text[1:].partition("{")
    return Said(conversation, text, name, 1.0, json.loads(brace + rest) if brace else {})


def words(someone: Person, asked: str) -> str:
    """What the person types, or the button that is pressed."""
    if asked == "sensitive":
        return payload("answer", value="yes")
    value = someone.answer(KNOWLEDGE.facts[asked])
    match value:
        case DontKnow():
            return "不清楚"
        case bool():
            return payload("answer", value="yes" if value else "no")
        case Range():
            return f"{value.low}"
        case date():
            return f"{value.year}年{value.month}月{value.day}日"
        case str() if KNOWLEDGE.facts[asked].type == "place":
            return next(each.name for each in KNOWLEDGE.places if each.code == value)
        case str():
            return payload("answer", value=value)
    return str(value)


def live(facts: dict[str, Known]) -> set[str]:
    verdicts = EVALUATOR.judge(facts, TODAY, measures=EVALUATOR.personal)
    return {fact for verdict in verdicts.values() for fact in verdict.live}


# What is asked


@pytest.mark.parametrize("someone", PEOPLE[:6])
def test_only_what_still_decides_something_is_asked_and_once(desk: Desk, someone: Person) -> None:
    talk, asked = Checker(desk), list[str]()
    while True:
        now = talk.asked
        assert now not in asked
        assert now == "sensitive" or now in live(talk.facts)
        asked.append(now)
        if talk.answer(someone).ending == "finished":
            break
    assert asked[0] == "work"


@pytest.mark.parametrize("someone", PEOPLE)
def test_everything_takes_at_most_twenty_questions(desk: Desk, someone: Person) -> None:
    asked, messages = Checker(desk).finish(someone)
    assert len(set(asked) - {"sensitive"}) == len([each for each in asked if each != "sensitive"]) <= MOST_OF_ALL
    assert asked.count("sensitive") <= 1
    decent(messages)


@pytest.mark.parametrize("measure", EVALUATOR.personal)
def test_one_measure_takes_at_most_six_questions(desk: Desk, measure: str) -> None:
    check = CheckConversation(KNOWLEDGE, desk, EVALUATOR, lambda: TODAY)
    begun = Checker(desk, measure)
    for someone in (NOBODY, *PEOPLE):
        asked, errand = 0, begun.errand
        while messages := check.ask(errand):
            (message,) = messages
            asked += message.field != "sensitive"
            heard = check.hear(errand, said(begun.conversation, words(someone, message.field or ""), "inform", 0.9))
            if heard.ending == "finished":
                decent(heard.messages)
                break
            errand = replace(errand, state=heard.state or errand.state)
        assert asked <= MOST_OF_ONE


def test_not_knowing_is_an_answer(desk: Desk) -> None:
    talk = Checker(desk)
    first = talk.asked
    for text in ("不清楚", "认不得", "记不得了", "/answer" + json.dumps({"value": "dont_know"})):
        now = talk.asked
        assert talk.say(text).ending == "go_on"
        assert isinstance(talk.facts[now], DontKnow), text
    asked, _ = talk.finish(NOBODY)
    assert first not in asked


@pytest.mark.parametrize("text", ["晓不得", "我也晓不得嘛", "整不清楚", "说不准呢", "没听说过", "知不道咯", "不太清楚"])
def test_not_knowing_is_said_in_many_ways(desk: Desk, text: str) -> None:
    talk = Checker(desk).until("registered")
    talk.say(text)
    assert isinstance(talk.facts["registered"], DontKnow)


@pytest.mark.parametrize("text", ["没得", "没得呢", "不得", "还没得"])
def test_no_in_dialect_is_a_no(desk: Desk, text: str) -> None:
    talk = Checker(desk).until("registered")
    talk.say(text)
    assert talk.facts["registered"] is False


def test_a_county_said_out_of_turn_counts(desk: Desk) -> None:
    talk = Checker(desk).until("registered")
    heard = talk.say("昆明市五华区")
    assert talk.facts["county"] == "530102"
    assert talk.asked == "registered" and "五华区" in heard.messages[0].text


def test_nonsense_is_no_answer(desk: Desk) -> None:
    talk = Checker(desk).until("age")
    heard = talk.say("哈哈哈")
    assert heard.ending == "go_on" and heard.messages
    assert talk.asked == "age" and "age" not in talk.facts


@pytest.mark.parametrize(
    ("text", "value"),
    [("四十多", Range(40, 49)), ("四十几岁", Range(40, 49)), ("47", 47), ("五十五岁", 55)],
)
def test_an_age_may_be_a_range(desk: Desk, text: str, value: Known) -> None:
    talk = Checker(desk).until("age")
    talk.say(text)
    assert talk.facts["age"] == value


def test_years_of_insurance_are_a_range_of_months(desk: Desk) -> None:
    talk = Checker(desk, "unemployment-benefit").until("insured_months")
    talk.say("大概3年")
    kept = desk.people.profile(talk.person) or talk.errand.state["facts"]
    assert getattr(kept["insured_months"], "value", kept["insured_months"]) == {"low": 36, "high": 47}


def test_what_is_known_at_the_beginning_is_not_asked(desk: Desk) -> None:
    known: dict[str, Known] = {"work": "none", "age": Range(40, 49), "hardship": DONT_KNOW}
    asked, _ = Checker(desk, known=known).finish(PEOPLE[0])
    assert not set(known) & set(asked)


def test_going_back_asks_the_last_question_again(desk: Desk) -> None:
    talk = Checker(desk)
    questions = []
    for _ in range(4):
        questions.append(talk.asked)
        talk.answer(PEOPLE[0])
    for question in reversed(questions):
        talk.say("上一题", "go_back")
        assert talk.asked == question
    assert talk.say("上一题", "go_back").messages[0].text == "这已经是第一个问题了。"


def test_why_is_explained_and_asked_again(desk: Desk) -> None:
    talk = Checker(desk)
    heard = talk.say("为什么要问这个", "ask_why")
    assert KNOWLEDGE.facts["work"].why is not None and KNOWLEDGE.facts["work"].why in heard.messages[0].text
    assert talk.asked == "work"


def test_an_unrelated_question_is_an_aside(desk: Desk) -> None:
    talk = Checker(desk).until("age")
    before = talk.errand.state
    assert talk.say("失业保险金能领几个月？", "ask_policy").ending == "aside"
    assert talk.errand.state == before


# Sensitive things


def sensitive_among(asked: list[str]) -> list[str]:
    return [each for each in asked if each != "sensitive" and KNOWLEDGE.facts[each].sensitivity >= SENSITIVE]


def test_sensitive_things_are_asked_only_after_a_consent_and_it_is_asked_once(desk: Desk) -> None:
    reached = 0
    for someone in PEOPLE[:8]:
        asked, _ = Checker(desk).finish(someone)
        found = sensitive_among(asked)
        assert asked.count("sensitive") == bool(found)
        if found:
            reached += 1
            assert asked.index("sensitive") < asked.index(found[0])
    assert reached


@pytest.mark.parametrize("someone", PEOPLE[:8])
def test_refused_they_are_never_asked(desk: Desk, someone: Person) -> None:
    talk, asked = Checker(desk), list[str]()
    heard = None
    while heard is None or heard.ending != "finished":
        asked.append(talk.asked)
        heard = talk.press("不说这些") if asked[-1] == "sensitive" else talk.answer(someone)
    assert sensitive_among(asked) == []
    assert asked.count("sensitive") <= 1
    assert not set(desk.people.profile(talk.person)) & {
        each.id for each in KNOWLEDGE.facts.values() if each.sensitivity >= SENSITIVE
    }
    decent(heard.messages)


@pytest.mark.parametrize(
    ("text", "allowed"), [("愿意说", True), ("不说这些", False), ("可以", True), ("不愿意", False), ("不想说", False)]
)
def test_the_consent_is_understood_in_words(desk: Desk, text: str, allowed: bool) -> None:
    talk = Checker(desk).until("sensitive")
    talk.say(text)
    assert talk.errand.state["sensitive"] is allowed


# The result


def decent(messages: tuple[Message, ...]) -> None:
    """Each outcome with its measures and sources; never a decision that only the agency can take."""
    assert messages and all(each.kind == "eligibility_result" for each in messages)
    for message in messages:
        assert not [each for each in NEVER_SAID if each in message.text]
    assert "最后以办理单位认定为准" in messages[-1].text
    listing = messages[:-1] or messages
    assert all(each.measures and each.citations for each in listing)


def test_enough_is_enough(desk: Desk) -> None:
    talk = Checker(desk)
    assert "先看结果" not in [each.title for each in talk.check.ask(talk.errand)[0].buttons]
    talk.answer(PEOPLE[0])
    facts = talk.facts
    heard = talk.press("先看结果")
    assert heard.ending == "finished"
    decent(heard.messages)
    assert heard.messages == Results(KNOWLEDGE, EVALUATOR).of_all(facts, TODAY)
    assert set(desk.people.profile(talk.person)) == set(facts)


@pytest.mark.parametrize("intent", ["cancel", "goodbye"])
def test_who_leaves_is_told_what_is_known_so_far(desk: Desk, intent: str) -> None:
    talk = Checker(desk)
    talk.answer(PEOPLE[0])
    heard = talk.say("不想答了", intent)
    assert heard.ending == "finished"
    decent(heard.messages)


def test_every_personal_measure_stands_under_one_outcome() -> None:
    messages = Results(KNOWLEDGE, EVALUATOR).of_all(PEOPLE[1].facts, TODAY)
    listed = [measure for message in messages[:-1] for measure in message.measures]
    assert sorted(listed) == sorted(EVALUATOR.personal)


@pytest.mark.parametrize("measure", EVALUATOR.personal)
def test_the_result_of_one_measure(measure: str) -> None:
    results = Results(KNOWLEDGE, EVALUATOR)
    for someone in (NOBODY, *PEOPLE[:10]):
        messages = results.of_one(measure, someone.facts, TODAY)
        decent(messages)
        (message,) = messages
        verdict = EVALUATOR.judge_one(measure, someone.facts, TODAY)
        can_file = measure in KNOWLEDGE.applications and verdict.outcome not in ("no", "not_in_force")
        assert ("直接申请" in [each.title for each in message.buttons]) == can_file
        assert all(f"要求：{each.says}" in message.text for each in verdict.decisive if each.says)


def outcomes(facts: dict[str, Known]) -> dict[str, str]:
    verdicts = EVALUATOR.judge(facts, TODAY, measures=EVALUATOR.personal)
    return {measure: verdict.outcome for measure, verdict in verdicts.items()}


CHANGES: dict[str, Any] = {
    "registered": False,
    "age": 15,
    "work": "employed",
    "benefit": "receiving",
    "hardship": True,
    "job_loss_reason": "resigned",
}


@pytest.mark.parametrize("fact", CHANGES)
def test_a_new_fact_names_what_it_changes(fact: str) -> None:
    before: dict[str, Known] = {
        "work": "none",
        "registered": True,
        "benefit": "none",
        "job_wish": "clear",
        "hardship": False,
        "business": "none",
        "age": 45,
        "able_to_work": True,
        "job_loss_reason": "dismissed",
        "insured_months": 40,
    }
    after = {**before, fact: CHANGES[fact]}
    message = Results(KNOWLEDGE, EVALUATOR).changes(before, after, TODAY)
    was, now = outcomes(before), outcomes(after)
    assert set(message.measures) == {each for each in now if now[each] != was[each]} != set()
    lines = message.text.splitlines()[1:-1]
    assert len(lines) == len(message.measures)
    for measure, line in zip(message.measures, lines, strict=True):
        assert line.startswith(f"· {KNOWLEDGE.measure(measure).label}：") and " → " in line
    assert message.citations
    assert not [each for each in NEVER_SAID if each in message.text]


def test_a_fact_that_changes_nothing_says_so() -> None:
    message = Results(KNOWLEDGE, EVALUATOR).changes({"work": "none"}, {"work": "none", "county": "530602"}, TODAY)
    assert "跟刚才一样" in message.text and message.measures == ()


def test_what_settles_it_already_needs_no_question(desk: Desk) -> None:
    talk = Checker(desk)
    messages, goes_on = talk.check.opening(ALL, beginning({}))
    assert (messages, goes_on) == ((), True)
    messages, goes_on = talk.check.opening("unemployment-registration", beginning({"age": 15}))
    assert not goes_on
    decent(messages)


@pytest.mark.parametrize(
    ("text", "intent", "fact", "value"),
    [
        ("不是，登记我还没有去办", "deny", "registered", False),
        ("社保交了有十一二年了", "out_of_scope", "insured_months", Range(132, 155)),
        ("残疾人证有", "inform", "disability", True),
    ],
)
def test_what_is_told_instead_of_an_answer_counts(desk: Desk, text: str, intent: str, fact: str, value: Known) -> None:
    checker = Checker(desk)
    asked = checker.asked
    heard = checker.say(text, intent)
    assert KNOWLEDGE.facts[fact].title in heard.messages[0].text
    assert checker.facts[fact] == value
    assert checker.asked == asked


def test_a_question_is_still_an_aside(desk: Desk) -> None:
    checker = Checker(desk)
    assert checker.say("残疾人有没有照顾？", "ask_policy").ending == "aside"
    assert checker.facts == {}
