"""For whom a check is made: what is true of a company or of somebody else is not told of the person who asks."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.checking.applicant import ApplicantWords
from actions.checking.beginning import BeginCheck, ChangedFact
from actions.checking.company import CompanyResults
from actions.checking.conversation import ALL, NOT_KEPT
from actions.checking.mentions import PassingMentions
from actions.loop import Errands
from casework.desk import Desk
from policy_kb.reply import ENVELOPE, Message
from tests.actions.conftest import TODAY
from tests.actions.test_checking import EVALUATOR, KNOWLEDGE, PEOPLE, Checker, said

WORDS = ApplicantWords(KNOWLEDGE.fact_words)
COMPANY = CompanyResults(KNOWLEDGE, EVALUATOR)


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("我们公司能享受什么", "employer"),
        ("我是老板,招了失业人员有补贴没", "employer"),
        ("单位能不能缓缴社保", "employer"),
        ("我是替公司问的", "employer"),
        ("替公司问，招了被裁的人有没有补贴", "employer"),
        ("我们公司困难，政府能给哪些支持", "employer"),
        ("我们单位招人的话国家有啥好处", "employer"),
        ("公司老板让我问问", "employer"),
        ("我被公司裁了能领什么", "self"),
        ("我们公司倒闭了，我能领什么", "self"),
        ("老板跑了，欠我三个月工资，我们单位能赔吗", "self"),
        ("我给公司打工十年被裁了", "self"),
        ("我55了被裁能享受哪些政策", "self"),
        ("我妈55了能享受哪些政策", "family"),
        ("我妈55了被裁能领哪些", "family"),
        ("替家里人问一下", "family"),
        ("我帮我老公问的，他能领什么", "family"),
        ("我能领什么", "self"),
        ("残疾人有没有照顾", None),
        ("跑外卖的能领什么", None),
    ],
)
def test_for_whom(text: str, whose: str | None) -> None:
    assert WORDS.of(text) == whose


@pytest.mark.parametrize("text", ["我给公司看大门", "给单位打工", "我们公司关了", "我老公也没工作"])
def test_an_answer_that_names_others_is_no_switch(text: str) -> None:
    assert WORDS.said_outright(text) is None


class Speaker:
    """One conversation whose messages go to the actions that begin a check or change a fact."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.conversation, self.events = desk, secrets.token_hex(16), list[dict[str, Any]]()
        self.person = desk.people.of(self.conversation)
        self.checker = Checker(desk, conversation=self.conversation)
        desk.errands.drop(self.checker.errand.id)
        mentions = PassingMentions(KNOWLEDGE.fact_words, KNOWLEDGE.facts, KNOWLEDGE.places)
        parts = (Errands(desk, {"check": self.checker.check}), KNOWLEDGE, self.checker.check, mentions, lambda: TODAY)
        self.begin = BeginCheck(*parts, name="action_begin_check")
        self.change = ChangedFact(*parts, evaluator=EVALUATOR, name="action_inform", otherwise="utter_menu")

    def ask(self, text: str, measure: str | None = None) -> list[dict[str, Any]]:
        return self._run(self.begin, text, "check_eligibility" if measure else "ask_entitlements", measure)

    def tell(self, text: str) -> list[dict[str, Any]]:
        return self._run(self.change, text, "inform")

    def heard(self, messages: tuple[Message, ...]) -> None:
        """What the errand's form said stands in the tracker too."""
        envelope = {"messages": [each.as_dict() for each in messages]}
        self.events.append({"event": "bot", "metadata": {ENVELOPE: envelope}})

    def _run(
        self, action: BeginCheck | ChangedFact, text: str, intent: str, measure: str | None = None
    ) -> list[dict[str, Any]]:
        understood = said(self.conversation, text, intent, 0.9)
        entities = [{"entity": name, "value": value} for name, value in understood.entities.items()]
        asks = [{"measures": [{"id": measure, "confidence": 0.9}]}] if measure else []
        latest: Mapping[str, Any] = {
            "text": text,
            "intent": {"name": understood.intent, "confidence": 0.9},
            "entities": entities,
            "asks": asks,
        }
        tracker = Tracker(self.conversation, {}, latest, self.events, False, None, {}, None)
        dispatcher = CollectingDispatcher()
        asyncio.run(action.run(dispatcher, tracker, {}))
        return [each for said in dispatcher.messages for each in said.get(ENVELOPE, {}).get("messages", ())]

    @property
    def profile(self) -> set[str]:
        return set(self.desk.people.profile(self.person))


# For a company


def test_a_company_is_told_at_once_and_nothing_is_asked_about_the_person(desk: Desk) -> None:
    talk = Speaker(desk)
    desk.learn(talk.person, {"age": 15, "work": "none"})
    messages = talk.ask("我们公司能享受什么")
    assert {each["kind"] for each in messages} == {"eligibility_result"}
    named = [measure for each in messages[:-1] for measure in each["measures"]]
    assert sorted(named) == sorted(EVALUATOR.for_employers)
    text = "\n".join(each["text"] for each in messages)
    assert "不是给个人的" not in text and "个人不用申请" not in text
    assert "这些已经到期：\n· " in text
    assert desk.errands.current(talk.conversation) is None
    assert talk.profile == {"age", "work"}


@pytest.mark.parametrize(
    ("text", "measure", "says"),
    [
        ("单位能不能缓缴社保", "social-insurance-deferral", "由社会保险经办机构定"),
        ("我是老板，招了失业人员有补贴没", "hiring-subsidy", "已经到期"),
        ("我们公司能领失业金不", "unemployment-benefit", "单位不能申请"),
        ("公司有没有应急预案可以申请", "mass-layoff-contingency", "个人和企业不用申请"),
    ],
)
def test_one_measure_for_a_company(desk: Desk, text: str, measure: str, says: str) -> None:
    talk = Speaker(desk)
    (message,) = talk.ask(text, measure)
    assert message["measures"] == [measure] and message["citations"]
    assert says in message["text"] and "照您说的" not in message["text"]
    assert talk.profile == set()


def test_every_measure_can_be_asked_for_a_company() -> None:
    for measure in KNOWLEDGE.rules:
        (message,) = COMPANY.of_one(measure, TODAY)
        verdict = EVALUATOR.judge_one(measure, {}, TODAY, "employer")
        applies = [each for each in message.buttons if each.title.startswith("申请")]
        assert len(applies) <= 1 and (verdict.outcome == "needs_review" or not applies)
        assert all(each.says in message.text for each in verdict.looks_at)


def test_in_the_middle_of_ones_own_check_it_switches_to_the_company(desk: Desk) -> None:
    talk = Checker(desk)
    talk.answer(PEOPLE[0])
    heard = talk.say("我是替公司问的")
    assert heard.ending == "finished"
    assert heard.messages == COMPANY.of_all(TODAY)
    assert desk.people.profile(talk.person) == {}


def test_said_afterwards_it_answers_for_the_company(desk: Desk) -> None:
    talk = Speaker(desk)
    assert [each["text"] for each in talk.tell("我是替公司问的")] == [each.text for each in COMPANY.of_all(TODAY)]


def test_who_asks_for_themselves_about_a_companys_measure_may_ask_for_the_company(desk: Desk) -> None:
    (message,) = Speaker(desk).ask("我能不能领招人的补贴", "social-insurance-deferral")
    assert "这是给参保单位的，个人不用申请" in message["text"]
    (company,) = [each["payload"] for each in message["buttons"] if each["title"] == "替单位问"]
    (message,) = Speaker(desk).ask(company, "social-insurance-deferral")
    assert "由社会保险经办机构定" in message["text"]


# For somebody else


def test_a_check_for_another_leaves_the_profile_alone_and_takes_nothing_from_it(desk: Desk) -> None:
    talk = Speaker(desk)
    desk.learn(talk.person, {"work": "employed", "age": 30})
    messages = talk.ask("我妈55了被裁能领哪些")
    assert "不记进您的资料" in messages[-1]["text"]
    facts = talk.checker.facts
    assert "employed" not in facts.values() and 30 not in facts.values()
    _, results = talk.checker.finish(PEOPLE[0])
    assert results[-1].text == NOT_KEPT
    before = {fact: each.value for fact, each in desk.people.profile(talk.person).items()}
    assert before == {"work": "employed", "age": 30}
    talk.heard(results)
    (message,) = talk.tell("其实是去年3月失业的")
    assert "没有记进您的资料" in message["text"]
    assert {fact: each.value for fact, each in desk.people.profile(talk.person).items()} == before


def test_in_the_middle_it_switches_to_another_and_begins_anew(desk: Desk) -> None:
    talk = Checker(desk)
    talk.answer(PEOPLE[0])
    heard = talk.say("我是帮我老公问的")
    assert heard.ending == "go_on" and talk.facts == {} and talk.asked == "work"
    talk.finish(PEOPLE[1])
    assert desk.people.profile(talk.person) == {}


def test_a_check_begun_again_in_the_middle_goes_on_for_the_same_one_with_what_was_said(desk: Desk) -> None:
    talk = Speaker(desk)
    talk.ask("我妈55了被裁能领哪些")
    talk.ask("残疾人证有，能领什么")
    assert talk.checker.errand.state["whose"] == "family"
    assert {"age", "work", "disability"} <= set(talk.checker.facts)
    talk.tell("吃低保的")
    talk.checker.finish(PEOPLE[0])
    assert talk.profile == set()


def test_named_again_oneself_is_meant_again(desk: Desk) -> None:
    talk = Speaker(desk)
    talk.ask("我妈残疾能领哪些")
    talk.ask("我能领什么")
    assert talk.checker.errand.state["whose"] == "self" and talk.checker.facts == {}


def test_what_is_told_of_another_in_passing_is_not_kept(desk: Desk) -> None:
    talk = Speaker(desk)
    (message,) = talk.tell("我妈残疾，吃低保")
    assert "没有记进您的资料" in message["text"] and talk.profile == set()
    talk.tell("我吃低保")
    assert talk.profile == {"dibao"}


def test_ones_own_check_is_kept(desk: Desk) -> None:
    talk = Speaker(desk)
    talk.ask("我55了被裁能领什么")
    talk.checker.finish(PEOPLE[0])
    assert {"age", "work"} <= talk.profile
    assert talk.checker.subject == ALL
