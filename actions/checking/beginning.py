"""How a check begins, and how a word said later changes its result."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.checking.applicant import ApplicantWords, Whose, named
from actions.checking.conversation import ALL, NOT_KEPT, CheckConversation, beginning, for_whom, whose_check
from actions.checking.known import all_from_json, in_words, to_json
from actions.checking.mentions import PassingMentions
from actions.checking.profile import Told
from actions.checking.results import Results
from actions.loop import FORM, Errands, Events, say
from actions.said import Said, read
from policy_kb import KnowledgeBase
from policy_kb.eligibility import DontKnow, Evaluator, Known
from policy_kb.reply import ENVELOPE, Button, Message, payload

_MYSELF = re.compile("我|俺|咱|本人|自己|老公|老婆|媳妇|儿子|姑娘|爸|妈")
"""Whose case it is: without any of these a question about conditions is a general one."""
_MAY_I = re.compile("[能得可够](?:领|拿|办|申请|享受)|给(?:能|得|可以|够|有我)|能不能|可不可以|够不够|算不算")
"""A question whether one may have it, also where the message is mostly about what happened."""


class _WithFacts(Action):  # type: ignore[misc]  # rasa_sdk has no types
    def __init__(
        self,
        errands: Errands,
        knowledge: KnowledgeBase,
        check: CheckConversation,
        mentions: PassingMentions,
        today: Callable[[], date],
    ) -> None:
        self._errands = errands
        self._knowledge = knowledge
        self._check = check
        self._mentions = mentions
        self._today = today
        self._applicant = ApplicantWords(knowledge.fact_words)
        self._told = Told(knowledge, errands.desk, today)

    def _told_before(self, said: Said) -> dict[str, Known]:
        return self._told.of(self._errands.desk.people.of(said.conversation))

    def _whose(self, said: Said) -> Whose | None:
        return named(said.entities.get("value")) if said.pressed else self._applicant.of(said.text)

    def _under_way(self, said: Said) -> dict[str, Any] | None:
        """The state of the check in whose middle this is said: it goes on for the same one unless another is named."""
        errand = self._errands.current(said.conversation)
        return errand.state if errand is not None and errand.kind == "check" else None

    def _told_now(self, said: Said) -> dict[str, Known]:
        return {} if said.pressed else self._mentions.find(said.text, self._today())


class BeginCheck(_WithFacts):
    """“What can I get?”, “can I get this?”: of all measures, or of the one that is meant."""

    def __init__(self, *parts: Any, name: str) -> None:
        super().__init__(*parts)
        self._name = name

    def name(self) -> str:
        return self._name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        said, desk = read(tracker), self._errands.desk
        under_way = self._under_way(said)
        whose = self._whose(said) or (whose_check(under_way) if under_way else "self")
        subject = self._subject(said, whose)
        if subject is None:
            dispatcher.utter_message(response="utter_policy_answer")
            return []
        told = {} if whose == "employer" else self._told_now(said)
        before = self._told_before(said) if whose == "self" else {}
        known = {fact: value for fact, value in before.items() if not isinstance(value, DontKnow)}
        goes_on_with = under_way if under_way and whose_check(under_way) == whose else None
        answered = goes_on_with["facts"] if goes_on_with else {}
        state = beginning({**known, **all_from_json(self._knowledge.facts, answered), **told}, whose)
        if told:
            say(dispatcher, Message(text=f"知道了（{in_words(self._knowledge, told)}）。", kind="notice"))
        messages, goes_on = self._check.opening(subject, state)
        if whose == "family" and goes_on and goes_on_with is None:
            say(dispatcher, for_whom(whose))
        say(dispatcher, *messages)
        if not goes_on:
            return []
        desk.errands.begin(said.conversation, desk.people.of(said.conversation), "check", subject, state)
        return [FollowupAction(FORM)]

    def _subject(self, said: Said, whose: Whose) -> str | None:
        """None: it is not clear which measure, or it is asked in general; the engine answers then."""
        if said.intent != "check_eligibility" and not _asks_in_passing(said):
            return ALL
        own_case = said.pressed or whose != "self" or _MYSELF.search(said.text) is not None
        return said.measure if own_case and said.measure in self._knowledge.rules else None


class ChangedFact(_WithFacts):
    """“In fact I lost my job last March”: the result again, and what has changed in it."""

    def __init__(self, *parts: Any, evaluator: Evaluator, name: str, otherwise: str) -> None:
        super().__init__(*parts)
        self._results = Results(self._knowledge, evaluator)
        self._name = name
        self._otherwise = otherwise

    def name(self) -> str:
        return self._name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        said, desk = read(tracker), self._errands.desk
        whose = self._whose(said)
        if whose == "employer":
            say(dispatcher, *self._check.result(ALL, beginning({}, whose)))
            return []
        if _asks_in_passing(said) and said.measure in self._knowledge.rules:
            return [FollowupAction("action_begin_check")]
        before, told = self._told_before(said), self._told_now(said)
        under_way = self._under_way(said)
        meant = whose or (whose_check(under_way) if under_way else _last_whose(tracker.events))
        if told and under_way is None and self._applicant.said_outright(said.text) == "family":
            return [FollowupAction("action_what_can_i_get")]
        if told and meant == "family":
            say(dispatcher, _of_somebody_else())
            return []
        if not told:
            dispatcher.utter_message(response=self._otherwise)
            return []
        desk.learn(desk.people.of(said.conversation), {fact: to_json(value) for fact, value in told.items()})
        if not before:
            say(dispatcher, _shall_i_check(in_words(self._knowledge, told)))
            return []
        after = {**{fact: value for fact, value in before.items() if fact not in _replaced(told)}, **told}
        say(dispatcher, self._results.changes(before, after, self._today()))
        return []


def _asks_in_passing(said: Said) -> bool:
    """“I left by myself, may I still have it?”"""
    own = _MYSELF.search(said.text) is not None and _MAY_I.search(said.text) is not None
    return said.intent == "inform" and not said.pressed and own


def _last_whose(events: list[dict[str, Any]]) -> Whose:
    """For whom the latest check was; the person who asks has none of another's facts kept."""
    for event in reversed(events):
        said = ((event.get("metadata") or {}).get(ENVELOPE) or {}).get("messages") or ()
        if any(each["text"] == NOT_KEPT for each in said):
            return "family"
        if any(each["kind"] == "eligibility_result" for each in said):
            return "self"
    return "self"


def _of_somebody_else() -> Message:
    return Message(
        text="这是别人的情况，没有记进您的资料。要替那个人算，就重新算一遍。",
        kind="clarify",
        buttons=(
            Button("替别人算", payload("ask_entitlements", value="family")),
            Button("算我自己的", payload("ask_entitlements", value="self")),
        ),
    )


def _shall_i_check(told: str) -> Message:
    return Message(
        text=f"知道了（{told}）。\n要不要我再问几样，算算您能享受什么？要办哪件事，也可以直接说。",
        kind="clarify",
        buttons=(
            Button("算算我能享受什么", payload("ask_entitlements")),
            Button("先办失业登记", payload("apply", measure="unemployment-registration")),
            Button("眼下没钱生活", payload("browse", group="living")),
            Button("能问些什么", payload("help")),
        ),
    )


def _replaced(told: dict[str, Known]) -> set[str]:
    """The date tells the months and the months the date: an older one of the two would contradict the new one."""
    pairs = (("job_loss_date", "months_unemployed"), ("birth_date", "age"))
    return {other for pair in pairs for fact, other in (pair, pair[::-1]) if fact in told and other not in told}
