"""One eligibility check, question by question, until it is settled or the person has heard enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from actions.checking.applicant import ApplicantWords, Whose, named
from actions.checking.company import CompanyResults
from actions.checking.known import all_from_json, in_words, to_json
from actions.checking.mentions import PassingMentions
from actions.checking.reading import chosen_or_read, field_of, read_fact, surely_answers
from actions.checking.results import Results
from actions.errand import ASIDE, Heard
from actions.hearing import ANSWERS, VAGUE, asks, meaning
from actions.said import Said
from casework.desk import Desk
from casework.fields import Value, Wrong, read
from casework.people.errands import Errand
from policy_kb import KnowledgeBase
from policy_kb.eligibility import DONT_KNOW, Applicant, Evaluator, Fact, Known
from policy_kb.procedures import ApplicationField, Choice
from policy_kb.reply import Button, Message, payload

ALL = "all"
"""The subject of a check of everything; otherwise it is a measure's id."""
SENSITIVE = 2
"""From this sensitivity on the law wants a consent of its own (PIPL article 29)."""
_MAY_I = ApplicationField(
    id="sensitive",
    type="choice",
    label="",
    prompt="",
    help="",
    why="法律规定，问残疾、低保这些要先征得您同意。",
    choices=(
        Choice("yes", "愿意说", ("愿意", "可以", "可以说", "要得", "好", "好的", "行", "嗯", "是", "同意")),
        Choice("no", "不说这些", ("不想说", "不愿意", "不说", "不方便", "不要", "算了", "不是", "莫问", "不同意")),
    ),
)


NOT_KEPT = "这是替别人算的，没有记进您的资料。那个人的情况变了，要重新算一遍。"
"""Ends the result of a check for another person; by it a later message is known to be about that check."""


def beginning(facts: Mapping[str, Known], whose: Whose = "self") -> dict[str, Any]:
    """The state of a check that has asked nothing yet.  ``sensitive``: whether sensitive things may be asked.
    ``whose``: for whom it is; only what is true of the person who asks goes into that person's profile."""
    known = {fact: to_json(value) for fact, value in facts.items()}
    return {"facts": known, "asked": 0, "sensitive": None, "whose": whose}


def whose_check(state: Mapping[str, Any]) -> Whose:
    return named(state.get("whose")) or "self"


class CheckConversation:
    """The state holds the facts as JSON; see :mod:`actions.checking.known`."""

    def __init__(self, knowledge: KnowledgeBase, desk: Desk, evaluator: Evaluator, today: Callable[[], date]) -> None:
        self._knowledge = knowledge
        self._desk = desk
        self._evaluator = evaluator
        self._today = today
        self._results = Results(knowledge, evaluator)
        self._company = CompanyResults(knowledge, evaluator)
        self._applicant = ApplicantWords(knowledge.fact_words)
        self._mentions = PassingMentions(knowledge.fact_words, knowledge.facts, knowledge.places)

    def ask(self, errand: Errand) -> tuple[Message, ...]:
        fact = self._next(errand.subject, errand.state)
        if fact is None:
            return ()
        if self._is_may_i(fact, errand.state):
            return (self._may_i(errand.subject),)
        return (self._question(errand, fact),)

    def opening(self, subject: str, state: dict[str, Any]) -> tuple[tuple[Message, ...], bool]:
        """The result where what was said settles everything already, and whether there is more to ask."""
        if self._next(subject, state) is not None:
            return (), True
        return self.result(subject, state), False

    def result(self, subject: str, state: dict[str, Any]) -> tuple[Message, ...]:
        facts, whose, today = self._facts(state), whose_check(state), self._today()
        if whose == "employer":
            return self._company.of_all(today) if subject == ALL else self._company.of_one(subject, today)
        messages = self._results.of_all(facts, today) if subject == ALL else self._results.of_one(subject, facts, today)
        return messages if whose == "self" else (*messages, _notice(NOT_KEPT))

    def hear(self, errand: Errand, said: Said) -> Heard:
        whose = None if said.pressed else self._applicant.said_outright(said.text)
        if whose is not None and whose != whose_check(errand.state):
            return self.switched(errand, whose)
        fact = self._next(errand.subject, errand.state)
        if fact is None:
            return self._end(errand)
        asked = _MAY_I if self._is_may_i(fact, errand.state) else field_of(fact)
        meant = self._meaning(fact, asked, said)
        if meant == "aside":
            return self._told_instead(errand, said) or ASIDE
        if meant == "command":
            return self._command(errand, fact, asked, said)
        if asked is _MAY_I:
            return self._allowed(errand, said)
        return self._answer(errand, fact, said)

    def _told_instead(self, errand: Errand, said: Said) -> Heard | None:
        """Something else about the person than what was asked; the question comes again where that leaves it open."""
        if said.pressed or asks(said.text) or said.intent not in TELLING:
            return None
        told = self._mentions.find(said.text, self._today()) or self._place(said.text)
        new = {fact: value for fact, value in told.items() if to_json(value) != errand.state["facts"].get(fact)}
        return self._with(errand, new, _noted(self._knowledge, new)) if new else None

    def _place(self, text: str) -> dict[str, Known]:
        """A county and nothing else is where the person lives, whatever was asked."""
        county, places = self._knowledge.facts["county"], self._knowledge.places
        if not surely_answers(county, text, self._today(), places):
            return {}
        found = read_fact(county, text, self._today(), places)
        return {} if isinstance(found, Wrong) else {county.id: found}

    def switched(self, errand: Errand, whose: Whose) -> Heard:
        """Begun anew for somebody else: what was said of one is not true of the other."""
        state = beginning({}, whose)
        if self._next(errand.subject, state) is None:
            return self._end(errand, state)
        return Heard((for_whom(whose),), state=state)

    def _meaning(self, fact: Fact, asked: ApplicationField, said: Said) -> str:
        typed = asked is not _MAY_I and not said.pressed
        if typed and surely_answers(fact, said.text, self._today(), self._knowledge.places):
            return "answer"
        if said.intent in ("cancel", "goodbye", "next_step", "plan") and said.confidence >= SURE_COMMAND:
            return "command"
        return meaning(asked, said.text, said.intent, said.confidence, self._today(), self._knowledge.places)

    def _answer(self, errand: Errand, fact: Fact, said: Said) -> Heard:
        text = said.entities.get("value", said.text)
        if text == "enough":
            return self._end(errand)
        value = chosen_or_read(fact, text, self._today(), self._knowledge.places)
        if isinstance(value, Wrong):
            message = Message(text=value.message, kind="eligibility_question", field=fact.id)
            return self._told_instead(errand, said) or Heard((message,))
        return self._with(errand, {fact.id: value})

    def _allowed(self, errand: Errand, said: Said) -> Heard:
        value = said.entities.get("value")
        if value is None and isinstance(read_as := read(_MAY_I, said.text, self._today(), ()), Value):
            value = read_as.value
        if value not in ("yes", "no"):
            return Heard()
        return Heard(state={**errand.state, "sensitive": value == "yes"})

    def _with(self, errand: Errand, facts: Mapping[str, Known], *first: Message) -> Heard:
        """The check goes on with ``facts``, or ends; ``first`` is said before either."""
        known = {**errand.state["facts"], **{fact: to_json(value) for fact, value in facts.items()}}
        state = {**errand.state, "facts": known, "asked": errand.state["asked"] + 1}
        if self._next(errand.subject, state) is None:
            ended = self._end(errand, state)
            return replace(ended, messages=(*first, *ended.messages))
        return Heard(first, state=state)

    def _command(self, errand: Errand, fact: Fact, asked: ApplicationField, said: Said) -> Heard:
        if said.intent == "ask_why":
            words = asked.why if asked is _MAY_I else f"{fact.why}\n{fact.help or ''}".strip()
            return Heard((Message(text=words, kind="eligibility_question", field=asked.id),))
        if said.intent == "skip":
            if asked is _MAY_I:
                return Heard(state={**errand.state, "sensitive": False})
            return self._with(errand, {fact.id: DONT_KNOW})
        if said.intent == "go_back":
            return self._back(errand)
        if said.intent == "start_over":
            return Heard((_notice("好，从头问。"),), state=beginning({}, whose_check(errand.state)))
        if said.intent == "save_draft":
            return Heard((_notice("记下了，说“接着办”就从这里接着问。"),), "set_aside")
        if said.intent in ("cancel", "withdraw_case", "next_step", "goodbye", "plan"):
            return self._end(errand)
        return ASIDE

    def _back(self, errand: Errand) -> Heard:
        facts = dict(errand.state["facts"])
        if not facts:
            return Heard((_notice("这已经是第一个问题了。"),))
        facts.popitem()
        return Heard(state={**errand.state, "facts": facts})

    def _end(self, errand: Errand, state: dict[str, Any] | None = None) -> Heard:
        """What is known so far is judged, and what is known of the person themselves is kept for the next time."""
        state = state or errand.state
        if whose_check(state) == "self":
            self._desk.learn(errand.person, state["facts"])
        return Heard(self.result(errand.subject, state), "finished")

    def _next(self, subject: str, state: Mapping[str, Any]) -> Fact | None:
        facts = self._facts(state)
        applicant: Applicant = "employer" if whose_check(state) == "employer" else "person"
        measures = None if subject == ALL else (subject,)
        return self._evaluator.next_question(facts, self._today(), measures, applicant)

    def _facts(self, state: Mapping[str, Any]) -> dict[str, Known]:
        """What was answered; sensitive things that may not be asked count as not known."""
        facts = all_from_json(self._knowledge.facts, state["facts"])
        if state["sensitive"] is False:
            for fact in self._knowledge.facts.values():
                if fact.sensitivity >= SENSITIVE:
                    facts.setdefault(fact.id, DONT_KNOW)
        return facts

    def _is_may_i(self, fact: Fact, state: Mapping[str, Any]) -> bool:
        return fact.sensitivity >= SENSITIVE and state["sensitive"] is None

    def _may_i(self, subject: str) -> Message:
        text = (
            "下面几样是敏感的，比如残疾、低保。只用来算您能享受什么，加密存着，您说删就删。\n"
            "愿意说吗？不说也行，照样给您算别的。"
        )
        return self._asks(subject, "sensitive", text, (("yes", "愿意说"), ("no", "不说这些")))

    def _question(self, errand: Errand, fact: Fact) -> Message:
        choices = tuple((each.id, each.title) for each in fact.choices)
        if fact.type == "bool":
            choices = (("yes", "是"), ("no", "不是"))
        more = (
            (("dont_know", "不清楚"), ("enough", "先看结果")) if errand.state["asked"] else (("dont_know", "不清楚"),)
        )
        opening = "" if errand.state["asked"] else "问您几个问题，一样一样来，不清楚就说不清楚。\n"
        text = f"{opening}{fact.question}" + (f"\n（{fact.help}）" if fact.help else "")
        return self._asks(errand.subject, fact.id, text, (*choices, *more))

    def _asks(self, subject: str, field: str, text: str, choices: tuple[tuple[str, str], ...]) -> Message:
        return Message(
            text=text,
            kind="eligibility_question",
            measures=() if subject == ALL else (subject,),
            field=field,
            buttons=tuple(Button(title, payload("answer", value=value)) for value, title in choices),
        )


SURE_COMMAND = 0.6
TELLING = ANSWERS | VAGUE
"""Intents that something told about oneself may be taken for."""


def _noted(knowledge: KnowledgeBase, told: Mapping[str, Known]) -> Message:
    return _notice(f"知道了（{in_words(knowledge, told)}）。")


def for_whom(whose: Whose) -> Message:
    if whose == "family":
        return _notice("好，替别人算：下面都按那个人的情况答。答的不记进您的资料。")
    return _notice("好，算您自己的。")


def _notice(text: str) -> Message:
    return Message(text=text, kind="notice")
